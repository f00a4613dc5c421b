"""Trained weights in our storage: whether a file arrived whole."""

import json
import struct

from services.deps import Deps
from services.remote.results import BadResult

WEIGHTS_LIMIT = 2 * 2**30  # bytes; rank 32 on FLUX.2-klein-4B is about 100 MB
HEADER_LIMIT = 16 * 2**20  # bytes of a safetensors header that we are ready to read


async def check_weights(deps: Deps, key: str) -> None:
    """Raises BadResult unless the object is a whole safetensors file with tensors in it."""
    info = await deps.storage.head(key)
    if info is None:
        raise BadResult("The trained model never arrived.")
    if not 8 < info.size <= WEIGHTS_LIMIT:
        raise BadResult("The trained model arrived damaged.")
    start = await _range(deps, key, 0, 8)
    length = struct.unpack("<Q", start)[0]
    if not 2 <= length <= min(HEADER_LIMIT, info.size - 8):
        raise BadResult("The trained model arrived damaged.")
    try:
        header = json.loads(await _range(deps, key, 8, 8 + length))
        ends = [t["data_offsets"][1] for name, t in header.items() if name != "__metadata__"]
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        raise BadResult("The trained model arrived damaged.") from None
    if not ends or max(ends) != info.size - 8 - length:
        raise BadResult("The trained model arrived damaged.")


async def _range(deps: Deps, key: str, start: int, end: int) -> bytes:
    return b"".join([part async for part in deps.storage.stream(key, start=start, end=end)])
