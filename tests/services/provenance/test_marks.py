"""Marks in the files as other people's tools read them: C2PA by its own reader, XMP by ExifTool."""

import asyncio
import dataclasses
import io
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import c2pa
import pytest
from PIL import Image
from sqlalchemy import select

from db.models import SigningCertificate
from services.deps import Deps
from services.provenance import certificates, manifests, marks, xmp
from services.provenance.manifests import Signature
from services.provenance.xmp import DigitalSource
from tests.doubles.engine import ScriptedEngine, images
from tests.pictures import drawn
from tests.studio import Studio

pytestmark = pytest.mark.pictures

FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "AVIF": "image/avif"}
SECRET_WORDS = "a lighthouse that nobody may know of"


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()


@pytest.fixture
async def studio(live_deps: Deps) -> AsyncIterator[Studio]:
    studio = await Studio(live_deps).open(plan="pro", status="ready")
    yield studio
    await studio.close()


def encoded(kind: str, seed: int = 1, **options: Any) -> bytes:
    out = io.BytesIO()
    drawn(seed, (320, 400)).save(out, kind, **options)
    return out.getvalue()


def read(data: bytes, content_type: str, root: str = "") -> dict[str, Any]:
    """What the published reader says; with `root`, whether it trusts the signature."""
    trust = {"trust": {"trust_anchors": root}} if root else {}
    context = c2pa.Context.from_dict(trust)
    with c2pa.Reader(content_type, io.BytesIO(data), context=context) as reader:
        found: dict[str, Any] = json.loads(reader.json())
    return found


