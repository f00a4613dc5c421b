"""The operator's view of the queue and the ledger, with what can be done about dead jobs."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from uuid import UUID

from components import formatting
from components.controls import button
from components.dom import el
from components.feedback import banner, facts
from services.credits.ledger_audit import LedgerView
from services.jobs.overview import LeaseView, QueueView

Act = Callable[[UUID], Awaitable[None]]


class QueuePanel:
    """Depth, oldest, leases and dead jobs; `show` brings it up to date."""

    def __init__(self, *, on_retry: Act, on_discard: Act) -> None:
        """on_retry, on_discard: called with the id of a dead job."""
        self._on_retry = on_retry
        self._on_discard = on_discard
        self._root = el("div", classes="stack")

    def show(self, queue: QueueView) -> None:
        """The queue as it is now."""
        self._root.clear()
        with self._root:
            oldest = formatting.duration(queue.oldest) if queue.depth else "nothing waits"
            facts({"In line": f"{queue.depth:,}", "Waiting for": oldest})
            if queue.kinds:
                _table(
                    "Open jobs by kind",
                    ("Kind", "In line", "Later", "At work"),
                    [(k.kind, k.queued, k.waiting, k.leased) for k in queue.kinds],
                )
            if queue.leases:
                _table(
                    "Jobs at work",
                    ("Kind", "Worker", "Attempt", "Lease"),
                    [(j.kind, j.owner, j.attempts, _lease(j)) for j in queue.leases],
                )
            self._dead(queue)

    def _dead(self, queue: QueueView) -> None:
        if not queue.dead:
            el("p", "No job was given up.", classes="muted small")
            return
        banner(f"{formatting.plural(queue.dead_count, 'job')} given up.", tone="warn")
        with el("ul", classes="stack"):
            for job in queue.dead:
                with el("li", classes="row between"):
                    with el("div", classes="grow"):
                        el("p", job.reason or "No reason was kept.", classes="wrap-any")
                        tried = f"{formatting.plural(job.attempts, 'attempt')}"
                        when = formatting.moment(job.finished_at)
                        el("p", f"{job.kind} · {tried} · {when}", classes="tiny muted")
                    with el("div", classes="row tight"):
                        button("Try again", partial(self._on_retry, job.id))
                        button("Discard", partial(self._on_discard, job.id), kind="quiet")


def ledger_panel(ledger: LedgerView) -> None:
    """The ledger's figures of the last 30 days, and whether all of it adds up."""
    facts(
        {
            "Open holds": f"{ledger.open_holds:,} ({formatting.plural(ledger.held, 'credit')})",
            "Oldest hold": formatting.moment(ledger.oldest_hold) if ledger.oldest_hold else "none",
            "Granted in 30 days": formatting.plural(ledger.granted, "credit"),
            "Spent in 30 days": formatting.plural(ledger.spent, "credit"),
        }
    )
    if not ledger.broken:
        banner("Every balance is the sum of its movements.", tone="good")
    for promise, members in ledger.broken.items():
        banner(f"Broken for {formatting.plural(members, 'member')}: {promise}.", tone="danger")


def _lease(lease: LeaseView) -> str:
    return f"{lease.seconds_left:.0f} s" if lease.seconds_left > 0 else "silent"


def _table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    region = el("div", classes="table-wrap", tabindex="0", role="region", aria_label=caption)
    with region, el("table"):
        el("caption", caption, classes="sr-only")
        with el("thead"), el("tr"):
            for head in heads:
                el("th", head, scope="col")
        with el("tbody"):
            for row in rows:
                with el("tr"):
                    for cell in row:
                        el("td", f"{cell}", classes="num")
