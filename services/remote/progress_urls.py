"""Signed URLs where a worker reports progress and learns whether to go on.

On Together no cancel request reaches a running worker; only the answer to its report does.
"""

import hmac
from hashlib import sha256
from uuid import UUID

from db.states import RUN_OPEN
from services.deps import Deps
from services.errors import NotFound
from services.remote import runs


def url(deps: Deps, run_id: UUID) -> str:
    """Return the URL where a worker reports on one run."""
    signature = _signature(deps, run_id)
    return f"{deps.settings.base_url}/worker/progress/{run_id}?signature={signature}"


async def is_ended(deps: Deps, *, run_id: UUID, signature: str) -> bool:
    """Return whether the run has ended or was deleted. Raises NotFound for a wrong signature."""
    if not hmac.compare_digest(signature.encode(), _signature(deps, run_id).encode()):
        raise NotFound("There is no such run.")
    run = await runs.load(deps, run_id)
    return run is None or run.state not in RUN_OPEN


def _signature(deps: Deps, run_id: UUID) -> str:
    return hmac.new(deps.secret, f"progress {run_id}".encode(), sha256).hexdigest()
