"""What a worker is given to report to: a signed address that tells it whether to go on.

On Together no cancel reaches a running worker; the answer to its report is the only way.
"""

import hmac
from hashlib import sha256
from uuid import UUID

from db.states import RUN_OPEN
from services.deps import Deps
from services.errors import NotFound
from services.remote import runs


def url(deps: Deps, run_id: UUID) -> str:
    """Where a worker reports on one run."""
    signature = _signature(deps, run_id)
    return f"{deps.settings.base_url}/worker/progress/{run_id}?signature={signature}"


async def is_ended(deps: Deps, *, run_id: UUID, signature: str) -> bool:
    """Whether nobody waits for the run any more. Raises NotFound for a wrong signature."""
    if not hmac.compare_digest(signature.encode(), _signature(deps, run_id).encode()):
        raise NotFound("There is no such run.")
    run = await runs.load(deps, run_id)
    return run is None or run.state not in RUN_OPEN


def _signature(deps: Deps, run_id: UUID) -> str:
    return hmac.new(deps.secret, f"progress {run_id}".encode(), sha256).hexdigest()
