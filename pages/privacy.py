"""/privacy: what is kept, where it goes, how long, and how it goes away."""

from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse
from nicegui import app

from components.dom import el
from components.plain import Plain
from pages.server.context import visitor
from services.accounts import past_members, sessions
from services.deps import Deps
from services.engines.base import EngineInfo
from services.figures import counting
from services.gallery import image_query

INTRO = (
    "Likeness runs on its operator’s own server. This page says what the program does with what "
    "you give it; the operator answers for the server and for the law that applies."
)


def register(deps: Deps) -> None:
    """Serve the page."""

    @app.get("/privacy", include_in_schema=False)
    async def privacy(request: Request) -> HTMLResponse:
        page = Plain("Privacy")
        with page.body(
            width="reading",
            doors=True,
            signed_in=visitor(request) is not None,
            sign_up=deps.settings.registration == "open",
        ):
            el("h1", "Privacy")
            el("p", INTRO, classes="muted")
            for title, text in _parts(deps):
                with el("section", classes="section", id=IDS.get(title)):
                    el("h2", title)
                    el("p", text)
            with el("p"):
                el("a", "Check a picture", href="/verify")
        return page.response()


MARKS = (
    "Marks in pictures",
    "Every picture that is made here says so in its file: with which program and model, by which "
    "kind of change, when, and whether by AI (IPTC digital source type), signed so that changes "
    "show (C2PA). The mark never says who you are, whom the picture shows, or what you wrote. "
    "Because sites and messengers take marks away, a fingerprint of each picture is kept here as "
    "well: 256 bits each of the whole picture and of cuttings, from which it cannot be seen again, "
    "with the day and whether it was by AI. It names neither you nor the picture nor the person, "
    "and stays when the picture or your account is deleted, so that a copy that is about in the "
    "world can still be told to be artificial.",
)
CHECKING = (
    "Checking a picture",
    "Anybody may ask, without an account, whether a picture was made here. The file is looked at "
    "in a closed process, then forgotten; the answer says when, whether by AI and whether "
    "unchanged, and never whose it is. How often an address asks is counted for minutes.",
)
IDS = {MARKS[0]: "marks"}
FACES = (
    "Faces",
    "The face in your photos, and in the pictures made of them, is measured on this server, to "
    "say which photos are good, how much a picture looks like the person and whether it gives her "
    "skin another tone; to nobody else, and only after a consent that says so. What is measured of "
    "a face is not stored: it is kept in memory while you work on the photos, and forgotten 15 "
    "minutes later. With a photo stay where its face is, how large and how sharp, which way the "
    "head is turned, how light the photo is, and hints in words; with a picture, where its face "
    "is, how alike, from 0 to 100, and hints in words. None of these tells who somebody is. They "
    "go when the photo or the picture goes.",
)

HOUR = (
    "; after a consent that says so the hour at which it was taken is, to tell days apart, and "
    "goes with the photo"
)

CALLS = (
    "Calls a minute",
    "So that nobody uses up what is there for all, this server counts how many pages and pictures "
    "are asked of it in a minute, for each account, address and network. It counts under keyed "
    "hashes, from which nobody without this server’s key can tell an address, and forgets them "
    "within two hours.",
)
COUNTED = (
    "How far people come",
    "The operator counts how many people open the first page, sign up, add a photo, make a first "
    "and a second picture, train a model and choose a plan. For each of these steps this server "
    "tells PostHog, at {host}, which step it was and when, under a random number that only this "
    "server can link to your account, and never a photo, a sentence, an address or a name. Your "
    "browser sends nothing there and gets no cookie for it. The link goes when you delete your "
    "account, and is never made for accounts older than this counting.",
)
PUSHED = (
    "Messages to browsers",
    "If you switch them on under Account, this server sends a message when pictures or a model are "
    "ready. It goes through the push service of your browser’s maker (Google, Mozilla, Apple or "
    "Microsoft), encrypted so that only your browser can read it: that service learns that this "
    "server told your browser something, and when. Its address for your browser is kept here "
    "until you switch the messages off or sign out there.",
)


def _parts(deps: Deps) -> list[tuple[str, str]]:
    trash = image_query.TRASH_KEPT.days
    idle = sessions.IDLE.days
    remembered = past_members.REMEMBERED.days
    return [
        (
            "What is kept",
            "Your e-mail address and name; a hash of your password, never the password; your "
            "photos, models and pictures; what you consented to and when; your credits; and for "
            "each signed-in browser its address and name.",
        ),
        (
            "Photos",
            "Each photo is decoded and written anew when it arrives. Place, time and camera are "
            f"not kept, and neither is the file that you sent{HOUR if deps.faces else ''}. "
            "Only you see your photos, models and pictures, unless you make a link to a picture or "
            "an album; a link ends when you say so.",
        ),
        *([FACES] if deps.faces else []),
        MARKS,
        CHECKING,
        *([CALLS] if deps.calls else []),
        *([PUSHED] if deps.settings.web_push == "on" else []),
        *([_counted(deps)] if deps.analytics.enabled else []),
        ("Who does the work", " ".join(f"{e.label}: {e.privacy}" for e in _engines(deps))),
        (
            "How long",
            f"Until you delete it. Deleted pictures stay in the trash for {trash} days, so that "
            "you can take them back, and then their files are erased. A deleted model is erased "
            f"at once. A browser that was not used for {idle} days is signed out.",
        ),
        (
            "Figures",
            "For each piece of work one row says on which day it ended, how long it took, how it "
            "ended, by which engine, style and plan, and how alike its pictures were. It does not "
            f"say whose it was, so it stays when you go: for {counting.KEPT.days} days, and after "
            "that as sums.",
        ),
        (
            "After your account",
            "When you delete your account, all of yours goes. If it was given free images, one "
            f"thing stays for {remembered} days: a keyed hash of your e-mail address, from which "
            "nobody without this server’s key can tell the address, with how many of them were "
            "left. It serves to give them once to each address, and for nothing else. What you "
            "paid for is on record at the payments provider for as long as the law asks.",
        ),
        (
            "What you can do",
            "Under Account you take everything with you as one archive, withdraw the consent for "
            "a model, and delete your account with all that belongs to it.",
        ),
        (
            "Cookies",
            "Two. One keeps you signed in. The other remembers that this browser has signed in to "
            "your account, so that a stranger who guesses passwords does not lock you out. "
            "A phone that adds photos by a code gets one for an hour, which says for which model. "
            "Nothing follows you, and your browser fetches nothing but from this server and the "
            "storage that its operator chose.",
        ),
    ]


def _counted(deps: Deps) -> tuple[str, str]:
    title, text = COUNTED
    return title, text.format(host=urlsplit(deps.settings.posthog_host).hostname)


def _engines(deps: Deps) -> list[EngineInfo]:
    """Those that members can ask for pictures, the usual one first."""
    return [engine.info for engine in deps.engines.ready]
