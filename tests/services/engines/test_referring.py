"""Reference photos of one person and of two, and what a prompt calls them."""

from uuid import UUID

import pytest

from services.engines import referring
from services.engines.base import FileRef, GenerateRequest, Person, Refused


def photos(name: str, count: int) -> list[FileRef]:
    return [FileRef(f"{name}{i}", "") for i in range(count)]


def asked(hers: int, second: Person | None = None) -> GenerateRequest:
    return GenerateRequest(
        client_job_id=UUID(int=1),
        prompt="at sea",
        seeds=[1],
        width=64,
        height=64,
        outputs=[],
        photos=photos("ada", hers),
        subject="woman",
        second=second,
    )


def test_one_person_has_all_places() -> None:
    request = asked(9)
    assert [photo.key for photo in referring.photos(request, 4)] == ["ada0", "ada1", "ada2", "ada3"]
    assert referring.subject(request, 4) == "the same woman as in the reference images"


def test_two_share_them_and_are_told_apart_by_number() -> None:
    request = asked(9, Person("man", photos("ben", 1)))
    assert [photo.key for photo in referring.photos(request, 4)] == ["ada0", "ada1", "ben0"]
    assert request.words(referring.subject(request, 4)) == (
        "photo of the same woman as in images 1 to 2 together with the same man as in image 3, "
        "at sea"
    )


@pytest.mark.parametrize(("hers", "his"), [(0, 2), (2, 0)])
def test_nobody_is_made_up(hers: int, his: int) -> None:
    with pytest.raises(Refused):
        referring.photos(asked(hers, Person("man", photos("ben", his))), 4)
