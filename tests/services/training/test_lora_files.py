"""Weights to download, in both forms, by their owner only, also while the model is deleted."""

import json
import struct
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from services.deps import Deps
from services.errors import Conflict, NotFound
from services.training import lora_files, user_models
from tests.services.training.test_trainings import weights
from tests.studio import Studio

COMFYUI = "-comfyui.safetensors"


def lora() -> bytes:
    """A LoRA of one layer, of rank 1 and alpha 2."""
    name = "transformer.single_transformer_blocks.0.attn.to_out"
    config = json.dumps({"transformer.r": 1, "transformer.lora_alpha": 2})
    header = {
        "__metadata__": {"lora_adapter_metadata": config},
        f"{name}.lora_A.weight": {"dtype": "F32", "shape": [1, 2], "data_offsets": [0, 8]},
        f"{name}.lora_B.weight": {"dtype": "F32", "shape": [2, 1], "data_offsets": [8, 16]},
    }
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(16)


@pytest.fixture
async def studio(live_deps: Deps) -> AsyncIterator[Studio]:
    studio = await Studio(live_deps).open(photos=0)
    yield studio
    await studio.close()


async def trained(studio: Studio, data: bytes) -> str:
    """Gives the model weights; their key."""
    async with studio.deps.transaction() as session:
        row = await user_models.owned(
            session, user_id=studio.user_id, user_model_id=studio.model_id
        )
        row.lora_key = f"{row.folder}/runs/1/lora.safetensors"
        stored = row.lora_key
    await studio.deps.storage.put(stored, data, content_type="application/octet-stream")
    return stored


async def url(studio: Studio, form: lora_files.Form) -> str:
    return await lora_files.url(
        studio.deps, user_id=studio.user_id, user_model_id=studio.model_id, form=form
    )


async def test_both_forms_are_had(studio: Studio) -> None:
    with pytest.raises(Conflict):
        await url(studio, "diffusers")
    key = await trained(studio, lora())
    assert key in await url(studio, "diffusers")
    other = key.removesuffix(".safetensors") + COMFYUI
    assert other in await url(studio, "comfyui")
    made = await studio.deps.storage.get(other)
    assert b"lora_unet_single_blocks_0_linear2.lora_up.weight" in made
    assert other in await url(studio, "comfyui")  # made once


async def test_a_lora_of_another_kind_has_one_form(studio: Studio) -> None:
    await trained(studio, weights())
    with pytest.raises(Conflict, match="one form"):
        await url(studio, "comfyui")


async def test_nobody_else_has_them(studio: Studio) -> None:
    await trained(studio, lora())
    studio.user_id = uuid4()
    for form in ("diffusers", "comfyui"):
        with pytest.raises(NotFound):
            await url(studio, form)


async def test_a_model_deleted_meanwhile_leaves_no_file(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await trained(studio, lora())
    make = lora_files._make

    async def slow(deps: Deps, key: str, other: str) -> None:
        async with deps.transaction() as session:
            await user_models.delete(session, user_id=studio.user_id, user_model_id=studio.model_id)
        await make(deps, key, other)

    monkeypatch.setattr(lora_files, "_make", slow)
    with pytest.raises(NotFound):
        await url(studio, "comfyui")
    other = key.removesuffix(".safetensors") + COMFYUI
    assert await studio.deps.storage.head(other) is None
