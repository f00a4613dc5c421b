"""A member with a model, and the worker that does what they ask: what studio tests start from."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from db.models import CreditHold, RunRow, TrainingImage
from services.app.bootstrap import KINDS
from services.credits import ledger
from services.deps import Deps
from services.jobs import Worker
from services.studio import generations
from services.studio.generations import GenerationRequest, GenerationView
from services.training import consents, trainings, user_models
from services.training.user_models import UserModelView
from tests.builders import THUMBHASH, make_user, make_user_model
from tests.doubles.engine import picture
from tests.waiting import eventually


class Studio:
    """One member at work. Jobs run when a test waits for something, not before."""

    def __init__(self, deps: Deps) -> None:
        self.deps = deps
        self.worker = Worker(deps, kinds=KINDS)
        self.user_id = self.model_id = UUID(int=0)

    async def open(self, *, plan: str | None = None, photos: int = 10, **model: Any) -> "Studio":
        """Makes the member and a draft with consent and `photos` photos."""
        async with self.deps.transaction() as session:
            self.user_id = (await make_user(session, plan=plan)).id
            self.model_id = await self.add_model(session, photos=photos, **model)
        return self

    async def add_model(self, session: Any, *, photos: int = 10, **values: Any) -> UUID:
        """Another model of the member, with consent and photos."""
        row = await make_user_model(session, user_id=self.user_id, **values)
        await consents.give(
            session,
            self.deps,
            user_id=self.user_id,
            user_model_id=row.id,
            subject_is="self",
            text_version=consents.current(self.deps),
        )
        for i in range(photos):
            await self._add_photo(session, row.id, row.folder, i)
        return row.id

    async def _add_photo(self, session: Any, model_id: UUID, folder: str, i: int) -> None:
        key = f"{folder}/photos/{i}"
        data = picture(f"#{i:02x}6699", (256, 320))
        for name in ("train.jpg", "full.jpg"):
            await self.deps.storage.put(f"{key}/{name}", data, content_type="image/jpeg")
        session.add(
            TrainingImage(
                id=self.deps.new_id(),
                user_id=self.user_id,
                user_model_id=model_id,
                sha256=bytes([i]) * 32,
                phash=i,
                folder=key,
                name=f"{i}.jpg",
                format="JPEG",
                width=256,
                height=320,
                bytes=len(data),
                thumbhash=THUMBHASH,
                verdict={"warnings": [], "sharpness": 100.0, "light": 128.0},
            )
        )

    async def train(self) -> UserModelView:
        """Presses Train."""
        async with self.deps.transaction() as session:
            return await trainings.start(
                session, self.deps, user_id=self.user_id, user_model_id=self.model_id
            )

    async def generate(self, **values: Any) -> GenerationView:
        """Asks for images: two, unless `count` says otherwise."""
        given: dict[str, Any] = {"prompt": "at sea", "count": 2, "user_model_id": self.model_id}
        values = given | values
        async with self.deps.transaction() as session:
            return await generations.create(
                session, self.deps, user_id=self.user_id, request=GenerationRequest(**values)
            )

    async def model(self) -> UserModelView:
        """The model as it is now."""
        async with self.deps.transaction() as session:
            return await user_models.get(
                session, self.deps, user_id=self.user_id, user_model_id=self.model_id
            )

    async def generation(self, id: UUID) -> GenerationView:
        """A generation as it is now."""
        async with self.deps.transaction() as session:
            return await generations.get(session, self.deps, user_id=self.user_id, generation_id=id)

    async def balance(self) -> ledger.Balance:
        """The member's credits."""
        async with self.deps.transaction() as session:
            return await ledger.balance(session, user_id=self.user_id)

    async def open_holds(self) -> list[str]:
        """References of holds that nobody has closed."""
        async with self.deps.transaction() as session:
            query = select(CreditHold.reference).where(CreditHold.closed_at.is_(None))
            return list(await session.scalars(query))

    async def runs(self) -> list[RunRow]:
        """All runs, oldest first."""
        async with self.deps.transaction() as session:
            query = select(RunRow).order_by(RunRow.created_at, RunRow.first)
            return list(await session.scalars(query))

    async def run_states(self) -> list[str]:
        """The states of all runs."""
        return [run.state for run in await self.runs()]

    async def hurry(self) -> None:
        """Lets the time pass that waiting jobs have to wait, of up to ten minutes."""
        await self.execute(
            "update job_queue set run_at = now() where state = 'waiting' "
            "and run_at < now() + interval '10 minutes'"
        )

    async def execute(self, statement: str, **values: Any) -> None:
        """One statement, committed."""
        async with self.deps.transaction() as session:
            await session.execute(text(statement), values)

    async def until(self, condition: Callable[[], Awaitable[bool]], *, limit: float = 20) -> None:
        """Works the queue until the condition holds; waits of jobs are skipped."""

        async def there() -> bool:
            await self.hurry()
            await self.worker.poll()
            return await condition()

        await eventually(there, timeout=limit)

    async def ended(self, id: UUID) -> GenerationView:
        """Works until a generation has ended; returns it."""

        async def over() -> bool:
            return not (await self.generation(id)).active

        await self.until(over)
        return await self.generation(id)

    async def trained(self) -> UserModelView:
        """Works until the training has ended; returns the model."""

        async def over() -> bool:
            return not (await self.model()).active

        await self.until(over)
        return await self.model()

    async def close(self) -> None:
        """Stops the worker."""
        await self.worker.drain(timedelta(seconds=5))
