"""LoRAs on a compiled transformer: one place for all of them, so that a swap compiles nothing."""

from pathlib import Path
from typing import Any

from safetensors import safe_open

BACKEND = "inductor"  # needs a C compiler
RANK = 32  # the place's rank to begin with; smaller LoRAs are padded, a larger one makes it grow
SLOT = "slot"


class CompiledSlot:
    """The place for a LoRA in a pipeline whose blocks are compiled as soon as it is filled."""

    def __init__(self, pipe: Any) -> None:
        self._pipe, self._rank = pipe, 0
        self._held: Path | None = None
        self._compiled = False
        self._whole: dict[str, float] = {}

    def use(self, path: Path, scale: float) -> None:
        """Put the LoRA of a file in place, at a scale."""
        if path != self._held:
            self._fill(path)
        self._scale(scale)

    def rest(self) -> None:
        """Make images without a LoRA from now on."""
        if self._held:
            self._scale(0.0)

    def _fill(self, path: Path) -> None:
        rank = _rank(path)
        fresh = rank > self._rank
        if fresh:
            self._grow(max(rank, RANK))
        self._pipe.load_lora_weights(
            str(path.parent),
            weight_name=path.name,
            adapter_name=SLOT,
            local_files_only=True,
            hotswap=not fresh,
        )
        self._held = path
        self._whole = {name: float(layer.scaling[SLOT]) for name, layer in self._layers()}
        if not self._compiled:
            self._pipe.transformer.compile_repeated_blocks(backend=BACKEND)
            self._compiled = True

    def _grow(self, rank: int) -> None:
        """Make the place anew for a larger rank: the next image compiles once more."""
        self._pipe.unload_lora_weights()
        self._pipe.enable_lora_hotswap(target_rank=rank, check_compiled="ignore")
        self._rank = rank

    def _scale(self, scale: float) -> None:
        """In place: another number in the place of the tensor would compile anew."""
        for name, layer in self._layers():
            layer.scaling[SLOT].fill_(self._whole[name] * scale)

    def _layers(self) -> list[tuple[str, Any]]:
        return [
            (name, module)
            for name, module in self._pipe.transformer.named_modules()
            if SLOT in getattr(module, "scaling", {})
        ]


def _rank(path: Path) -> int:
    with safe_open(path, framework="pt") as file:
        keys = [key for key in file.keys() if "lora_A" in key]  # noqa: SIM118
        shapes = [file.get_slice(key).get_shape() for key in keys]
    return max(int(shape[0]) for shape in shapes)
