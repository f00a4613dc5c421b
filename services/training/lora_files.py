"""A model's weights as files to download, in the form that the other program reads."""

import asyncio
from typing import Literal
from uuid import UUID

from services.deps import Deps
from services.errors import Conflict, NotFound
from services.storage.base import ObjectMissing
from services.training import user_models
from services.training.lora_export import NotExportable, for_comfyui

Form = Literal["diffusers", "comfyui"]
NONE = "This model has no LoRA to download."


async def url(deps: Deps, *, user_id: UUID, user_model_id: UUID, form: Form) -> str:
    """A signed URL of its weights; the form for ComfyUI is made once, beside them.

    Opens its own short transactions. Raises NotFound; Conflict where there are no weights, or
    none in that form.
    """
    key = await _key(deps, user_id, user_model_id)
    name = f"likeness-{user_model_id.hex[:8]}"
    if form == "diffusers":
        return deps.storage.url(key, download_name=f"{name}.safetensors")
    other = f"{key.removesuffix('.safetensors')}-comfyui.safetensors"
    if await deps.storage.head(other) is None:
        await _make(deps, key, other)
        try:
            await _key(deps, user_id, user_model_id)
        except NotFound:  # deleted meanwhile: what was erased with it must not come back
            await deps.storage.delete([other])
            raise
    return deps.storage.url(other, download_name=f"{name}-comfyui.safetensors")


async def _key(deps: Deps, user_id: UUID, user_model_id: UUID) -> str:
    async with deps.transaction() as session:
        row = await user_models.owned(session, user_id=user_id, user_model_id=user_model_id)
    if row.lora_key is None:
        raise Conflict(NONE)
    return row.lora_key


async def _make(deps: Deps, key: str, other: str) -> None:
    try:
        data = await asyncio.to_thread(for_comfyui, await deps.storage.get(key))
    except ObjectMissing:
        raise Conflict(NONE) from None
    except NotExportable:
        raise Conflict("There is one form of this LoRA: the one for diffusers.") from None
    await deps.storage.put(other, data, content_type="application/octet-stream")
