"""The gallery in a real browser: the grid, the viewer, selections, archives."""

import io
import json
import re
import zipfile

import pytest
from PIL import Image
from playwright.async_api import Page, expect

from services import imaging
from services.accounts.users import UserView
from tests.builders import make_image
from tests.e2e.driving import Server, barriers, shot, visit
from tests.waiting import eventually

SHAPES = ((768, 1024), (1024, 1024), (1024, 576))


async def with_pictures(server: Server, member: UserView, n: int) -> None:
    """n pictures of the member, of three shapes, with real files."""
    async with server.deps.transaction() as session:
        for i in range(n):
            width, height = SHAPES[i % 3]
            derived = await imaging.derive(picture(width, height))
            image = await make_image(
                session,
                user_id=member.id,
                prompt=f"Portrait number {i} in the rain",
                width=width,
                height=height,
                thumbhash=derived.thumbhash,
                likeness=80.0 + i,
            )
            await imaging.store(server.deps.storage, image.folder, derived.files)


def picture(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(buffer, "WEBP")
    return buffer.getvalue()


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nobody_is_shut_out(
    server: Server, page: Page, member: UserView, width: int, scheme: str
) -> None:
    await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    await page.set_viewport_size({"width": width, "height": 900})
    await visit(page, "/gallery")
    await expect(page.get_by_role("heading", name="No pictures yet")).to_be_visible()
    assert await barriers(page) == []
    await with_pictures(server, member, 5)
    await page.reload()
    await expect(page.locator(".gallery img.in")).to_have_count(5)
    assert await barriers(page) == []
    await page.locator(".tools").get_by_role("button", name="Select").click()
    await page.locator(".gallery li a").first.click()
    assert await barriers(page) == []
    bar = await page.locator(".gallery > .tools").bounding_box()
    assert bar
    assert bar["height"] < 130  # two rows on a phone, or the pictures are hidden
    await page.get_by_role("button", name="Done").click()
    await page.locator(".gallery li a").first.click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    if width < 900:
        await page.get_by_role("button", name="Details").click()
    await page.get_by_text("Sizes and formats").click()
    await page.get_by_label("Shape").select_option("Story, 9:16")
    assert await barriers(page) == []
    await shot(page, f"export-{scheme}")
    async with page.expect_download() as waiting:
        await page.get_by_role("link", name="Download").click()
    assert (await waiting.value).suggested_filename.endswith("-story.jpg")
    wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, "the page scrolls sideways"


async def test_the_viewer_by_keyboard_alone(server: Server, page: Page, member: UserView) -> None:
    await with_pictures(server, member, 4)
    await visit(page, "/gallery")
    tiles = page.locator(".gallery li > a")
    await expect(tiles).to_have_count(4)
    ids = [str(await tile.get_attribute("id"))[6:] for tile in await tiles.all()]
    dialog = page.get_by_role("dialog")

    await tiles.first.focus()
    await page.keyboard.press("ArrowRight")
    await expect(tiles.nth(1)).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_role("img")).to_be_visible()
    await expect(page).to_have_url(f"{server.url}/gallery?image={ids[1]}")
    await page.keyboard.press("ArrowRight")
    await expect(page).to_have_url(f"{server.url}/gallery?image={ids[2]}")
    await page.keyboard.press("f")
    await expect(dialog.get_by_role("button", name="Favourite")).to_have_attribute(
        "aria-pressed", "true"
    )
    await page.keyboard.press("4")
    await expect(dialog.get_by_role("button", name="4 stars")).to_have_attribute(
        "aria-pressed", "true"
    )
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(tiles.nth(2)).to_be_focused()
    await expect(page).to_have_url(f"{server.url}/gallery")

    async def kept() -> bool:
        image = await (await page.request.get(f"/api/images/{ids[2]}")).json()
        return (image["favourite"], image["rating"]) == (True, 4)

    await eventually(kept)

    await page.keyboard.press("Enter")
    await expect(dialog).to_be_visible()
    await page.keyboard.press("Delete")
    await expect(page).to_have_url(f"{server.url}/gallery?image={ids[3]}")
    await dialog.get_by_role("button", name="Undo").press("Enter")
    await expect(dialog.get_by_text("1 picture restored")).to_be_visible()
    await page.go_back()
    await expect(dialog).to_be_hidden()
    await expect(tiles).to_have_count(4)


