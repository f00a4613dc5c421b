"""Images from a base and perhaps a LoRA; the base stays in memory for the next job."""

import time
from pathlib import Path
from typing import Any, cast

import torch
from PIL import Image

from services.trainer import device, loras, pipelines, placement
from services.trainer.architectures import Architecture, Prompt, architecture
from services.trainer.bases import Base, Profile, find_base
from services.trainer.captions import prompt_with_trigger
from services.trainer.compiled import CompiledSlot
from services.trainer.conditions import Conditions, read_conditions
from services.trainer.context import Context
from services.trainer.download import at_hand
from services.trainer.errors import JobFailed, failure_of
from services.trainer.files import read_json, same_files, write_json
from services.trainer.lora_cache import cached
from services.trainer.placement import PLACEMENTS, Pictures, Placement
from services.trainer.pulse import pulse
from services.trainer.sampling import encoded, make_images
from services.trainer.spec import (
    IMAGE_TYPES,
    Code,
    GenerateOutputs,
    GeneratePayload,
    PutFile,
    Stage,
)
from services.trainer.transfer import put

SHARED = ("text_encoder", "text_encoder_2", "vae")
MAX_ADAPTERS = 4  # LoRAs that stay loaded beside the base
RECORD = "images.json"


def generate(payload: GeneratePayload, context: Context) -> GenerateOutputs:
    """Make the images that are not yet at their URLs, and say what was made; raises JobFailed."""
    started = time.monotonic()
    base = find_base(context.config, payload.base_model)
    profile = base.profile(payload.profile)
    context.report.stage(Stage.PREPARING)
    work = _made(payload, base, profile, context)
    return GenerateOutputs(
        client_job_id=payload.client_job_id,
        images=tuple(work.images()),
        seconds=round(time.monotonic() - started, 2),
        vram_peak_bytes=device.vram_peak(),
        ram_peak_bytes=device.ram_peak(),
        warnings=tuple(context.report.warnings),
        recipe={"base_model": base.name, **work.recipe()},
    )


class WarmBase:
    """One base in memory, with the LoRAs that were used last; rung: its place in PLACEMENTS."""

    def __init__(
        self, kind: Architecture, source: str, context: Context, rung: int, parts: dict[str, Any]
    ) -> None:
        config = context.config
        target, self.dtype = device.device_of(config), device.dtype_of(config)
        self.kind, self.source, self.rung = kind, source, rung
        self.placement = PLACEMENTS[rung]
        self.pipe = pipelines.load_pipeline(
            kind,
            source,
            device=target,
            dtype=self.dtype,
            placement=self.placement,
            parts=parts,
        )
        self.base = loras.fingerprint(kind.name, self.pipe.transformer)
        self.batch = min(self.placement.batch, device.batch_of(target))
        self.adapters: list[str] = []
        # Weights that change their format in each step can't be compiled to any gain.
        compiles = config.compile and not self.placement.fp8
        self.slot = CompiledSlot(self.pipe) if compiles else None

    def use_lora(self, payload: GeneratePayload, context: Context) -> None:
        """Switch to the payload's LoRA and scale, or to none; loads only what is not loaded.

        Raises JobFailed: TRANSFER_FAILED, LORA_INVALID, LORA_MISMATCH.
        """
        if payload.lora_url is None:
            self._rest()
            return
        path = cached(context.config, payload.lora_url, payload.lora_id)
        try:
            loras.require_fit(path, self.base)
        except Exception:
            path.unlink()  # so that a repaired file of the same name gets its chance
            raise
        if self.slot:
            self.slot.use(path, payload.lora_scale)
            return
        self._load(path)
        self.pipe.enable_lora()
        self.pipe.set_adapters([path.stem], [payload.lora_scale])

    def _rest(self) -> None:
        if self.slot:
            self.slot.rest()
        elif self.adapters:
            self.pipe.disable_lora()

    def _load(self, path: Path) -> None:
        name = path.stem
        if name in self.adapters:
            self.adapters.remove(name)
        else:
            if len(self.adapters) >= MAX_ADAPTERS:
                self.pipe.delete_adapters(self.adapters.pop(0))
            self.pipe.load_lora_weights(
                str(path.parent), weight_name=path.name, adapter_name=name, local_files_only=True
            )
            if self.placement.fp8:
                loras.keep_precision(self.pipe.transformer, path, name, self.dtype)
        self.adapters.append(name)

    def shared(self, source: str, placement: Placement, hashes: Path) -> dict[str, Any]:
        """The parts that another base has the very same files of, to be used by it too."""
        if placement.encoders_fp8 != self.placement.encoders_fp8:
            return {}
        self.pipe.remove_all_hooks()
        same = [name for name in SHARED if same_files(self.source, source, name, hashes)]
        return {name: getattr(self.pipe, name) for name in same if hasattr(self.pipe, name)}


def _made(payload: GeneratePayload, base: Base, profile: Profile, context: Context) -> "_Work":
    """The images, by the first placement that fits; a lack of memory all the same is the next."""
    source = at_hand(profile, context)
    rung = _first_placement(source, payload, context)
    while True:
        try:
            warm = _warm(base, source, rung, context)
            warm.use_lora(payload, context)
            work = _Work(payload, profile, warm, context)
            work.run()
            return work
        except Exception as error:
            if failure_of(error).code is not Code.OUT_OF_MEMORY or rung + 1 == len(PLACEMENTS):
                raise
        rung += 1
        context.report.warn("Memory was short: making images more slowly.")


