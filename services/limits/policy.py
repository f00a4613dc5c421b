"""What is limited, and how many calls a minute are allowed."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Act(StrEnum):
    """The kind of a call, which decides its limit."""

    GENERATE = "generate"
    MODELS = "models"
    UPLOADS = "uploads"
    SHARES = "shares"
    WRITES = "writes"  # all other changes
    READS = "reads"
    PICTURES = "pictures"  # image files, of which one page requests many
    SOCKETS = "sockets"  # open pages; where only polling works, each message is a call
    SIGN_IN = "sign_in"  # also registering and resetting; accounts.rate_limits counts guesses
    VERIFY = "verify"
    REFUSED = "refused"  # calls with a key or a session that does not exist


@dataclass(frozen=True, slots=True)
class Figures:
    """Calls a minute. An API key has half of its member's.

    address: for all who share one address, at least four times what a member of any plan has.
    network: four times `address`.
    words: what is counted, as in "at most 30 requests for pictures a minute".
    """

    member: int
    address: int
    words: str

    @property
    def network(self) -> int:
        """Return the calls a minute of a /24 or a /48, enough for a school or an office."""
        return 4 * self.address


# Far above normal use: a page sends a few dozen requests a minute, and one upload for each photo.
FIGURES = {
    Act.GENERATE: Figures(30, 120, "requests for pictures"),
    Act.MODELS: Figures(60, 240, "changes of models"),
    Act.UPLOADS: Figures(300, 1_200, "uploads"),
    Act.SHARES: Figures(60, 240, "changes of share links"),
    Act.WRITES: Figures(300, 1_200, "changes"),
    Act.READS: Figures(900, 3_600, "requests"),
    Act.PICTURES: Figures(3_000, 12_000, "pictures"),
    Act.SOCKETS: Figures(3_000, 12_000, "messages of pages"),
    Act.SIGN_IN: Figures(60, 60, "attempts to sign in"),
    Act.VERIFY: Figures(60, 20, "pictures to check"),
    Act.REFUSED: Figures(300, 300, "requests without a valid session or key"),
}


@dataclass(frozen=True, slots=True)
class PlanFigures:
    """A plan's calls a minute for each of its members; None: as in FIGURES."""

    generate: int | None = None
    reads: int | None = None

    def of(self, act: Act) -> int:
        """Return the calls a minute of one member."""
        own = {Act.GENERATE: self.generate, Act.READS: self.reads}.get(act)
        return FIGURES[act].member if own is None else own


USUAL = PlanFigures()


class Plans:
    """The figures of all plans; members of different plans may share an address."""

    def __init__(self, plans: Mapping[str | None, PlanFigures]) -> None:
        """plans: by name; None is the default plan."""
        self._plans = plans
        self._largest = {
            act: max([FIGURES[act].member, *(plan.of(act) for plan in plans.values())])
            for act in (Act.GENERATE, Act.READS)
        }

    def figures(self, act: Act, plan: str | None) -> Figures:
        """Return the figures for a call of a member who has this plan."""
        usual, largest = FIGURES[act], self._largest.get(act)
        if largest is None:
            return usual
        member = self._plans.get(plan, USUAL).of(act)
        return Figures(member, max(usual.address, 4 * largest), usual.words)
