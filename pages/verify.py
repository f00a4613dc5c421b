"""/verify: drop a picture and read whether it was made here, by AI, and whether it is unchanged."""

from pathlib import Path

from fastapi import Request
from fastapi.responses import HTMLResponse
from nicegui import app

from components.controls import button, form, link_button
from components.dates import Day, Part, dated
from components.dom import attach, el
from components.feedback import banner
from components.icons import IconName, icon
from components.plain import Plain
from pages.api.verify import checked
from pages.server.context import visitor
from services.deps import Deps
from services.errors import DomainError
from services.provenance.verifying import Verdict

INTRO = (
    "Choose a picture and read what can be said of it: whether it was made on this server, by AI "
    "or not, and whether it is unchanged. The picture is looked at and forgotten, and no answer "
    "says who made it or whom it shows."
)
ACCEPTED = "image/*,.heic,.heif,.avif"
KINDS = "or drop it here: JPEG, PNG, WebP, HEIC or AVIF, at most 25 MB"
SCRIPT = (Path(__file__).parents[1] / "components" / "verify.js").read_text()
Answer = tuple[IconName, str, tuple[tuple[Part, ...], ...]]


def register(deps: Deps) -> None:
    """Serve the page, and its answer to a picture; both without an account."""

    @app.get("/verify", include_in_schema=False)
    async def ask(request: Request) -> HTMLResponse:
        return _page(deps, request)

    @app.post("/verify", include_in_schema=False)
    async def answer(request: Request) -> HTMLResponse:
        try:
            return _page(deps, request, verdict=await checked(request, deps))
        except DomainError as error:
            return _page(deps, request, error=error)


def _page(
    deps: Deps,
    request: Request,
    *,
    verdict: Verdict | None = None,
    error: DomainError | None = None,
) -> HTMLResponse:
    page = Plain("Was this picture made here?", head=f"<script defer>{SCRIPT}</script>")
    with page.body(
        width="reading",
        doors=True,
        signed_in=visitor(request) is not None,
        sign_up=deps.settings.registration == "open",
    ):
        el("h1", "Was this picture made here?")
        el("p", INTRO, classes="muted")
        with el("div", id="verdict", classes="verdict", tabindex="-1", aria_live="polite"):
            if error:
                banner(str(error), tone="danger")
            if verdict:
                _say(verdict)
        _form(again=verdict is not None)
        with el("p", classes="muted small"):
            el("span", "What is written into pictures, and what is kept: ")
            el("a", "Privacy", href="/privacy")
    return page.response(error.status if error else 200)


def _form(*, again: bool) -> None:
    with form("/verify") as made:
        attach(made, enctype="multipart/form-data", id="verify")
        with el("label", classes="dropzone-pick verify-pick"):
            icon("upload", size="big")
            with el("span"):
                el("b", "Check another picture" if again else "Choose a picture")
                el("span", KINDS, classes="muted small")
            file = el("input", type="file", name="file", classes="sr-only", required=True)
            attach(file, accept=ACCEPTED)
        with el("noscript"):
            button("Check the picture", kind="primary", submit=True)


def _say(verdict: Verdict) -> None:
    shape, title, sentences = _answer(verdict)
    with el("section", classes="card verdict-card"):
        with el("div", classes="row"):
            icon(shape, size="big")
            el("h2", title)
        for parts in sentences:
            dated("p", *parts)
        if verdict.made_here:
            link_button("What the marks say", "/privacy#marks", kind="quiet")


def _answer(verdict: Verdict) -> Answer:
    """Icon, title, and what is known, in plain words."""
    if verdict.matched_by == "c2pa":
        return _signed(verdict)
    if verdict.matched_by == "fingerprint":
        return (
            "check-circle",
            "Made here, but this copy is not as it was",
            (
                _made("A picture that looks the same was made here", verdict),
                (
                    "Its signed mark is gone from this copy, as happens where a picture is sent "
                    "by a messenger, saved anew or photographed from a screen. So nobody can say "
                    "what else was changed.",
                ),
            ),
        )
    if verdict.elsewhere:
        said = " That mark says that AI made or changed it." if verdict.ai else ""
        return (
            "info",
            "Made elsewhere",
            (
                (f"The picture carries the signed mark of somebody else, not of us.{said}",),
                ("Whether to believe that mark is for you to judge: we do not know its signer.",),
            ),
        )
    return (
        "info",
        "Not found here",
        (
            ("It carries no mark of ours, and no picture that was made here looks the same.",),
            ("That does not make it a photograph: it may come from any other program.",),
        ),
    )


def _signed(verdict: Verdict) -> Answer:
    made = _made("This picture was made here", verdict)
    if verdict.unchanged:
        proof = "Its signed mark fits every byte of the file: nothing was changed since."
        return "check-circle", "Made here, and unchanged", (made, (proof,))
    look = (
        "It still looks like the picture that was made; what was changed, the mark cannot say."
        if verdict.alike
        else "It does not look like a picture that we know, so the mark may have been moved here "
        "from another one."
    )
    return (
        "alert",
        "Marked here, but changed since",
        (made, ("The file is not as it was signed.",), (look,)),
    )


def _made(begin: str, verdict: Verdict) -> tuple[Part, ...]:
    how = ", with AI." if verdict.ai else ", by the photo booth, without generative AI."
    if verdict.made_at is None:
        return (begin + how,)
    return (f"{begin} on ", Day(verdict.made_at), how)
