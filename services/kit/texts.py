"""Cleaning of texts that a member typed."""

import unicodedata

from services.errors import Invalid

# Cc control, Cs lone surrogate; bidirectional overrides make a text look like another text
_REFUSED = {"Cc", "Cs"}
_BIDI = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean(value: str, *, field: str, maximum: int, minimum: int = 0, lines: bool = False) -> str:
    """Return the text in NFC without outer blanks and invisible controls; line breaks if `lines`.

    minimum, maximum: characters. Raises Invalid; field: the field's name in the message.
    """
    allowed = "\n\t" if lines else ""
    kept = (
        c
        for c in value.replace("\r\n", "\n")
        if c in allowed or unicodedata.category(c) not in _REFUSED
    )
    text = unicodedata.normalize("NFC", "".join(c for c in kept if c not in _BIDI)).strip()
    if len(text) < minimum:
        raise Invalid(f"{field} is missing." if not text else f"{field} is too short.", field=field)
    if len(text) > maximum:
        raise Invalid(f"{field} may have at most {maximum:,} characters.", field=field)
    return text
