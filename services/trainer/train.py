"""A training from zip to LoRA: the stages, their checkpoints and their samples."""

import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

from services.trainer import (
    bands,
    checkpoints,
    device,
    kept_rounds,
    loras,
    pipelines,
    placement,
)
from services.trainer.architectures import Architecture, architecture
from services.trainer.bases import Base, find_base
from services.trainer.captioning import captioner
from services.trainer.context import Context
from services.trainer.dataset import MAX_ZIP_BYTES, Photo, read_dataset
from services.trainer.download import at_hand
from services.trainer.encoded import encoded_once
from services.trainer.encoding import Material, encode
from services.trainer.errors import JobFailed
from services.trainer.files import sha256
from services.trainer.kept_rounds import KeptRounds
from services.trainer.ladder import LAST, Economy, economy
from services.trainer.pulse import pulse
from services.trainer.reporting import curve, mean_of
from services.trainer.samples import Samples, recorded
from services.trainer.spec import WEIGHTS_TYPE, Code, Stage, TrainOutputs, TrainPayload
from services.trainer.training import Training, default_steps, make_optimizer
from services.trainer.transfer import fetch, put


def train(payload: TrainPayload, context: Context) -> TrainOutputs:
    """Train one LoRA, put it and its samples at their URLs, and say what was made.

    Goes on from the last checkpoint in the job's folder. Raises JobFailed.
    """
    started = time.monotonic()
    base = find_base(context.config, payload.base_model)
    kind, source = architecture(base.architecture), at_hand(base.quality, context)
    plan = economy(_rung(source, payload, context), payload.recipe)
    photos, identity = _photos(payload, context)
    pipe, material = encoded_once(
        *(kind, source, payload, plan, identity, context),
        encode=lambda: _encode(kind, source, photos, payload, plan, context),
    )
    training = _prepare(kind, source, pipe, material, payload, plan, context)
    work = _Run(payload, base, plan, pipe, training, context, identity)
    work.run()
    return _finish(payload, context, training, work.recipe(), started)


def _rung(source: str, payload: TrainPayload, context: Context) -> int:
    """The first rung that fits, or the one that the ladder has come to.

    Raises JobFailed(OUT_OF_MEMORY) before anything is loaded where no rung fits.
    """
    free = device.free_bytes(device.device_of(context.config))
    sizes = placement.sizes_of(Path(source))
    first = placement.first_rung(free, sizes, payload.recipe)
    if first is None:
        last = economy(LAST, payload.recipe)
        needed = placement.training_bytes(last, cast(Any, sizes), payload.recipe)
        raise placement.too_large("A training", needed, cast(int, free))
    return max(first, context.rung)


def _photos(payload: TrainPayload, context: Context) -> tuple[list[Photo], str]:
    """The photos, and a hash of the zip that they came from."""
    context.report.stage(Stage.PREPARING)
    path = context.folder / "dataset.zip"
    if not path.exists():
        fetch(payload.dataset_url, path, max_bytes=MAX_ZIP_BYTES)
    photos, warnings = read_dataset(path, payload)
    for warning in warnings:
        context.report.warn(warning)
    return photos, sha256(path)


def _encode(
    kind: Architecture,
    source: str,
    photos: list[Photo],
    payload: TrainPayload,
    plan: Economy,
    context: Context,
) -> tuple[Any, Material]:
    """The encoded dataset, and the pipeline with its encoders dropped again."""
    target, dtype = device.device_of(context.config), device.dtype_of(context.config)
    context.report.stage(Stage.ENCODING, progress=0.02)
    with pulse(context.report):
        pipe = pipelines.load_encoders(
            kind,
            source,
            device=target,
            dtype=dtype,
            fp8=plan.fp8,
            precise=payload.recipe.precise_encoding,
        )
    describe = captioner(context.config.captioner, context.report)
    material = encode(kind, pipe, photos, payload, plan.resolutions, context.report, describe)
    pipelines.drop_encoders(pipe, dtype)
    device.free_memory()
    return pipe, material


def _prepare(
    kind: Architecture,
    source: str,
    pipe: Any,
    material: Material,
    payload: TrainPayload,
    plan: Economy,
    context: Context,
) -> Training:
    """The transformer with a fresh adapter, saving memory as planned."""
    config, recipe = context.config, payload.recipe
    dtype = device.dtype_of(config)
    with pulse(context.report):
        transformer = pipelines.load_transformer(
            kind, source, device=device.device_of(config), dtype=dtype, fp8=plan.fp8
        )
    parameters = loras.add_adapter(
        transformer,
        rank=plan.rank,
        alpha=min(recipe.alpha, plan.rank) if plan.rank < recipe.rank else recipe.alpha,
        adapter=recipe.adapter,
        seed=payload.seed,
        extra=recipe.extra_targets,
    )
    if plan.checkpointing:
        transformer.enable_gradient_checkpointing()
    if config.compile:
        transformer.compile_repeated_blocks()
    pipe.transformer = transformer
    return Training(
        kind=kind,
        transformer=transformer,
        parameters=parameters,
        optimizer=make_optimizer(parameters, recipe, eight_bit=plan.eight_bit),
        material=material,
        recipe=recipe,
        steps=recipe.steps or default_steps(material.photos),
        seed=payload.seed,
        report=context.report,
    )


