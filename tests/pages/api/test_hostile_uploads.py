"""Everything hostile and odd goes through the upload: a right verdict each, and nothing is left."""

import io
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image

from services import imaging
from services.deps import Deps
from services.imaging import decode
from services.storage.local import LocalStorage
from services.training import photo_coach
from tests import corpora, hostile
from tests.builders import make_user_model
from tests.files import leftovers
from tests.pages.api.test_photos import Member, registered
from tests.pictures import picture
from tests.serving import listening

KNOWN = {"accepted", *photo_coach.REFUSALS, *imaging.REASONS}
DECODED = {"accepted", "too_small", "strip", "duplicate"}
AT_ONCE = photo_coach.MAX_PHOTOS


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "data/files", secret=b"s" * 32, base_url="http://test")


class Sender:
    """Sends any number of files, each set of 30 into a draft of its own."""

    def __init__(self, deps: Deps, member: Member) -> None:
        self._deps, self._member = deps, member

    async def send(self, files: Iterable[tuple[str, bytes]]) -> list[dict[str, Any]]:
        verdicts = []
        for batch in batches(files):
            async with self._deps.transaction() as session:
                model = await make_user_model(session, user_id=self._member.user_id)
            self._member.path = f"/api/models/{model.id}/images"
            verdicts += await self._member.post(*batch)
        return verdicts


def batches(files: Iterable[tuple[str, bytes]]) -> Iterator[list[tuple[str, bytes]]]:
    batch = list[tuple[str, bytes]]()
    for file in files:
        batch.append(file)
        if len(batch) == AT_ONCE:
            yield batch
            batch = []
    yield batch


async def test_our_own_hostile_files(live_deps: Deps, tmp_path: Path) -> None:
    cases = list(hostile.cases())
    assert len(cases) > 100
    async with listening(live_deps) as base_url, registered(live_deps, base_url) as member:
        verdicts = await Sender(live_deps, member).send((case.name, case.data) for case in cases)
    wrong = {
        case.title: verdict["code"]
        for case, verdict in zip(cases, verdicts, strict=True)
        if verdict["code"] not in case.right
    }
    assert wrong == {}
    assert all(len(verdict["name"]) <= 120 for verdict in verdicts)
    assert not any(c in verdict["name"] for verdict in verdicts for c in "/\\\u202e\x1b\0")
    check_leftovers(tmp_path, verdicts)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("corpus", "every"),
    [
        (corpora.png_suite, 1),
        (corpora.heif, 1),
        (corpora.pillow, 5),
        pytest.param(corpora.pillow, 1, marks=pytest.mark.slow),  # 40 s more of one core
    ],
)
async def test_published_corpora(
    corpus: Callable[[], Iterator[tuple[str, bytes]]], every: int, live_deps: Deps, tmp_path: Path
) -> None:
    decode.prepare()
    files = list(corpus())[::every]
    async with listening(live_deps) as base_url, registered(live_deps, base_url) as member:
        sender = Sender(live_deps, member)
        await sender.send([("first.jpg", picture())])
        before = psutil.Process().memory_info().rss
        verdicts = await sender.send(files)
        after = psutil.Process().memory_info().rss
    assert len(verdicts) == len(files)
    assert {verdict["code"] for verdict in verdicts} <= KNOWN
    assert all(verdict["message"] for verdict in verdicts)
    wrong = [
        (name, verdict["code"])
        for (name, data), verdict in zip(files, verdicts, strict=True)
        if decodes(data) != (verdict["code"] in DECODED)
    ]
    assert wrong == []
    assert after < 1.3 * before
    check_leftovers(tmp_path, verdicts, extra=1)


def decodes(data: bytes) -> bool:
    """Whether Pillow reads it as it is, in one of the formats that we take."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=decode.FORMATS) as image:
                if image.width * image.height > decode.MAX_PIXELS:
                    return False
                image.load()
                return True
    except Exception:
        return False


def check_leftovers(tmp_path: Path, verdicts: list[dict[str, Any]], *, extra: int = 0) -> None:
    """Three files for each accepted photo, a fourth where a person was cut out, and no other."""
    accepted = extra + sum(verdict["accepted"] for verdict in verdicts)
    kept = Counter(leftovers(tmp_path / "data"))
    assert kept.pop("alpha.webp", 0) <= accepted
    assert kept == {"full.jpg": accepted, "thumb.webp": accepted, "train.jpg": accepted}
