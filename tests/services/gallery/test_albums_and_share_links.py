"""Albums and share links: what their owner and a visitor can and cannot do."""

import dataclasses
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from services.deps import Deps, Session
from services.errors import Invalid, NotFound
from services.gallery import albums, share_links
from services.gallery import images as gallery_images
from services.gallery.image_query import Filters, Selection
from tests.builders import make_image, make_user
from tests.conftest import NOW


@pytest.fixture
async def owner(session: Session) -> UUID:
    return (await make_user(session)).id


def token_of(link: share_links.NewShare) -> str:
    return link.url.rsplit("/", 1)[1]


async def test_an_album_holds_each_image_once(session: Session, deps: Deps, owner: UUID) -> None:
    images = [await make_image(session, user_id=owner) for _ in range(3)]
    album = await albums.create(session, deps, user_id=owner, name="  Summer \n 2026 ")
    assert album.name == "Summer 2026"
    some = Selection(ids=[images[0].id, images[1].id])
    into = {"user_id": owner, "album_id": album.id}
    assert (await albums.add_images(session, deps, selection=some, **into)).count == 2
    everything = Selection(matching=Filters().token())
    assert (await albums.add_images(session, deps, selection=everything, **into)).count == 1
    await gallery_images.trash(
        session, deps, user_id=owner, selection=Selection(ids=[images[0].id])
    )
    (seen,) = await albums.list_albums(session, deps, user_id=owner)
    assert (seen.name, seen.count) == ("Summer 2026", 2)
    assert seen.cover_url
    assert (await albums.remove_images(session, deps, selection=some, **into)).count == 2
    page = await gallery_images.page(
        session, deps, user_id=owner, filters=Filters(album_id=album.id), limit=9
    )
    assert [item.id for item in page.items] == [images[2].id]
    await albums.remove(session, **into)
    assert (await gallery_images.count(session, deps, user_id=owner, filters=Filters())).count == 2


async def test_the_cover_is_most_like_the_person_then_newest(
    session: Session, deps: Deps, owner: UUID
) -> None:
    """Of each album, also where nothing was measured; what is in the trash is no cover."""
    of = {"user_id": owner}
    best = await make_image(session, likeness=90.0, created_at=NOW, **of)
    newer = await make_image(session, likeness=90.0, created_at=NOW + timedelta(days=1), **of)
    unlike = await make_image(session, likeness=20.0, created_at=NOW + timedelta(days=2), **of)
    plain = await make_image(session, created_at=NOW + timedelta(days=3), **of)
    wanted = {"All": [best, newer, unlike, plain], "Few": [best, unlike], "None": [], "P": [plain]}
    for name, images in wanted.items():
        album = await albums.create(session, deps, name=name, **of)
        if images:
            chosen = Selection(ids=[image.id for image in images])
            await albums.add_images(session, deps, album_id=album.id, selection=chosen, **of)

    async def covers() -> list[tuple[int, str | None]]:
        seen = await albums.list_albums(session, deps, **of)
        return [
            (one.count, one.cover_url and one.cover_url.split("/images/")[1][:32]) for one in seen
        ]

    few, last = (2, best.id.hex), (1, plain.id.hex)
    assert await covers() == [(4, newer.id.hex), few, (0, None), last]
    await gallery_images.trash(session, deps, selection=Selection(ids=[newer.id]), **of)
    assert await covers() == [(3, best.id.hex), few, (0, None), last]


