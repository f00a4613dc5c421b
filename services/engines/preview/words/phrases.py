"""Phrases as the tables write them, and every form of each that a member may type."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

# Words that follow a noun into the plural and adjectives through gender and case, by language.
# They are few on purpose: a rule that reads "burger" as a plural of "Burg" claims a castle.
_NOUN = {"de": ("", "s", "es", "e", "en", "n"), "fr": ("", "s", "x"), "es": ("", "s", "es")}
_ADJECTIVE = {
    "de": ("", "e", "en", "er", "es", "em"),
    "fr": ("", "e", "s", "es"),
    "es": ("", "s", "es"),
}
_SHORTEST = 4  # letters of a word that is inflected at all; "de", "al" and "im" never are
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})

Form = tuple[str, ...]  # one phrase, word by word, as `plain` leaves it


@dataclass(frozen=True, slots=True)
class Phrases:
    """What people call one thing: comma-separated phrases in each language, in their base form.

    `~` behind a phrase marks an adjective, which is inflected as one.
    """

    en: str = ""
    de: str = ""
    fr: str = ""
    es: str = ""

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """(language, phrase), the `~` still on it."""
        for language in ("en", "de", "fr", "es"):
            for phrase in getattr(self, language).split(","):
                if phrase.strip():
                    yield language, phrase.strip()


def plain(text: str) -> str:
    """Lower case, accents and umlauts taken off: `Café` and `cafe` are one word."""
    split = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in split if not unicodedata.combining(c))


def words(text: str) -> Form:
    """Its words; what stands between them is dropped."""
    return tuple(re.findall(r"[^\W_]+", plain(text)))


def forms(language: str, phrase: str) -> Iterable[Form]:
    """The phrase itself first, then its inflected forms."""
    adjective, base = phrase.endswith("~"), phrase.rstrip("~")
    yield words(base)
    spelled = [base]
    if language == "de" and base.translate(_UMLAUTS) != base:
        spelled.append(base.translate(_UMLAUTS))
    for each in spelled:
        if language == "en":
            yield from _english(words(each), adjective=adjective)
        else:
            *before, last = words(each)
            heads = (_inflected(word, language, inner=True) for word in before)
            yield from product(*heads, _inflected(last, language, adjective=adjective))


def _english(form: Form, *, adjective: bool) -> Iterator[Form]:
    yield form
    if not adjective:
        yield (*form[:-1], plural(form[-1]))


def plural(word: str) -> str:
    """The regular English plural: `city` and `cities`, `beach` and `beaches`."""
    if word.endswith(("s", "x", "ch", "sh")):
        return f"{word}es"
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}s"


def verb(base: str) -> tuple[str, ...]:
    """The regular forms of an English verb: `dance`, `dances`, `danced`, `dancing`."""
    if base.endswith("e"):
        return base, f"{base}s", f"{base}d", f"{base[:-1]}ing"
    stem = base
    if re.fullmatch(r"[^aeiou]*[aeiou][^aeiouwxy]", base):
        stem = base + base[-1]  # `run`, `running`
    return base, plural(base), f"{stem}ed", f"{stem}ing"


def _inflected(
    word: str, language: str, *, adjective: bool = False, inner: bool = False
) -> tuple[str, ...]:
    """inner: within a phrase, where it may be noun or adjective (`alte Mauer`, `alten Mauer`)."""
    if len(word) < _SHORTEST:
        return (word,)
    endings = _NOUN[language] if not adjective else ()
    endings += _ADJECTIVE[language] if adjective or inner else ()
    found = [word + ending for ending in dict.fromkeys(endings)]
    if adjective and language == "es" and word.endswith("o"):
        found += [f"{word[:-1]}a", f"{word[:-1]}as"]
    return tuple(found)
