"""Text that members type: trimmed, of bounded length, without invisible controls."""

import unicodedata

from services.errors import Invalid

# Cc: control, Cs: lone surrogate, neither of which Postgres can store
_REFUSED = frozenset({"Cc", "Cs"})
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # make text misread


def clean(value: str, *, name: str, limit: int, minimum: int = 0, lines: bool = False) -> str:
    """`value` in NFC, trimmed; line breaks and tabs become spaces unless `lines`.

    Raises Invalid, naming the field, when it has fewer than `minimum` characters or over `limit`.
    """
    spaced = "\n".join(" ".join(line.split()) for line in value.splitlines())
    text = unicodedata.normalize("NFC", spaced if lines else " ".join(spaced.split()))
    kept = "".join(
        c for c in text if c not in _BIDI and (c == "\n" or unicodedata.category(c) not in _REFUSED)
    ).strip()
    if len(kept) < minimum:
        raise Invalid(f"{name} is empty.", field=name.lower())
    if len(kept) > limit:
        raise Invalid(
            f"{name} may have at most {limit:,} characters; this one has {len(kept):,}.",
            field=name.lower(),
        )
    return kept
