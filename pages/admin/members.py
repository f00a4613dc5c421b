"""Members on /admin: search, and everything done with one account."""

from collections.abc import Awaitable, Callable
from typing import Any

from components import formatting
from components.controls import Choice, Dialog, Field, button
from components.copying import copyable
from components.dates import Day, dated
from components.dom import Handler, el
from components.feedback import badge, card, section, toast
from components.keyed_list import KeyedList
from services.accounts import administration, users
from services.accounts.users import UserView
from services.credits import plan_changes, plans
from services.credits.plans import Plan
from services.deps import Deps
from services.errors import DomainError

PAGE = 50
DEFAULT = "default"  # the operator's DEFAULT_PLAN, which is None in the database


class Members:
    """The list, and one dialog that is filled for whoever is chosen."""

    def __init__(self, deps: Deps, actor: UserView, *, on_invite: Handler) -> None:
        """actor: the administrator who looks. on_invite: asks whom to invite."""
        self._deps = deps
        self._actor = actor
        self._on_invite = on_invite
        self._plans: list[Plan] = []
        self._shown: list[UserView] = []

    async def build(self) -> None:
        """Search, table, and the way to invite somebody."""
        async with self._deps.transaction() as session:
            self._plans = await plans.all_plans(session)
        with section("Members"):
            with el("div", classes="row nowrap"):
                with el("div", classes="grow"):
                    self._search = Field(
                        "Search", type="search", placeholder="Name or e-mail", on_change=self._find
                    )
                with el("div").style("align-self:flex-end"):
                    button("Invite", self._on_invite, kind="primary", icon_name="plus")
            with card(flush=True):
                self._build_table()
            self._more = button("Show more", self._next)
        self._dialog = Dialog("Member")
        await self._find()

    async def _find(self) -> None:
        """Search; answers that come after a newer one are not shown."""
        asked = self._search.value
        found = await self._read()
        if asked == self._search.value:
            self._shown = found
            self._draw()

    async def _next(self) -> None:
        last = self._shown[-1]
        self._shown += await self._read(after=(last.created_at, last.id))
        self._draw()

    async def _read(self, after: Any = None) -> list[UserView]:
        async with self._deps.transaction() as session:
            return await users.page(session, search=self._search.value, after=after, limit=PAGE)

    def _draw(self) -> None:
        self._more.set_visibility(bool(self._shown) and len(self._shown) % PAGE == 0)
        self._nobody.set_visibility(not self._shown)
        self._table.set_visibility(bool(self._shown))
        self._rows.show(self._shown)

    def _build_table(self) -> None:
        self._nobody = el("p", "No member matches.", classes="muted").style("padding:20px")
        with el("table", classes="members") as self._table:
            with el("thead"), el("tr"):
                for name in ("Member", "Plan", "Since", "State"):
                    el("th", name, scope="col")
                with el("th", scope="col"):
                    el("span", "Actions", classes="sr-only")
            self._rows = KeyedList[UserView](
                el("tbody"),
                key=lambda user: user.id,
                build=lambda user: _Row(user, self._plan_title, self._manage),
            )

    def _plan_title(self, name: str | None) -> str:
        default = next((p.title for p in self._plans if p.is_default), "")
        if name is None:
            return f"{default} (default)"
        return next((p.title for p in self._plans if p.name == name), name)

    def _manage(self, user: UserView) -> None:
        self._fill(user.email)
        with self._dialog.body:
            if user.id == self._actor.id:
                el("p", "This is your own account.", classes="muted")
            self._plan_form(user)
            self._credit_form(user)
            el("hr")
            with el("div", classes="row"):
                button("Password reset link", lambda: self._reset(user), icon_name="key")
                if user.id != self._actor.id:
                    self._account_buttons(user)
        self._dialog.show()

    def _fill(self, title: str) -> None:
        self._dialog.heading.text = title
        self._dialog.body.clear()

    def _plan_form(self, user: UserView) -> None:
        options = {DEFAULT: self._plan_title(None)} | {p.name: p.title for p in self._plans}
        with el("div", classes="stack tight"):
            plan = Choice("Plan", options, value=user.plan or DEFAULT)
            why = Field("Why", placeholder="Kept in the record", maxlength="200")

            async def save() -> None:
                chosen = None if plan.value == DEFAULT else plan.value
                await self._do(
                    lambda session: plan_changes.set_plan(
                        session,
                        user_id=user.id,
                        plan=chosen,
                        actor_id=self._actor.id,
                        reason=why.value,
                    ),
                    f"Plan: {options[plan.value]}.",
                    why,
                )

            button("Set plan", save)

    def _credit_form(self, user: UserView) -> None:
        with el("div", classes="stack tight"):
            amount = Field("Credits to grant", inputmode="numeric", autocomplete="off")
            why = Field("Why", placeholder="The member reads this", maxlength="200")

            async def grant() -> None:
                if not (amount.value.isascii() and amount.value.isdigit()):
                    amount.error = "Write a whole number, such as 50."
                    return
                await self._do(
                    lambda session: plan_changes.give_credits(
                        session,
                        self._deps,
                        user_id=user.id,
                        credits=int(amount.value),
                        actor_id=self._actor.id,
                        reason=why.value,
                    ),
                    f"{formatting.plural(int(amount.value), 'credit')} granted.",
                    why,
                )

            button("Grant credits", grant)

    def _account_buttons(self, user: UserView) -> None:
        actor = self._actor.id
        role = "member" if user.is_admin else "admin"
        text = "Make a member" if user.is_admin else "Make an administrator"

        async def set_role() -> None:
            await self._do(
                lambda s: administration.set_role(s, actor_id=actor, user_id=user.id, role=role),
                "The role is changed; they have to sign in again.",
            )

        async def switch() -> None:
            if user.disabled_at:
                await self._do(
                    lambda s: administration.enable(s, actor_id=actor, user_id=user.id), "Enabled."
                )
                return
            await self._do(
                lambda s: administration.disable(s, self._deps, actor_id=actor, user_id=user.id),
                "Disabled, and signed out everywhere.",
            )

        button(text, set_role, icon_name="shield")
        name = "Enable" if user.disabled_at else "Disable"
        button(name, switch, kind="plain" if user.disabled_at else "danger")

    async def _reset(self, user: UserView) -> None:
        async with self._deps.transaction() as session:
            link = await administration.reset_link(
                session, self._deps, actor_id=self._actor.id, user_id=user.id
            )
        self._fill("Password reset link")
        with self._dialog.body:
            el("p", f"Give it to {user.email} and to nobody else. It works once.", classes="muted")
            copyable(link, label="Link")

    async def _do(
        self, act: Callable[[Any], Awaitable[Any]], done: str, field: Field | None = None
    ) -> None:
        """One act in one transaction; a refusal is shown beside its field."""
        try:
            async with self._deps.transaction() as session:
                await act(session)
        except DomainError as error:
            if field:
                field.error = str(error)
            else:
                toast(str(error), danger=True)
            return
        self._dialog.close()
        toast(done)
        await self._find()


class _Row:
    """One member."""

    def __init__(
        self,
        user: UserView,
        plan_title: Callable[[str | None], str],
        manage: Callable[[UserView], None],
    ) -> None:
        self._user, self._plan_title = user, plan_title
        with el("tr") as self.root:
            with el("td"):
                self._name = el("p", classes="strong wrap-any")
                self._email = el("p", classes="small muted wrap-any")
            self._plan = el("td", classes="small")
            dated("td", Day(user.created_at), classes="small num")
            with el("td"):
                self._state = badge("")
            with el("td"):
                more = button(
                    f"Manage {user.email}", kind="quiet", icon_name="more", icon_only=True
                )
                more.on("click", lambda: manage(self._user), [])

    def show(self, user: UserView) -> None:
        """The member as they are now."""
        self._user = user
        self._name.text = user.name or user.email
        self._email.text = user.email if user.name else ""
        self._plan.text = self._plan_title(user.plan)
        disabled = user.disabled_at is not None
        self._state.set_visibility(disabled or user.is_admin)
        self._state.text = "Disabled" if disabled else "Administrator"
        tone, other = ("danger", "accent") if disabled else ("accent", "danger")
        self._state.classes(add=tone, remove=other)