async def test_an_address_opens_its_picture(server: Server, page: Page, member: UserView) -> None:
    await with_pictures(server, member, 2)
    await visit(page, "/gallery")
    href = await page.locator(".gallery li > a").last.get_attribute("href")
    await visit(page, str(href))
    await expect(page.get_by_role("dialog").get_by_role("img")).to_be_visible()
    await expect(page.get_by_role("dialog")).to_contain_text("Portrait number")
    await page.get_by_role("button", name="Close").click()
    await expect(page).to_have_url(f"{server.url}/gallery")


async def test_filters_narrow_the_list_and_stay_in_the_address(
    server: Server, page: Page, member: UserView
) -> None:
    await with_pictures(server, member, 12)
    await visit(page, "/gallery")
    status = page.locator(".gallery").get_by_role("status").first
    await expect(status).to_have_text("12 pictures")
    await page.get_by_label("Search").fill("number 1")
    await expect(status).to_have_text("3 pictures")  # 1, 10 and 11
    await page.reload()
    await expect(status).to_have_text("3 pictures")
    await page.get_by_label("Search").fill("snow")
    await expect(page.get_by_role("heading", name="No picture matches")).to_be_visible()
    await page.get_by_label("Search").fill("")
    await page.get_by_label("Order").select_option("Best likeness")
    await expect(page.locator(".gallery img").first).to_have_attribute(
        "alt", "Portrait number 11 in the rain"
    )


async def test_a_new_picture_appears_by_itself(
    server: Server, page: Page, member: UserView
) -> None:
    await visit(page, "/gallery")
    await expect(page.get_by_role("heading", name="No pictures yet")).to_be_visible()
    await with_pictures(server, member, 1)
    from services.kit import notify

    async with server.deps.transaction() as session:
        await notify.publish(session, topic="image", id=member.id, user_id=member.id)
    await expect(page.locator(".gallery img.in")).to_have_count(1)


async def test_selected_pictures_come_as_an_archive_with_their_recipes(
    server: Server, page: Page, member: UserView
) -> None:
    await with_pictures(server, member, 6)
    await visit(page, "/gallery")
    tiles = page.locator(".gallery li > a")
    await expect(tiles).to_have_count(6)
    await page.locator(".tools").get_by_role("button", name="Select").click()
    await tiles.nth(1).click()
    await tiles.nth(4).click(modifiers=["Shift"])
    await expect(page.get_by_text("4 selected")).to_be_visible()
    async with page.expect_download() as waiting:
        await page.get_by_role("button", name="Download").click()
    path = await (await waiting.value).path()
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        pictures = [name for name in archive.namelist() if name.startswith("pictures/")]
        assert len(pictures) == 4
        recipes = json.loads(archive.read("recipes.json"))
        assert [recipe["file"] for recipe in recipes] == pictures
        assert archive.read(pictures[0])[8:12] == b"WEBP"


async def test_delete_everything_and_take_it_back(
    server: Server, page: Page, member: UserView
) -> None:
    await with_pictures(server, member, 5)
    await visit(page, "/gallery")
    await page.locator(".tools").get_by_role("button", name="Select").click()
    await page.get_by_role("button", name="Select all 5").click()
    await page.get_by_role("button", name="Delete").click()
    await expect(page.get_by_text("5 pictures moved to the trash")).to_be_visible()
    await expect(page.locator(".gallery li > a")).to_have_count(0)
    await page.get_by_role("button", name="Undo").click()
    await expect(page.locator(".gallery li > a")).to_have_count(5)


