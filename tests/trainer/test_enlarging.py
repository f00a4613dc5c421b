"""Pictures made larger by a network, and faces made again in their place."""

from collections.abc import Callable
from pathlib import Path

import numpy
import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import save_file

from services.trainer import upscaling
from services.trainer.errors import JobFailed
from services.trainer.offers import UPSCALERS
from services.trainer.spec import Code, GeneratePayload
from services.trainer.upscaling import Upscaler
from tests.trainer.bucket import Bucket
from tests.trainer.conftest import Run, jpeg, portrait

Payloads = Callable[..., GeneratePayload]
SIZE = (96, 128)


@pytest.fixture(scope="module")
def photo(bucket: Bucket) -> str:
    bucket.objects["/to-enlarge"] = jpeg(portrait(3, SIZE))
    return bucket.url("/to-enlarge")


@pytest.fixture(scope="module")
def weights(base_dir: Path) -> Path:
    """Beside the network of four times one of twice, as published, and a file of none."""
    folder = base_dir / UPSCALERS
    torch.manual_seed(1)
    two = Upscaler(folded=2, width=8, blocks=2, growth=4)
    torch.save({"params_ema": two.state_dict()}, folder / "tiny-x2.pth")
    save_file({"conv_first.weight": torch.zeros(8, 3, 3, 3)}, folder / "no-network.safetensors")
    return folder


@pytest.mark.usefixtures("weights")
@pytest.mark.parametrize("upscaler", ["tiny-x4", "tiny-x2"])
@pytest.mark.parametrize("scale", [2, 4])
def test_a_picture_is_made_larger_by_either_network(
    upscaler: str, scale: int, run: Run, generation: Payloads, photo: str, bucket: Bucket
) -> None:
    job = f"enlarged-{scale}-by-{upscaler}"
    given = {"source_url": photo, "enlarge": scale, "upscaler": upscaler}
    run(generation(job, **given, output_format="png"))
    made = bucket.picture(f"/{job}/0")
    assert made.shape == (SIZE[1] * scale, SIZE[0] * scale, 3)


def test_tiles_leave_no_seams(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network sees 16 pixels beyond a tile: more than this one needs."""
    torch.manual_seed(2)
    network = Upscaler(folded=1, width=8, blocks=1, growth=4).eval().requires_grad_(False)
    picture = portrait(4, SIZE)
    shares: list[float] = []
    whole = upscaling.enlarged(network, picture, 4, shares.append)
    monkeypatch.setattr(upscaling, "TILE", 40)
    tiled = upscaling.enlarged(network, picture, 4, shares.append)
    apart = numpy.asarray(whole).astype(int) - numpy.asarray(tiled).astype(int)
    assert numpy.abs(apart).max() <= 1
    assert (shares[0], shares[-1]) == (0, 1)
    assert len(shares) > 10


@pytest.mark.usefixtures("weights")
@pytest.mark.parametrize("name", ["not-there", "no-network"])
def test_weights_that_are_not_there_are_asked_for_and_never_fetched(
    name: str, run: Run, generation: Payloads, photo: str
) -> None:
    payload = generation(f"enlarged-by-{name}", source_url=photo, enlarge=2, upscaler=name)
    with pytest.raises(JobFailed) as failed:
        run(payload)
    assert failed.value.failure.code is Code.BASE_MISSING


@pytest.mark.parametrize("name", ["../secret", "a/b", ".hidden"])
def test_a_name_is_no_path(name: str, generation: Payloads, photo: str) -> None:
    with pytest.raises(ValidationError):
        generation("enlarged-by-a-path", source_url=photo, enlarge=2, upscaler=name)


def test_a_face_is_made_again_and_nothing_away_from_it(
    run: Run, generation: Payloads, photo: str, bucket: Bucket
) -> None:
    area = (0.4, 0.3, 0.7, 0.55)
    given = {"source_url": photo, "reference_urls": [photo], "area": area, "strength": 0.9}
    run(generation("face-again", **given, output_format="png"))
    made = bucket.picture("/face-again/0").astype(int)
    before = bucket.picture("/to-enlarge").astype(int)
    assert made.shape == before.shape
    apart = numpy.abs(made - before).max(axis=2)
    assert apart[44:66, 42:64].mean() > 5  # the middle of the face
    assert apart[:16].max() == apart[100:].max() == 0
    assert apart[:, :16].max() == apart[:, 92:].max() == 0


def test_a_face_at_the_edge_is_faded_there_too(
    run: Run, generation: Payloads, photo: str, bucket: Bucket
) -> None:
    run(generation("face-at-the-edge", source_url=photo, area=(0, 0, 0.5, 0.4)))
    assert bucket.picture("/face-at-the-edge/0").shape == (SIZE[1], SIZE[0], 3)