class _Run:
    """The steps of one training with the stops between them: checkpoints, samples, bands, LoRAs."""

    def __init__(
        self,
        payload: TrainPayload,
        base: Base,
        plan: Economy,
        pipe: Any,
        training: Training,
        context: Context,
        identity: str,
    ) -> None:
        self.training, self.context = training, context
        self.folder = context.folder / "checkpoints"
        unlimited = replace(plan, checkpointing=False, fp8=False, eight_bit=False, resolutions=())
        recipe = payload.recipe.named()
        self.hash = checkpoints.config_hash(base.name, unlimited, recipe, payload.seed, identity)
        self.every = payload.recipe.checkpoint_every
        self.samples = Samples(payload, pipe, training, context)
        self.bands = bands.steps(training.steps)
        self.kept = KeptRounds(
            payload,
            self.samples.rounds,
            training,
            context,
            lambda path: _write(path, context, training, self.recipe()),
        )
        self.recipe = partial(_recipe, payload, base, plan, training, identity)

    def run(self) -> None:
        """Train to the end; a wish to stop leaves a checkpoint behind."""
        training, total = self.training, self.training.steps
        if saved := checkpoints.load(self.folder, self.hash):
            training.restore(saved)
        else:
            self._save()
        training.say()
        training.report.stage(Stage.TRAINING)
        while True:
            self._pause()
            if training.progress.step >= total:
                return
            self._go_on(min(self._next_stop(), total))

    def _pause(self) -> None:
        """What is due at this step."""
        training, step = self.training, self.training.progress.step
        if step in self.bands and step not in {band[0] for band in training.progress.bands}:
            training.progress.bands.append(bands.measure(training))
            training.say()
        with training.average.used():
            self.samples.make_due()
            self.kept.put_due()

    def _next_stop(self) -> int:
        step = self.training.progress.step
        measured = next((at for at in self.bands if at > step), self.training.steps)
        checkpoint = (step // self.every + 1) * self.every
        return min(self.samples.next_after(step), measured, checkpoint)

    def _go_on(self, target: int) -> None:
        try:
            self.training.run_to(target, self._rewind)
        except JobFailed as error:
            if error.code is Code.STOPPED:
                self._save()
            raise
        self._save()

    def _save(self) -> None:
        state = self.training.state()
        checkpoints.save(self.folder, self.training.progress.step, self.hash, state)

    def _rewind(self) -> bool:
        saved = checkpoints.load(self.folder, self.hash)
        return saved is not None and self.training.slow_down(saved)


def _recipe(
    payload: TrainPayload, base: Base, plan: Economy, training: Training, identity: str
) -> dict[str, Any]:
    """Everything needed to make this LoRA again, but the photos themselves."""
    return {
        **payload.recipe.model_dump(mode="json", exclude={"resolutions", "rank", "steps"}),
        "base_model": base.name,
        "architecture": base.architecture,
        "trigger_word": payload.trigger_word,
        "subject": payload.subject,
        "seed": payload.seed,
        "steps": training.steps,
        "step": training.progress.step,
        "rank": plan.rank,
        "resolutions": list(plan.resolutions),
        "gradient_checkpointing": plan.checkpointing,
        "fp8": plan.fp8,
        "eight_bit_optimizer": plan.eight_bit,
        "rate_factor": training.progress.rate_factor,
        "photos": training.material.photos,
        "examples": len(training.material.examples),
        "dataset_sha256": identity,
    }


def _write(path: Path, context: Context, training: Training, recipe: dict[str, Any]) -> None:
    """The LoRA as it is now."""
    loras.write(
        path,
        training.transformer,
        base=loras.fingerprint(training.kind.name, training.transformer),
        recipe=recipe,
        dtype=device.dtype_of(context.config),
    )


def _finish(
    payload: TrainPayload,
    context: Context,
    training: Training,
    recipe: dict[str, Any],
    started: float,
) -> TrainOutputs:
    """Write the LoRA, put it at its URL, and sum up."""
    report, losses = context.report, training.progress.losses
    report.stage(Stage.UPLOADING, progress=0.98, seconds_left=None)
    path = context.folder / "lora.safetensors"
    with training.average.used():
        _write(path, context, training, recipe)
    weights = put(payload.weights_put_url, path, content_type=WEIGHTS_TYPE, index=0)
    tenth = max(len(losses) // 10, 1)
    return TrainOutputs(
        client_job_id=payload.client_job_id,
        weights=weights,
        samples=tuple(recorded(context.folder)),
        checkpoints=tuple(kept_rounds.recorded(context.folder)),
        steps=training.steps,
        photos=training.material.photos,
        first_loss=mean_of(losses[:tenth]),
        last_loss=mean_of(losses[-tenth:]),
        seconds=round(time.monotonic() - started, 1),
        vram_peak_bytes=device.vram_peak(),
        ram_peak_bytes=device.ram_peak(),
        loss_curve=curve(losses),
        bands=tuple(training.progress.bands),
        warnings=tuple(report.warnings),
        recipe=recipe,
    )
