"""The engine protocol over a worker that is our child: the worker's engine, wherever it serves."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import httpx

from db.errors import CannotStart
from services.engines.base import (
    EngineInfo,
    FileRef,
    GenerateRequest,
    Operation,
    Refused,
    RemoteStatus,
    TrainRequest,
)
from services.engines.local import machine, memory
from services.engines.local.child import Child, Serving
from services.engines.local.info import describe
from services.engines.local.state import LocalState
from services.engines.local.trial import Trials
from services.engines.local.weights import MODULE as FETCHING
from services.engines.local.weights import WeightStore
from services.engines.resident import placed
from services.engines.together.engine import client
from services.engines.worker.engine import WorkerEngine, over
from services.settings import Settings
from services.storage.base import Storage
from services.trainer.config import WorkerConfig
from services.trainer.errors import JobFailed

MODULE = ("-m", "services.trainer.attached")
RUNNING = "The worker runs."
STARTING = "The worker is starting."

Asked = TypeVar("Asked", TrainRequest, GenerateRequest)


class LocalEngine:
    """Trains and generates on this machine's own GPU."""

    def __init__(
        self,
        worker: WorkerEngine,
        child: Child,
        weights: WeightStore,
        trials: Trials | None,
        config: WorkerConfig,
        *,
        place: str,
        home: "Home",
    ) -> None:
        """worker: an engine whose connection leads to the child. place: see `Resident`.

        trials: None on a GPU.
        """
        self._worker, self._child, self._home = worker, child, home
        self._weights, self._trials = weights, trials
        self.config, self.place = config, place

    @property
    def info(self) -> EngineInfo:
        """What it offers; on a CPU with the time that was measured."""
        measured = self._trials.state.seconds if self._trials else None
        return replace(self._worker.info, image_seconds=measured)

    @property
    def words(self) -> None:
        """It takes any words."""

    @property
    def sheet(self) -> None:
        """Its pictures take too long."""

    @property
    def serving(self) -> Serving | None:
        """The worker as it answers now."""
        return self._child.serving

    @property
    def pid(self) -> int | None:
        """The worker's process."""
        return self._child.pid

    @property
    def up(self) -> bool:
        """Whether the worker answers."""
        return self._child.serving is not None

    @property
    def away(self) -> str | None:
        """Missing weights, or a worker that does not start; one that starts again is no reason."""
        if self._child.hopeless:
            return self._child.trouble
        return self._weights.lacking or self._too_weak()

    def _too_weak(self) -> str | None:
        """Why this CPU makes no pictures."""
        if self._trials is None:
            return None
        return memory.objection(self.config) or self._trials.objection

    @property
    def state(self) -> LocalState:
        """The worker as an administrator sees it."""
        child = self._child
        try:
            weights = self._weights.views()
        except JobFailed:
            weights = ()
        return LocalState(
            running=self.up,
            status=RUNNING if self.up else child.trouble or STARTING,
            hardware=_shown(child.serving.hardware) if child.serving else {},
            weights=weights,
            folder=str(self.config.base_dir),
            fetch=self._weights.state,
            trial=self._trials.state if self._trials else None,
        )

    def follow(self, hear: Callable[[], None]) -> None:
        """Have `hear` called after each change of the state."""
        self._child.changed = self._weights.changed = hear
        if self._trials:
            self._trials.changed = hear

    def look(self) -> None:
        """Ask the hub for licence and size of what is missing."""
        self._weights.begin("look")

    def fetch(self) -> None:
        """Fetch what is missing, and go on where an earlier fetch was."""
        self._weights.begin("fetch")

    async def hold(self) -> None:
        """Stop to fetch."""
        await self._weights.hold()

    def try_out(self) -> None:
        """Make a trial picture, by which is known how long one takes."""
        if self._trials:
            self._trials.begin(self)

    def start(self) -> None:
        """Keeps a worker alive from now on."""
        self._child.start()

    def objection(
        self, operation: Operation, made: Mapping[str, Any], *, scale: int | None = None
    ) -> str | None:
        """The worker's."""
        return self._worker.objection(operation, made, scale=scale)

    async def submit_training(self, request: TrainRequest) -> RemoteStatus:
        """Queues it."""
        return self._here(await self._worker.submit_training(self._home.inside(request)))

    async def submit_generation(self, request: GenerateRequest) -> RemoteStatus:
        """Queues it."""
        return self._here(await self._worker.submit_generation(self._home.inside(request)))

    async def poll(self, remote_id: str) -> RemoteStatus:
        """Where it stands."""
        return self._here(await self._worker.poll(self._inner(remote_id)))

    async def cancel(self, remote_id: str) -> bool:
        """Stops it."""
        return await self._worker.cancel(self._inner(remote_id))

    async def check(self) -> str:
        """One sentence on the worker. Raises Refused with what is wrong."""
        if not self.up:
            raise Refused(self._child.trouble or STARTING, retryable=True)
        return await self._worker.check()

    async def close(self) -> None:
        """Ends the worker, and a fetch under way."""
        await self._weights.hold()
        if self._trials:
            await self._trials.stop()
        await self._child.stop()
        await self._worker.close()

    def _here(self, status: RemoteStatus) -> RemoteStatus:
        return replace(status, remote_id=placed(self.place, status.remote_id))

    def _inner(self, remote_id: str) -> str:
        return remote_id.removeprefix(placed(self.place, ""))


