"""The operator's view of the queue and the ledger, with what can be done about dead jobs."""

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from components import formatting
from components.controls import button
from components.dates import Dated, Moment
from components.dom import el
from components.feedback import Banner, Facts
from components.keyed_list import KeyedList
from services.credits.ledger_audit import Reckoning
from services.jobs.overview import DeadView, LeaseView, QueueView, UnmetView

NEEDED = {"payments": "STRIPE_SECRET_KEY", "mail": "SMTP_URL"}

Act = Callable[[UUID], Awaitable[None]]


class QueuePanel:
    """Depth, oldest, leases and dead jobs; `show` brings it up to date."""

    def __init__(self, *, on_retry: Act, on_discard: Act) -> None:
        """on_retry, on_discard: called with the id of a dead job."""
        with el("div", classes="stack"):
            self._facts = Facts()
            self._unmet = KeyedList[UnmetView](
                el("div", classes="stack"),
                key=lambda unmet: (unmet.kind, unmet.needs),
                build=_Unmet,
            )
            # Before the tables, whose length changes all the time: a button must not move away.
            self._none = el("p", "No job has failed for good.", classes="muted small")
            self._given_up = Banner(tone="warn")
            self._dead = KeyedList[DeadView](
                el("ul", classes="stack"),
                key=lambda job: job.id,
                build=lambda job: _Dead(job, on_retry, on_discard),
            )
            self._kinds = _Table("Open jobs by kind", ("Kind", "In line", "Later", "At work"))
            self._leases = _Table("Jobs at work", ("Kind", "Worker", "Attempt", "Lease"))

    def show(self, queue: QueueView) -> None:
        """The queue as it is now."""
        oldest = formatting.duration(queue.oldest) if queue.depth else "nothing waits"
        self._facts.show({"In line": f"{queue.depth:,}", "Waiting for": oldest})
        self._unmet.show(queue.unmet)
        self._kinds.show({k.kind: (k.kind, k.queued, k.waiting, k.leased) for k in queue.kinds})
        self._leases.show(
            {j.id: (j.kind, j.owner, j.attempts, _lease(j)) for j in queue.leases},
        )
        self._none.set_visibility(not queue.dead)
        given_up = f"{formatting.plural(queue.dead_count, 'job')} given up." if queue.dead else None
        self._given_up.show(given_up, tone="warn")
        self._dead.show(reversed(queue.dead))  # new ones come below


class _Unmet:
    """Jobs of one kind that no running process can work, and the setting that is missing."""

    def __init__(self, _: UnmetView) -> None:
        self._banner = Banner()
        self.root = self._banner.root

    def show(self, unmet: UnmetView) -> None:
        number, verb = formatting.plural(unmet.jobs, "job"), "waits" if unmet.jobs == 1 else "wait"
        needed = NEEDED.get(unmet.needs, unmet.needs.replace(":", " "))
        text = f"{number} ({unmet.kind}) {verb} for a process with {needed}, and none is running."
        self._banner.show(text, tone="warn")


class _Dead:
    """A dead job and what can be done about it."""

    def __init__(self, job: DeadView, on_retry: Act, on_discard: Act) -> None:
        with el("li", classes="row between") as self.root:
            with el("div", classes="grow"):
                self._reason = el("p", classes="wrap-any")
                self._what = Dated("p", classes="tiny muted")
            with el("div", classes="row tight"):
                button("Try again", partial(on_retry, job.id))
                button("Discard", partial(on_discard, job.id), kind="quiet")

    def show(self, job: DeadView) -> None:
        self._reason.text = job.reason or "No reason was kept."
        tried = formatting.plural(job.attempts, "attempt")
        self._what.show(f"{job.kind} · {tried} · ", Moment(job.finished_at))


class LedgerPanel:
    """The ledger's figures of the last 30 days, and whether all of it added up at a time."""

    def __init__(self, *, on_check: Callable[[], Awaitable[None]]) -> None:
        """on_check: reckons anew, which reads the whole ledger."""
        with el("div", classes="stack"):
            with el("div", classes="row between"):
                self._when = Dated("p", classes="small muted")
                button("Check now", on_check, mark="check-ledger")
            self._facts = Facts()
            self._sound = Banner()
            self._broken = KeyedList[tuple[str, int]](
                el("div", classes="stack"), key=lambda broken: broken[0], build=_Broken
            )

    def show(self, reckoning: Reckoning) -> None:
        """The ledger as it was when it was last reckoned."""
        ledger = reckoning.view
        self._when.show("As of ", Moment(reckoning.at), "; checked once an hour.")
        oldest = Moment(ledger.oldest_hold) if ledger.oldest_hold else "none"
        self._facts.show(
            {
                "Open holds": f"{ledger.open_holds:,} ({formatting.plural(ledger.held, 'credit')})",
                "Oldest hold": oldest,
                "Granted in 30 days": formatting.plural(ledger.granted, "credit"),
                "Spent in 30 days": formatting.plural(ledger.spent, "credit"),
            }
        )
        sound = None if ledger.broken else "Every balance is the sum of its movements."
        self._sound.show(sound, tone="good")
        self._broken.show(ledger.broken.items())


class _Broken:
    """A promise of the ledger that is broken, and for how many members."""

    def __init__(self, _: tuple[str, int]) -> None:
        self._banner = Banner()
        self.root = self._banner.root

    def show(self, broken: tuple[str, int]) -> None:
        promise, members = broken
        text = f"Broken for {formatting.plural(members, 'member')}: {promise}."
        self._banner.show(text, tone="danger")


def _lease(lease: LeaseView) -> str:
    return f"{lease.seconds_left:.0f} s" if lease.seconds_left > 0 else "silent"


class _Table:
    """Rows of figures by their key; nothing is shown where there is none."""

    def __init__(self, caption: str, heads: Sequence[str]) -> None:
        region = el("div", classes="table-wrap", tabindex="0", role="region", aria_label=caption)
        with region, el("table"):
            el("caption", caption, classes="sr-only")
            with el("thead"), el("tr"):
                for head in heads:
                    el("th", head, scope="col")
            body = el("tbody")
        self._region = region
        self._rows = KeyedList[tuple[Hashable, Sequence[object]]](
            body, key=lambda row: row[0], build=lambda row: _Cells(len(row[1]))
        )

    def show(self, rows: Mapping[Any, Sequence[object]]) -> None:
        self._region.set_visibility(bool(rows))
        self._rows.show(rows.items())


class _Cells:
    """One row of figures."""

    def __init__(self, count: int) -> None:
        with el("tr") as self.root:
            self._cells = [el("td", classes="num") for _ in range(count)]

    def show(self, row: tuple[Hashable, Sequence[object]]) -> None:
        for cell, value in zip(self._cells, row[1], strict=True):
            cell.text = f"{value}"
