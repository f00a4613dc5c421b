"""An installation at whose line GPU workers may ask, and a worker's calls to it."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import RunRow
from services.deps import Deps
from services.engines.pull.engine import PullEngine
from services.engines.registry import Registry
from services.trainer.config import WorkerConfig
from services.workers import keys
from services.workers.line import WorkerLine
from tests.builders import make_generation, make_user

KLEIN = "FLUX.2-klein-base-4B"
UPSCALER = "tiny"
OFFERS = [*(f"{what}:{KLEIN}" for what in ("train", "fast", "quality")), "edit", "inpaint"]


def with_line(deps: Deps, line: WorkerLine | None = None) -> Deps:
    """The same, with the engine of the workers beside what it has."""
    pull = PullEngine(deps.settings, line or WorkerLine(deps.transaction))
    return replace(deps, engines=Registry.of(*deps.engines.connected.values(), pull))


async def make_run(session: AsyncSession, *, id: UUID | None = None) -> UUID:
    """A run of some member's generation, under way; its id."""
    user = await make_user(session)
    generation = await make_generation(session, user_id=user.id)
    row = RunRow(
        id=id or uuid4(),
        user_id=user.id,
        kind="generation",
        generation_id=generation.id,
        engine="pull",
        state="submitting",
        deadline_at=func.now(),
    )
    session.add(row)
    await session.flush()
    return row.id


async def make_key(deps: Deps, name: str = "box") -> tuple[UUID, str]:
    """A worker's id and its key."""
    async with deps.transaction() as session:
        view, key = await keys.create(session, deps, name=name, actor_id=uuid4())
    return view.id, key


def box_config(folder: Path, name: str = "box") -> WorkerConfig:
    """Of a machine that has the weights of one base, as far as anybody looks."""
    for base in (KLEIN, KLEIN.replace("-base", "")):
        (folder / "bases" / base).mkdir(parents=True, exist_ok=True)
        (folder / "bases" / base / "model_index.json").write_text("{}")
    (folder / "bases" / "upscalers").mkdir(exist_ok=True)
    (folder / "bases" / "upscalers" / f"{UPSCALER}.pth").touch()
    (folder / name).mkdir()
    bases, work = folder / "bases", folder / name
    return WorkerConfig(work_dir=work, base_dir=bases, device="cpu", turn_seconds=0.05)


@dataclass
class Caller:
    """A worker that calls by hand."""

    http: httpx.AsyncClient
    key: str

    async def post(self, path: str, **body: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.key}"}
        return await self.http.post(f"/api/worker/{path}", json=body, headers=headers)

    async def claim(self, *kinds: str, wait: float = 0, **body: Any) -> httpx.Response:
        given = {"kinds": kinds or ["generate", "train"], "offers": OFFERS, "wait": wait}
        return await self.post("claim", **(given | {"hardware": "one H100"} | body))

    async def job(self) -> dict[str, str]:
        """What a worker shows of the next job that it is given."""
        given = (await self.claim()).json()
        return {"job_id": given["job_id"], "token": given["token"]}


def outputs(job_id: object) -> dict[str, Any]:
    """Of one picture."""
    picture = {"index": 0, "bytes": 3, "sha256": "0", "content_type": "image/jpeg", "seed": 7}
    about: dict[str, Any] = {
        "vram_peak_bytes": None,
        "ram_peak_bytes": None,
        "warnings": [],
        "recipe": {"a": 1},
    }
    return {
        "kind": "generate", "client_job_id": str(job_id), "images": [picture], "seconds": 1.0,
    } | about  # fmt: skip