@dataclass(frozen=True, slots=True)
class Home:
    """This process's own address: its child takes and brings files there, past any proxy.

    public: how others reach it, as links begin.
    """

    public: str
    own: str

    def inside(self, request: Asked) -> Asked:
        """A request whose links to us lead to `own`; links to a bucket stay as they are."""
        moved = {each.name: self._moved(getattr(request, each.name)) for each in fields(request)}
        if request.progress_url:
            moved["progress_url"] = self._url(request.progress_url)
        return replace(request, **moved)

    def _moved(self, value: Any) -> Any:
        if isinstance(value, FileRef):
            return replace(value, url=self._url(value.url))
        return [self._moved(each) for each in value] if isinstance(value, list | tuple) else value

    def _url(self, url: str) -> str:
        begins = url.startswith(f"{self.public}/")
        return self.own + url.removeprefix(self.public) if begins else url


class ToChild(httpx.AsyncBaseTransport):
    """Leads every request to the child, with its key, wherever it serves by now."""

    def __init__(self, serving: Callable[[], Serving | None]) -> None:
        self._serving = serving
        self._line = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises ConnectError, so that surely nothing was sent, while the child is not there."""
        child = self._serving()
        if child is None:
            raise httpx.ConnectError("the local worker does not answer")
        request.url = request.url.copy_with(host="127.0.0.1", port=child.port)
        request.headers["Authorization"] = f"Bearer {child.key}"
        return await self._line.handle_async_request(request)

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._line.aclose()


def make_engine(
    settings: Settings,
    storage: Storage,
    module: Sequence[str] = MODULE,
    fetching: Sequence[str] = FETCHING,
) -> LocalEngine:
    """What the settings describe. Raises CannotStart with what is missing.

    module, fetching: what the worker's Python is to run, to serve and to fetch weights.
    """
    if missing := machine.missing(settings):
        raise CannotStart(f"ENGINE=local: {missing}")
    config = machine.config_of(settings)
    python = str(settings.local_gpu_python or sys.executable)
    child = Child((python, *module), lambda: machine.environment(config))
    connection = client("of the child", "http://local", ToChild(lambda: child.serving))
    info = describe(settings, gpu=machine.has_gpu())
    profiles = ("quality", "fast") if info.trains else ("fast",)
    weights = WeightStore(config, (python, *fetching), child.environment, profiles=profiles)
    worker = over(connection, info, settings)
    home = Home(settings.base_url, _own_address(settings))
    place = machine.place(settings)
    path = config.work_dir.parent / "trial.json"
    trials = None if info.trains else Trials(path, storage, base_model=info.base_model)
    return LocalEngine(worker, child, weights, trials, config, place=place, home=home)


def _own_address(settings: Settings) -> str:
    """Where this process itself listens."""
    everywhere = settings.host in {"0.0.0.0", "::"}  # noqa: S104
    host = "127.0.0.1" if everywhere else settings.host
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def _shown(hardware: Mapping[str, Any]) -> dict[str, str]:
    """What the worker found, as it is read."""
    gib = (hardware.get("memory_bytes") or 0) / 2**30
    found = {
        "GPU": hardware.get("gpu"),
        "GPU memory": f"{gib:.0f} GiB" if gib else None,
        "Driver": hardware.get("driver"),
        "CUDA": hardware.get("cuda"),
        "Torch": hardware.get("torch"),
    }
    return {name: value for name, value in found.items() if value}