async def test_another_members_album_and_images_stay_out(
    session: Session, deps: Deps, owner: UUID
) -> None:
    stranger = (await make_user(session)).id
    image = await make_image(session, user_id=owner)
    album = await albums.create(session, deps, user_id=owner, name="Mine")
    theirs = await albums.create(session, deps, user_id=stranger, name="Theirs")
    only = Selection(ids=[image.id])
    taken = await albums.add_images(
        session, deps, user_id=stranger, album_id=theirs.id, selection=only
    )
    assert taken.count == 0
    for refused in (
        albums.rename(session, user_id=stranger, album_id=album.id, name="x"),
        albums.remove(session, user_id=stranger, album_id=album.id),
        albums.add_images(session, deps, user_id=stranger, album_id=album.id, selection=only),
        share_links.create(session, deps, user_id=stranger, album_id=album.id),
        share_links.create(session, deps, user_id=stranger, image_id=image.id),
    ):
        with pytest.raises(NotFound):
            await refused


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
async def test_a_name_is_refused_in_words(
    session: Session, deps: Deps, owner: UUID, name: str
) -> None:
    with pytest.raises(Invalid, match="Name"):
        await albums.create(session, deps, user_id=owner, name=name)


async def test_a_link_shows_its_picture_and_no_other(
    session: Session, deps: Deps, owner: UUID
) -> None:
    shown, hidden = [await make_image(session, user_id=owner) for _ in range(2)]
    link = await share_links.create(session, deps, user_id=owner, image_id=shown.id, days=7)
    token = token_of(link)
    assert len(token) >= 32
    seen = await share_links.opened(session, deps, token=token)
    assert [image.id for image in seen.images] == [shown.id]
    url = await share_links.file_url(session, deps, token=token, image_id=shown.id, variant="thumb")
    assert shown.folder in url
    for wrong in (
        share_links.file_url(session, deps, token=token, image_id=hidden.id, variant="thumb"),
        share_links.file_url(session, deps, token="guess", image_id=shown.id, variant="thumb"),
        share_links.opened(session, deps, token=str(uuid4())),
    ):
        with pytest.raises(NotFound):
            await wrong


async def test_a_link_ends(session: Session, deps: Deps, owner: UUID) -> None:
    image = await make_image(session, user_id=owner)
    expiring, revoked, trashed = [
        await share_links.create(session, deps, user_id=owner, image_id=image.id, days=1)
        for _ in range(3)
    ]
    later = dataclasses.replace(deps, now=lambda: NOW + timedelta(days=1))
    with pytest.raises(NotFound):
        await share_links.opened(session, later, token=token_of(expiring))
    with pytest.raises(NotFound):
        await share_links.revoke(session, deps, user_id=uuid4(), share_id=revoked.id)
    await share_links.revoke(session, deps, user_id=owner, share_id=revoked.id)
    with pytest.raises(NotFound):
        await share_links.opened(session, deps, token=token_of(revoked))
    listed = await share_links.list_links(session, deps, user_id=owner, image_id=image.id)
    assert {link.id for link in listed} == {expiring.id, trashed.id}
    await gallery_images.trash(session, deps, user_id=owner, selection=Selection(ids=[image.id]))
    with pytest.raises(NotFound):
        await share_links.opened(session, deps, token=token_of(trashed))


async def test_an_album_link_follows_the_album_page_by_page(
    session: Session, deps: Deps, owner: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(share_links, "PAGE", 2)
    images = [await make_image(session, user_id=owner) for _ in range(3)]
    album = await albums.create(session, deps, user_id=owner, name="Shown")
    everything = Selection(matching=Filters().token())
    await albums.add_images(session, deps, user_id=owner, album_id=album.id, selection=everything)
    link = await share_links.create(session, deps, user_id=owner, album_id=album.id)
    first = await share_links.opened(session, deps, token=token_of(link))
    rest = await share_links.opened(session, deps, token=token_of(link), after=first.next_cursor)
    assert first.title == "Shown"
    assert {i.id for i in (*first.images, *rest.images)} == {image.id for image in images}
    assert rest.next_cursor is None


async def test_an_album_is_not_named_in_what_nobody_sees(
    session: Session, deps: Deps, owner: UUID
) -> None:
    """Its name stands on pages that are shared: no text that reads as another one."""
    made = await albums.create(session, deps, user_id=owner, name=" a\u202eb\x07 \n c\ud800 ")
    assert made.name == "ab c"
    with pytest.raises(Invalid):
        await albums.create(session, deps, user_id=owner, name="\u202e\x00")
