"""Engines that an administrator connects in the page, without a restart.

A setting of the environment overrides the page.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import func

from db.errors import CannotStart
from db.models import EngineSetting
from services.deps import Deps
from services.engines import configured
from services.engines.base import ConnectionField, EngineError, EngineInfo
from services.engines.visited import Visited
from services.errors import Conflict, Invalid, NotFound
from services.kit import audit, notify, sealing, texts
from services.kit.database_errors import log_failure
from services.settings import Settings

TOPIC = "engines"
PURPOSE = "engine settings"
LONGEST = 300  # characters of a value

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FieldView:
    """A setting as the page shows it.

    value: "" for a secret. given: whether there is a value.
    fixed: set in the environment, which overrides a value entered in the page.
    """

    field: ConnectionField
    value: str
    given: bool
    fixed: bool


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """An engine as an administrator sees it.

    help: how to connect the engine, "" once it is connected. kept: whether any setting of the
    engine was entered in the page.
    """

    name: str
    info: EngineInfo
    ready: bool
    usual: bool
    reason: str | None
    help: str
    fields: tuple[FieldView, ...]
    kept: bool


async def list_(session: AsyncSession, deps: Deps) -> list[ConnectionView]:
    """Return all engines, the usual one first."""
    values = await _kept(session, deps)
    settings = merged(deps.settings, values)
    return [_view(deps, entry.info.name, settings, values) for entry in deps.engines.entries]


async def try_out(deps: Deps, *, name: str, values: Mapping[str, str]) -> str:
    """Check an engine with these values without storing them; return one sentence on the result.

    An empty value leaves the stored one in place. Raises Invalid with what is wrong.
    """
    async with deps.transaction() as session:
        known = await _kept(session, deps)
    settings = merged(deps.settings, known | _checked(deps, name, values))
    if missing := _factory(name).missing(settings):
        raise Invalid(missing)
    try:
        engine = _factory(name).make(settings, deps.storage)
    except CannotStart as error:
        raise Invalid(str(error)) from error
    try:
        return await engine.check()
    except EngineError as error:
        raise Invalid(str(error)) from error
    finally:
        await engine.close()


async def connect(
    session: AsyncSession, deps: Deps, *, name: str, values: Mapping[str, str], actor_id: UUID
) -> None:
    """Store the values, encrypted, and notify every process; skip empty values.

    Raises Invalid; Conflict for a setting that is set in the environment.
    """
    for setting, value in _checked(deps, name, values).items():
        sealed = sealing.seal(deps.secret, value.encode(), purpose=PURPOSE)
        row = insert(EngineSetting).values(name=setting, sealed=sealed)
        changed = {"sealed": sealed, "updated_at": func.now()}
        await session.execute(row.on_conflict_do_update(index_elements=["name"], set_=changed))
    await _told(session, "engine.connect", name, actor_id)


async def disconnect(session: AsyncSession, *, name: str, actor_id: UUID) -> None:
    """Delete the stored values. Open runs at the engine end after five minutes, unpaid."""
    names = [field.setting for field in _factory(name).FIELDS]
    await session.execute(delete(EngineSetting).where(EngineSetting.name.in_(names)))
    await _told(session, "engine.disconnect", name, actor_id)


async def reload(deps: Deps) -> None:
    """Rebuild this process's engines from the settings and the stored values."""
    async with deps.transaction() as session:
        values = await _kept(session, deps)
    try:
        configured.rebuild(deps.engines, merged(deps.settings, values), deps.storage)
    except CannotStart as error:
        log.error("the engines stay as they are: %s", error)
    for engine in deps.engines.connected.values():
        if isinstance(engine, Visited):
            await engine.refresh()


class Follower:
    """A subscriber that reloads the engines after an administrator of any process changes them."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._task: asyncio.Task[None] | None = None
        self._wanted = False

    def heard(self, topic: str, _id: UUID, _user_id: UUID | None) -> None:
        """Start a reload if the notice says that engines changed, or that notices were missed."""
        if topic in {TOPIC, notify.RECONNECTED}:
            self._wanted = True
            if self._task is None or self._task.done():
                self._task = asyncio.create_task(self._reload())

    async def _reload(self) -> None:
        while self._wanted:
            self._wanted = False
            try:
                await reload(self._deps)
            except SQLAlchemyError:
                log_failure(log, "the engines could not be read again")


def merged(settings: Settings, values: Mapping[str, str]) -> Settings:
    """Return the settings plus the values from the page that the environment does not set."""
    update: dict[str, Any] = {
        field.setting: SecretStr(values[field.setting]) if field.secret else values[field.setting]
        for field in _fields()
        if field.setting in values and not _fixed(settings, field.setting)
    }
    return settings.model_copy(update=update)


def _fields() -> list[ConnectionField]:
    return [field for factory in configured.ENGINES.values() for field in factory.FIELDS]


def _factory(name: str) -> configured.Factory:
    if name not in configured.ENGINES:
        raise NotFound("There is no such engine.")
    return configured.ENGINES[name]


def _fixed(settings: Settings, setting: str) -> bool:
    return setting in settings.model_fields_set and getattr(settings, setting) is not None


def _checked(deps: Deps, name: str, values: Mapping[str, str]) -> dict[str, str]:
    """Return the cleaned values to store. Raises Invalid, Conflict."""
    fields = {field.setting: field for field in _factory(name).FIELDS}
    checked = {}
    for setting, value in values.items():
        if setting not in fields:
            raise Invalid("This engine has no such setting.", field=setting)
        cleaned = texts.clean(value, field=fields[setting].label, maximum=LONGEST)
        if not cleaned:
            continue
        if _fixed(deps.settings, setting):
            raise Conflict(f"{setting.upper()} is set in the environment, which wins.")
        if setting.endswith("_url") and not _web_address(cleaned):
            raise Invalid("Write the address as http://gpu-box:9000.", field=setting)
        checked[setting] = cleaned
    return checked


def _web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


async def _kept(session: AsyncSession, deps: Deps) -> dict[str, str]:
    """Return the values entered in the page, without those sealed with another SECRET_KEY."""
    values = {}
    for row in await session.scalars(select(EngineSetting)):
        try:
            data = sealing.unseal(deps.secret, row.sealed, purpose=PURPOSE)
        except sealing.Unreadable:
            log.error("%s was kept under another SECRET_KEY: connect it again", row.name)
        else:
            values[row.name] = data.decode()
    return values


async def _told(session: AsyncSession, action: str, name: str, actor_id: UUID) -> None:
    audit.record(session, action=action, actor_id=actor_id, target=name)
    await session.flush()
    await notify.publish(session, topic=TOPIC, id=notify.NOBODY, user_id=None)


def _view(deps: Deps, name: str, settings: Settings, values: Mapping[str, str]) -> ConnectionView:
    entry = deps.engines.entry(name)
    assert entry  # noqa: S101  # every name comes from the registry
    factory = configured.ENGINES.get(name)
    fields = factory.FIELDS if factory else ()
    return ConnectionView(
        name=name,
        info=entry.info,
        ready=entry.ready,
        usual=deps.engine is entry.engine,
        reason=entry.reason,
        help=factory.HELP if factory and not entry.engine else "",
        fields=tuple(_field(deps, field, settings) for field in fields),
        kept=any(field.setting in values for field in fields),
    )


def _field(deps: Deps, field: ConnectionField, settings: Settings) -> FieldView:
    value = getattr(settings, field.setting)
    shown = "" if field.secret or value is None else str(value)
    return FieldView(field, shown, value is not None, _fixed(deps.settings, field.setting))
