"""The placeholder that a page shows is the picture that was encoded, blurred."""

import base64
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from services.imaging import variants

DECODER = Path(__file__).parents[2] / "components" / "picture_tiles.js"
SIDE = 16
CLOSE = 0.06  # of full brightness, on average: 4 bits a wave, and waves are cut off


def gradient(width: int, height: int) -> Image.Image:
    """Dark red at the upper left, through green, to light blue at the lower right."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    colours = np.stack([0.5 - 0.3 * x, 0.2 + 0.5 * y, 0.1 + 0.4 * x + 0.4 * y], axis=-1)
    return Image.fromarray((colours * 255).astype(np.uint8), "RGB")


def decoded(thumbhash: bytes) -> np.ndarray:
    """What the browser paints: (16, 16, 3) in 0..1."""
    node = shutil.which("node")
    if not node:
        pytest.skip("Node, which runs the page's decoder here, is not installed")
    text = json.dumps(base64.b64encode(thumbhash).decode())
    module = base64.b64encode(DECODER.read_bytes()).decode()
    script = f"""
        const {{ decode }} = await import("data:text/javascript;base64,{module}");
        console.log(JSON.stringify([...decode({text})]));
    """
    command = [node, "--input-type=module", "--eval", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return np.array(json.loads(done.stdout)).reshape(SIDE, SIDE, 4)[..., :3] / 255


@pytest.mark.parametrize("size", [(100, 100), (100, 60), (45, 100)])
def test_the_page_paints_what_was_encoded(size: tuple[int, int]) -> None:
    picture = gradient(*size)
    painted = decoded(variants.placeholder(picture))
    meant = np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BOX)) / 255
    assert np.abs(painted - meant).mean() < CLOSE


def test_one_colour_stays_that_colour() -> None:
    painted = decoded(variants.placeholder(Image.new("RGB", (60, 80), (180, 90, 60))))
    assert np.abs(painted - np.array([180, 90, 60]) / 255).max() < CLOSE
