"""Pictures made larger by a network of the Real-ESRGAN family (RRDBNet, BSD-3-Clause).

The architecture is written out here, so that no package has to bring it; weights are a file that
the operator puts into the worker's folder of bases, and nothing is ever fetched.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from services.trainer.config import WorkerConfig
from services.trainer.errors import JobFailed
from services.trainer.offers import ENDINGS, UPSCALERS
from services.trainer.spec import Code

WRAPPERS = ("params_ema", "params")  # under which the published .pth files keep their weights
TILE, OVERLAP = 256, 16  # pixels of the source: what is made at once, and what it sees around
SLOPE, SHARE = 0.2, 0.2  # of the leaky ReLU, and of each residual, as the network was trained


class Dense(nn.Module):  # type: ignore[misc]  # torch is not installed beside the app
    """Five convolutions, each of which sees all before it."""

    def __init__(self, width: int, growth: int) -> None:
        super().__init__()
        for i in range(5):
            out = growth if i < 4 else width
            setattr(self, f"conv{i + 1}", nn.Conv2d(width + i * growth, out, 3, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """The residual is added by a fifth."""
        seen = [x]
        for i in range(4):
            made = getattr(self, f"conv{i + 1}")(torch.cat(seen, 1))
            seen.append(functional.leaky_relu(made, SLOPE))
        last: Tensor = self.conv5(torch.cat(seen, 1))
        return last * SHARE + x


class Block(nn.Module):  # type: ignore[misc]  # torch is not installed beside the app
    """Three dense ones."""

    def __init__(self, width: int, growth: int) -> None:
        super().__init__()
        self.rdb1, self.rdb2, self.rdb3 = (Dense(width, growth) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        """The residual is added by a fifth."""
        made: Tensor = self.rdb3(self.rdb2(self.rdb1(x)))
        return made * SHARE + x


class Upscaler(nn.Module):  # type: ignore[misc]  # torch is not installed beside the app
    """RGB (n, 3, h, w) in 0..1 to `scale` times the size: 4, or 2 where it folds pixels first."""

    def __init__(self, *, folded: int, width: int, blocks: int, growth: int) -> None:
        """folded: how many pixels on a side become channels; 1 for four times, 2 for twice."""
        super().__init__()
        self.folded, self.scale = folded, 4 // folded
        self.conv_first = nn.Conv2d(3 * folded**2, width, 3, 1, 1)
        self.body = nn.Sequential(*(Block(width, growth) for _ in range(blocks)))
        for name in ("conv_body", "conv_up1", "conv_up2", "conv_hr"):
            setattr(self, name, nn.Conv2d(width, width, 3, 1, 1))
        self.conv_last = nn.Conv2d(width, 3, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Both sides have to be multiples of `folded`."""
        first = self.conv_first(functional.pixel_unshuffle(x, self.folded))
        made = first + self.conv_body(self.body(first))
        for up in (self.conv_up1, self.conv_up2):
            larger = functional.interpolate(made, scale_factor=2, mode="nearest")
            made = functional.leaky_relu(up(larger), SLOPE)
        last: Tensor = self.conv_last(functional.leaky_relu(self.conv_hr(made), SLOPE))
        return last


def file_of(config: WorkerConfig, name: str) -> Path:
    """Where the weights lie; raises JobFailed(BASE_MISSING)."""
    folder = config.base_dir / UPSCALERS
    for ending in ENDINGS:
        if (folder / f"{name}{ending}").is_file():
            return folder / f"{name}{ending}"
    raise JobFailed(
        Code.BASE_MISSING,
        f"The weights of {name} are not there: put {name}.safetensors or {name}.pth into {folder}.",
    )


def load(path: Path) -> Upscaler:
    """The network that a file holds, by the shapes in it; raises JobFailed(BASE_MISSING)."""
    try:
        weights = _weights(path)
        network = Upscaler(**_shape(weights))
        network.load_state_dict(dict(weights))
    except (OSError, KeyError, ValueError, RuntimeError, AttributeError) as error:
        reason = f"{path.name} holds no network of the Real-ESRGAN family: {error}"
        raise JobFailed(Code.BASE_MISSING, reason[:500]) from error
    network.eval().requires_grad_(False)
    return network


def _weights(path: Path) -> Mapping[str, Tensor]:
    if path.suffix == ".safetensors":
        tensors: Mapping[str, Tensor] = load_file(path)
        return tensors
    found: Any = torch.load(path, map_location="cpu", weights_only=True)
    weights: Mapping[str, Tensor] = next((found[n] for n in WRAPPERS if n in found), found)
    return weights


def _shape(weights: Mapping[str, Tensor]) -> dict[str, int]:
    width, channels = weights["conv_first.weight"].shape[:2]
    folded = {3: 1, 12: 2}[channels]
    blocks = 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("body."))
    growth = weights["body.0.rdb1.conv1.weight"].shape[0]
    return {"folded": folded, "width": width, "blocks": blocks, "growth": growth}


def enlarged(
    network: Upscaler, picture: Image.Image, scale: int, on_share: Callable[[float], None]
) -> Image.Image:
    """RGB, `scale` times as wide and high: by the network as often as it takes, then shrunk.

    on_share(0..1 of the work) may raise to stop.
    """
    size = picture.width * scale, picture.height * scale
    while picture.width < size[0]:
        picture = _once(network, picture, on_share)
    return picture if picture.size == size else picture.resize(size, Image.Resampling.LANCZOS)


def _once(
    network: Upscaler, picture: Image.Image, on_share: Callable[[float], None]
) -> Image.Image:
    whole = Image.new("RGB", (picture.width * network.scale, picture.height * network.scale))
    corners = [
        (x, y) for y in range(0, picture.height, TILE) for x in range(0, picture.width, TILE)
    ]
    for done, (x, y) in enumerate(corners):
        on_share(done / len(corners))
        whole.paste(_tile(network, picture, x, y), (x * network.scale, y * network.scale))
    on_share(1.0)
    return whole


def _tile(network: Upscaler, picture: Image.Image, x: int, y: int) -> Image.Image:
    """One tile, made with what lies around it and cut to its own part."""
    left, top = max(0, x - OVERLAP), max(0, y - OVERLAP)
    right = min(picture.width, x + TILE + OVERLAP)
    bottom = min(picture.height, y + TILE + OVERLAP)
    made = _through(network, picture.crop((left, top, right, bottom)))
    times = network.scale
    end = min(x + TILE, right), min(y + TILE, bottom)
    return made.crop(
        (
            (x - left) * times,
            (y - top) * times,
            (end[0] - left) * times,
            (end[1] - top) * times,
        )
    )


def _through(network: Upscaler, part: Image.Image) -> Image.Image:
    weight = network.conv_first.weight
    pixels = torch.frombuffer(bytearray(part.tobytes()), dtype=torch.uint8)
    image = pixels.reshape(part.height, part.width, 3).permute(2, 0, 1)[None]
    image = image.to(weight.device, weight.dtype) / 255
    odd = (-part.width % network.folded, -part.height % network.folded)
    with torch.no_grad():
        made = network(functional.pad(image, (0, odd[0], 0, odd[1]), mode="replicate"))
    made = made[0, :, : part.height * network.scale, : part.width * network.scale]
    array = (made.float().clamp(0, 1) * 255).round().byte().permute(1, 2, 0).cpu().numpy()
    return Image.fromarray(array)