def source_type(data: bytes, tmp_path: Path, name: str = "picture") -> str:
    """The digital source type that ExifTool finds."""
    exiftool = shutil.which("exiftool")
    if exiftool is None:
        pytest.skip("exiftool is not installed")
    path = tmp_path / name
    path.write_bytes(data)
    command = [exiftool, "-s3", "-XMP-iptcExt:DigitalSourceType", str(path)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    return answer.stdout.strip().rpartition("/")[2]


async def stored(deps: Deps, studio: Studio, **values: Any) -> dict[str, bytes]:
    """The files of the first image of a generation, by their names."""
    asked = await studio.generate(count=1, **values)
    done = await studio.ended(asked.id)
    assert done.status == "succeeded", done.status_reason
    infos = [info async for info in deps.storage.list(f"{studio.user_id}/images")]
    return {info.key.rpartition("/")[2]: await deps.storage.get(info.key) for info in infos}


@pytest.mark.parametrize("kind", FORMATS)
async def test_both_readers_read_what_is_stored(
    live_deps: Deps, studio: Studio, engine: ScriptedEngine, kind: str, tmp_path: Path
) -> None:
    engine.on_submit.append(images(encoded(kind)))
    found = await stored(live_deps, studio, prompt=SECRET_WORDS)
    assert len(found) == 3
    for name, data in found.items():
        assert source_type(data, tmp_path, name) == "trainedAlgorithmicMedia"
        Image.open(io.BytesIO(data)).load()
    full = next(data for name, data in found.items() if name.startswith("full."))
    store = read(full, FORMATS[kind])
    assert store["validation_state"] == "Valid"
    assert "c2pa.created" in json.dumps(store)
    assert len(full) - len(encoded(kind)) < 60_000
    with Image.open(io.BytesIO(full)) as ours, Image.open(io.BytesIO(encoded(kind))) as theirs:
        assert ours.tobytes() == theirs.tobytes()


async def test_the_marks_hold_neither_words_nor_member(
    live_deps: Deps, studio: Studio, engine: ScriptedEngine
) -> None:
    engine.on_submit.append(images(encoded("JPEG")))
    found = await stored(live_deps, studio, prompt=SECRET_WORDS)
    said = b"".join(found.values()) + json.dumps(read(found["full.jpg"], "image/jpeg")).encode()
    for word in (SECRET_WORDS, str(studio.user_id), str(studio.model_id), studio.user_id.hex):
        assert word.encode() not in said


async def test_one_changed_byte_is_seen(live_deps: Deps) -> None:
    data = await marked(live_deps, encoded("JPEG"))
    assert read(data, "image/jpeg")["validation_state"] == "Valid"
    changed = bytearray(data)
    changed[-3000] ^= 1
    assert read(bytes(changed), "image/jpeg")["validation_state"] == "Invalid"


async def marked(deps: Deps, data: bytes, kind: str = "image/jpeg", engine: str = "x") -> bytes:
    async with deps.transaction() as session:
        signature = await certificates.current(session, deps)
    origin = marks.origin(engine=engine, recipe={}, at=deps.now())
    return manifests.sign(data, kind, origin, signature)


async def test_an_engines_own_manifest_is_kept_as_an_ingredient(live_deps: Deps) -> None:
    _, chain, key = certificates.make(live_deps.now())
    made = marks.origin(engine="elsewhere", recipe={}, at=live_deps.now())
    theirs = manifests.sign(encoded("PNG"), "image/png", made, Signature(chain, key))
    store = read(await marked(live_deps, theirs, "image/png"), "image/png")
    assert store["validation_state"] == "Valid"
    active = store["manifests"][store["active_manifest"]]
    assert [each["relationship"] for each in active["ingredients"]] == ["parentOf"]
    assert "engine elsewhere" in json.dumps(store["manifests"])


@pytest.mark.parametrize(
    ("by", "recipe", "source"),
    [
        ("preview", {}, DigitalSource.ENHANCED),
        ("preview", {"operation": "edit"}, DigitalSource.ENHANCED),
        ("together", {}, DigitalSource.GENERATED),
        ("worker", {"operation": "edit"}, DigitalSource.EDITED),
    ],
)
def test_the_source_says_whether_ai_made_or_changed_it(
    by: str, recipe: dict[str, str], source: DigitalSource, deps: Deps
) -> None:
    assert marks.origin(engine=by, recipe=recipe, at=deps.now()).source is source


@pytest.mark.parametrize("lossless", [True, False])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_webp_of_every_kind_keeps_its_pixels(mode: str, lossless: bool, tmp_path: Path) -> None:
    out = io.BytesIO()
    drawn(2, (301, 199)).convert(mode).save(out, "WEBP", lossless=lossless)
    data = xmp.embed(out.getvalue(), "image/webp", DigitalSource.GENERATED)
    assert xmp.embed(data, "image/webp", DigitalSource.GENERATED) == data  # replaced, not added
    with Image.open(io.BytesIO(data)) as ours, Image.open(out) as theirs:
        assert (ours.size, ours.tobytes()) == (theirs.size, theirs.tobytes())
    assert source_type(data, tmp_path) == "trainedAlgorithmicMedia"


@pytest.mark.parametrize("kind", FORMATS.values())
def test_a_broken_container_is_refused_and_not_stored_unmarked(kind: str, deps: Deps) -> None:
    _, chain, key = certificates.make(deps.now())
    origin, signature = marks.origin(engine="x", recipe={}, at=deps.now()), Signature(chain, key)
    for data in (b"", b"\xff\xd8", b"RIFF\0\0\0\0WEBP", b"\x89PNG\r\n\x1a\n\0"):
        with pytest.raises(xmp.Unmarkable):
            manifests.sign(data, kind, origin, signature)


async def test_containers_that_start_together_make_one_certificate(live_deps: Deps) -> None:
    async def start() -> str:
        async with live_deps.transaction() as session:
            return (await certificates.current(session, live_deps)).chain

    assert len(set(await asyncio.gather(*(start() for _ in range(6))))) == 1


async def test_marks_outlive_rotation_and_its_key_does_not(live_deps: Deps) -> None:
    past = live_deps.now() - timedelta(days=366)
    before = await marked(dataclasses.replace(live_deps, now=lambda: past), encoded("JPEG"))
    async with live_deps.transaction() as session:
        assert await certificates.rotate(session, live_deps)
        assert not await certificates.rotate(session, live_deps)
        roots, serials = await certificates.roots(session)
    after = await marked(live_deps, encoded("JPEG"))
    found = [manifests.read(data, "image/jpeg", roots) for data in (before, after)]
    assert all(each and each.signed and each.intact and each.serial in serials for each in found)
    assert len({each.serial for each in found if each}) == 2
    async with live_deps.transaction() as session:
        oldest = select(SigningCertificate.sealed_key).order_by(SigningCertificate.created_at)
        assert await session.scalar(oldest.limit(1)) is None


async def test_pictures_stored_while_the_certificate_is_rotated_all_verify(
    live_deps: Deps,
) -> None:
    async def rotate() -> None:
        for _ in range(3):
            async with live_deps.transaction() as session:
                await certificates.rotate(session, live_deps, older_than=timedelta(0))

    first = await marked(live_deps, encoded("JPEG"))
    rotation = asyncio.create_task(rotate())
    signed = await asyncio.gather(*(marked(live_deps, encoded("JPEG", seed)) for seed in range(8)))
    await rotation
    async with live_deps.transaction() as session:
        roots, serials = await certificates.roots(session)
    for data in (first, *signed):
        found = manifests.read(data, "image/jpeg", roots)
        assert found
        assert found.signed
        assert found.serial in serials


async def test_another_secret_makes_another_certificate_and_old_marks_stay_known(
    live_deps: Deps,
) -> None:
    before = await marked(live_deps, encoded("JPEG"))
    moved = dataclasses.replace(live_deps, secret=b"another secret of 32 bytes, too.")
    await marked(moved, encoded("JPEG"))
    async with moved.transaction() as session:
        roots, serials = await certificates.roots(session)
    found = manifests.read(before, "image/jpeg", roots)
    assert found
    assert found.signed
    assert len(serials) == 2


async def test_an_operators_certificate_signs_and_a_wrong_key_is_named(
    live_deps: Deps, tmp_path: Path
) -> None:
    _, chain, key = certificates.make(live_deps.now())
    paths = tmp_path / "chain.pem", tmp_path / "key.pem"
    paths[0].write_text(chain)
    paths[1].write_text(key)
    own = live_deps.settings.model_copy(update={"c2pa_certificate": paths[0], "c2pa_key": paths[1]})
    marks.check(own)
    deps = dataclasses.replace(live_deps, settings=own)
    data = await marked(deps, encoded("JPEG"))
    async with deps.transaction() as session:
        roots, _ = await certificates.roots(session)
        assert (await certificates.view(session, deps)).origin == "operator"
    found = manifests.read(data, "image/jpeg", roots)
    assert found
    assert found.signed
    _, renewed, its_key = certificates.make(live_deps.now())
    paths[0].write_text(renewed)
    paths[1].write_text(its_key)
    async with deps.transaction() as session:
        assert (await certificates.current(session, deps)).chain == renewed
    paths[1].write_text(certificates.make(live_deps.now())[2])
    with pytest.raises(certificates.BadCertificate, match="not the key of"):
        marks.check(own)
