"""The job that makes one picture larger; the upscaler stays in memory beside the base."""

import time

from services.trainer import device, upscaling
from services.trainer.conditions import FOLDER, read_picture
from services.trainer.context import Context
from services.trainer.sampling import encoded
from services.trainer.spec import IMAGE_TYPES, GenerateOutputs, GeneratePayload, Stage
from services.trainer.transfer import put
from services.trainer.upscaling import Upscaler


def enlarge(payload: GeneratePayload, context: Context) -> GenerateOutputs:
    """Put the larger picture at its URL; raises JobFailed."""
    assert payload.source_url  # noqa: S101  # the payload has looked
    assert payload.enlarge  # noqa: S101
    started = time.monotonic()
    context.report.stage(Stage.PREPARING)
    network = _network(payload.upscaler or "", context)
    whole = read_picture(payload.source_url, context.folder / FOLDER / "source").convert("RGB")
    made = upscaling.enlarged(network, whole, payload.enlarge, lambda share: _say(share, context))
    url, kind = payload.output_put_urls[0], payload.output_format
    file = put(url, encoded(made, kind), content_type=IMAGE_TYPES[kind], index=0)
    details = {"seed": payload.seeds[0], "width": made.width, "height": made.height}
    return GenerateOutputs(
        client_job_id=payload.client_job_id,
        images=(file.model_copy(update=details),),
        seconds=round(time.monotonic() - started, 2),
        vram_peak_bytes=device.vram_peak(),
        ram_peak_bytes=device.ram_peak(),
        warnings=tuple(context.report.warnings),
        recipe={"enlarged_by": payload.upscaler, "enlarged": payload.enlarge},
    )


def _network(name: str, context: Context) -> Upscaler:
    key = f"upscaler {name}"
    if key not in context.warm:
        network = upscaling.load(upscaling.file_of(context.config, name))
        target, dtype = device.device_of(context.config), device.dtype_of(context.config)
        context.warm[key] = network.to(target, dtype)
    found: Upscaler = context.warm[key]
    return found


def _say(share: float, context: Context) -> None:
    context.report.check()
    context.report.update(stage=Stage.GENERATING, progress=0.98 * share)