async def test_an_album_and_a_link_to_a_picture(
    server: Server, page: Page, member: UserView
) -> None:
    await with_pictures(server, member, 2)
    await visit(page, "/gallery")
    await page.locator(".gallery li > a").first.click()
    await page.get_by_role("button", name="Add to album").click()
    await page.get_by_label("Name of the new album").fill("Holiday")
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.get_by_label("Name of the new album")).to_be_hidden()
    albums = await (await page.request.get("/api/albums")).json()
    assert [(album["name"], album["count"]) for album in albums["items"]] == [("Holiday", 1)]

    await page.get_by_role("button", name="Add to album").click()
    await expect(page.get_by_label("Name of the new album")).to_be_hidden()  # one was chosen
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.get_by_text("Already in “Holiday”")).to_be_visible()

    await page.get_by_role("button", name="Share", exact=True).click()
    await page.get_by_role("button", name="Make link").click()
    link = await page.get_by_label("The link, shown only now").input_value()
    await expect(page.get_by_alt_text("QR code with the link above")).to_be_visible()
    assert await barriers(page) == []
    await shot(page, "share-dialog")
    await page.context.clear_cookies()
    await page.goto(link)
    await expect(page.get_by_role("img")).to_be_visible()
    assert await barriers(page) == []
    await shot(page, "shared")
    async with page.expect_download() as waiting:
        await page.get_by_role("link", name="Download").click()
    name = (await waiting.value).suggested_filename
    assert re.fullmatch(r"likeness-[0-9a-f]{6}\.\w+", name), "no word of the prompt leaves"


@pytest.mark.parametrize("width", [360, 1440])
async def test_an_album_gets_another_name(
    server: Server, page: Page, member: UserView, width: int
) -> None:
    """All of it by keyboard, and a long name leaves room for what can be done with the album."""
    await page.set_viewport_size({"width": width, "height": 800})
    await visit(page, "/gallery")
    await page.get_by_role("link", name="Albums").click()
    await expect(page.get_by_role("heading", name="No albums yet")).to_be_visible()
    await page.get_by_role("button", name="New album").press("Enter")
    await page.get_by_label("Name", exact=True).fill("Holiday")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Rename Holiday").press("Enter")
    await page.get_by_label("Name", exact=True).fill("")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Name is missing.")).to_be_visible()
    name = "Großtante Donaudampfschifffahrtsgesellschaftskapitänswitwe"
    await page.get_by_label("Name", exact=True).fill(name)
    await page.keyboard.press("Enter")
    row = page.locator(".album")
    await expect(row.get_by_role("link", name=name)).to_be_visible()
    await expect(row.get_by_role("button", name=f"Delete {name}")).to_be_in_viewport(ratio=1)
    wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, "the page scrolls sideways"
    assert await barriers(page) == []
    await shot(page, "albums")
    album = (await (await page.request.get("/api/albums")).json())["items"][0]
    assert album["name"] == name
    await row.get_by_role("link", name=name).click()
    await expect(page.get_by_role("heading", name=name)).to_be_visible()
    await expect(page.get_by_role("heading", name="This album is empty")).to_be_visible()


async def test_nothing_to_see_says_why_and_leads_on(
    server: Server, page: Page, member: UserView
) -> None:
    await visit(page, "/gallery")
    await expect(page.get_by_role("link", name="Train a model")).to_be_visible()
    await expect(page.get_by_label("Search")).to_be_hidden()
    await visit(page, "/gallery?trash=true")
    await expect(page.get_by_role("heading", name="The trash is empty")).to_be_visible()
    await page.get_by_label("Search").fill("snow")
    await expect(page.get_by_role("heading", name="No picture matches")).to_be_visible()
    await page.get_by_role("link", name="Show all pictures").click()
    await page.wait_for_url("**/gallery?trash=true")
    await expect(page.get_by_role("heading", name="The trash is empty")).to_be_visible()


async def test_the_trash_offers_its_own_tools(server: Server, page: Page, member: UserView) -> None:
    """Also when pictures were chosen outside of it before."""
    await with_pictures(server, member, 2)
    await visit(page, "/gallery")
    await page.locator(".tools").get_by_role("button", name="Select").click()
    await page.locator(".gallery li a").first.click()
    await page.get_by_role("button", name="Delete").click()
    await page.get_by_role("link", name="Trash").click()
    await page.wait_for_url("**/gallery?trash=true")
    await expect(page.locator(".gallery li a")).to_have_count(1)
    await page.locator(".tools").get_by_role("button", name="Select").click()
    await page.locator(".gallery li a").first.click()
    await page.get_by_role("button", name="Restore").click()
    await expect(page.get_by_role("heading", name="The trash is empty")).to_be_visible()
