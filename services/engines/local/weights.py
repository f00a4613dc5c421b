"""The weights of this machine's worker: which are here, and a process that fetches the others.

What the process says stands in `services/trainer/fetching.py`.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from services.engines.local.child import LINE_LIMIT, ROOT
from services.engines.local.state import Fetch, Weights
from services.trainer.bases import find_base, is_there
from services.trainer.config import WorkerConfig
from services.trainer.errors import JobFailed

MODULE = ("-m", "services.trainer.fetching")
MISSING = (
    "Its weights are not here yet: an administrator fetches them under Administration, Engines."
)

log = logging.getLogger("likeness.local_worker")


class WeightStore:
    """Of one base, for the profiles that this machine uses."""

    def __init__(
        self,
        config: WorkerConfig,
        command: Sequence[str],
        environment: Callable[[], Mapping[str, str]],
        *,
        profiles: Sequence[str],
    ) -> None:
        """command: a Python that has the worker's packages. profiles: "quality", "fast"."""
        self._config, self._command, self._environment = config, command, environment
        self._profiles = profiles
        self._found: dict[str, Mapping[str, Any]] = {}
        self._task: asyncio.Task[None] | None = None
        self.state = Fetch()
        self.changed: Callable[[], None] = lambda: None

    @property
    def lacking(self) -> str | None:
        """Why the worker can't begin, in plain words; None if all is here."""
        try:
            return None if all(each.there for each in self.views()) else MISSING
        except JobFailed as error:
            return error.failure.message

    def views(self) -> tuple[Weights, ...]:
        """Each base. Raises JobFailed where the base is not known, or its licence not held."""
        base = find_base(self._config, None)
        profiles = {base.profile(name).hub: base.profile(name) for name in self._profiles}
        return tuple(
            Weights(name=hub, there=is_there(self._config, profile), **self._found.get(hub, {}))
            for hub, profile in profiles.items()
        )

    def begin(self, act: str) -> None:
        """Look, or fetch; nothing where that is under way."""
        if self._task is None or self._task.done():
            fetching = act == "fetch"
            self.state = replace(self.state, asking=not fetching, fetching=fetching, trouble=None)
            self._task = asyncio.create_task(self._run(act), name="weights")
            self.changed()

    async def hold(self) -> None:
        """Stop what is under way; the next fetch goes on from there."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, act: str) -> None:
        trouble: str | None = "The fetch ended without a word: the log says more."
        try:
            trouble = await self._process(act)
        except asyncio.CancelledError:
            trouble = None
            raise
        except (OSError, ValueError) as error:
            trouble = f"It could not be started: {error}."
        finally:
            self.state = replace(self.state, asking=False, fetching=False, trouble=trouble)
            self.changed()

    async def _process(self, act: str) -> str | None:
        """Runs it; why it failed, in plain words."""
        process = await asyncio.create_subprocess_exec(
            *self._command,
            act,
            *self._profiles,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
            env=dict(self._environment()),
            limit=LINE_LIMIT,
            start_new_session=True,
        )
        assert process.stdout  # noqa: S101  # both are pipes
        assert process.stdin  # noqa: S101
        trouble: str | None = "It ended without a word: the log says more."
        try:
            async for line in process.stdout:
                event = json.loads(line)
                if "failed" in event or "finished" in event:
                    trouble = event.get("failed")
                self._note(event)
            return trouble
        finally:
            process.stdin.close()
            await process.wait()

    def _note(self, event: Mapping[str, Any]) -> None:
        if "repositories" in event:
            found = event["repositories"]
            self._found = {each["name"]: _known(each) for each in found}
            whole, left = (sum(each[name] for each in found) for name in ("size", "left"))
            self.state = replace(self.state, done=whole - left, total=whole)
        elif "total" in event:
            self.state = replace(self.state, done=event["done"], total=event["total"])
        elif event.get("finished") and self.state.fetching:
            self._found = {name: {**one, "left": 0} for name, one in self._found.items()}
        self.changed()


def _known(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in ("licence", "size", "left")}