def _first_placement(source: str, payload: GeneratePayload, context: Context) -> int:
    """The one that is loaded, or the first that fits; raises JobFailed(OUT_OF_MEMORY)."""
    warm = context.warm.get("base")
    if isinstance(warm, WarmBase) and warm.source == source:
        return warm.rung
    sizes = placement.sizes_of(Path(source))
    free = device.free_bytes(device.device_of(context.config))
    if isinstance(warm, WarmBase) and free is not None:
        free += device.allocated()  # of the base that goes
    references = len(payload.reference_urls) + bool(payload.source_url)
    wanted = Pictures(payload.width, payload.height, len(payload.seeds), references)
    rung = placement.place_images(free, sizes, wanted)
    if rung is None:
        needed = placement.image_bytes(PLACEMENTS[-1], cast(Any, sizes), wanted)
        raise placement.too_large("An image", needed, cast(int, free))
    return rung


def _warm(base: Base, source: str, rung: int, context: Context) -> WarmBase:
    """The base in memory: the one that is there, or a fresh one in its place."""
    warm = context.warm.get("base")
    if isinstance(warm, WarmBase) and (warm.source, warm.rung) == (source, rung):
        return warm
    context.warm.clear()
    parts: dict[str, Any] = {}
    if isinstance(warm, WarmBase) and warm.source != source:
        hashes = context.config.work_dir / "hashes.json"
        parts = warm.shared(source, PLACEMENTS[rung], hashes)
    del warm
    device.free_memory()
    kind = architecture(base.architecture)
    with pulse(context.report):
        context.warm["base"] = WarmBase(kind, source, context, rung, parts)
    fresh: WarmBase = context.warm["base"]
    return fresh


class _Work:
    """The images of one job, a batch at a time; those that are put are not made again."""

    def __init__(
        self, payload: GeneratePayload, profile: Profile, warm: WarmBase, context: Context
    ) -> None:
        self.payload, self.warm, self.context = payload, warm, context
        self.conditions = read_conditions(payload, context)
        if self.conditions != Conditions() and not warm.kind.takes_images:
            raise JobFailed(Code.INVALID_PAYLOAD, "This base makes no images from other images.")
        self.steps = payload.steps or profile.steps
        self.guidance = profile.guidance_scale
        if payload.guidance_scale is not None and profile.guidance_scale > 1:
            self.guidance = payload.guidance_scale
        self.prompt = prompt_with_trigger(payload.prompt, payload.trigger_word, payload.subject)
        record = read_json(context.folder / RECORD) or []
        self.done = {image["index"]: PutFile.model_validate(image) for image in record}
        self.started = time.monotonic()

    def run(self) -> None:
        """Put every image at its URL."""
        if self.payload.negative_prompt and not self._takes_negative():
            self.context.report.warn("This base takes no negative prompt: it was left out.")
        prompt = self._encode(self.prompt)
        negative = self._encode(self.payload.negative_prompt or "") if self.guidance > 1 else None
        while missing := [i for i in range(len(self.payload.seeds)) if i not in self.done]:
            self._batch(missing[: self.warm.batch], prompt, negative)

    def images(self) -> list[PutFile]:
        """The files that were put, in order."""
        return [self.done[index] for index in sorted(self.done)]

    def _takes_negative(self) -> bool:
        return self.guidance > 1 and self.warm.kind.name != "flux1"

    def _encode(self, text: str) -> Prompt:
        with torch.no_grad():
            length = self.payload.max_sequence_length
            return self.warm.kind.encode_prompt(self.warm.pipe, text, length)

    def _batch(self, indexes: list[int], prompt: Prompt, negative: Prompt | None) -> None:
        payload = self.payload
        images = make_images(
            self.warm.kind,
            self.conditions.pipeline(self.warm.pipe),
            prompts=[prompt] * len(indexes),
            negative=negative,
            seeds=tuple(payload.seeds[index] for index in indexes),
            size=(payload.width, payload.height),
            steps=self.steps,
            guidance_scale=self.guidance,
            on_step=lambda step: self._say(step, len(indexes)),
            pictures=self.conditions.arguments(payload.strength),
        )
        for index, image in zip(indexes, images, strict=True):
            self._put(index, self.conditions.finish(image))

    def _say(self, step: int, batch: int) -> None:
        """Progress by step; time left by the steps of this job so far."""
        self.context.report.check()
        total = len(self.payload.seeds) * self.steps
        now = len(self.done) * self.steps + step * batch
        pace = (time.monotonic() - self.started) / max(now, 1)
        self.context.report.update(
            stage=Stage.GENERATING,
            progress=0.98 * now / total,
            step=now,
            total_steps=total,
            seconds_left=pace * (total - now),
        )

    def _put(self, index: int, image: Image.Image) -> None:
        output_format = self.payload.output_format
        url, data = self.payload.output_put_urls[index], encoded(image, output_format)
        file = put(url, data, content_type=IMAGE_TYPES[output_format], index=index)
        width, height = image.size
        details = {"seed": self.payload.seeds[index], "width": width, "height": height}
        self.done[index] = file.model_copy(update=details)
        record = [known.model_dump() for known in self.done.values()]
        write_json(self.context.folder / RECORD, record)
        self.context.report.now(done_images=tuple(sorted(self.done)))

    def recipe(self) -> dict[str, Any]:
        """What the images were made with."""
        fields = {"profile", "negative_prompt", "width", "height", "lora_scale", "seeds"}
        return {
            **self.payload.model_dump(mode="json", include=fields),
            "prompt": self.prompt,
            "references": len(self.conditions.references),
            **({"strength": self.payload.strength} if self.conditions.mask else {}),
            "steps": self.steps,
            "guidance_scale": self.guidance,
        }
