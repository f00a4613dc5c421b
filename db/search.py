"""Normalizes text for search: accents, case and punctuation do not count.

`vector` does it in SQL, for the gallery's search column; `words` does the same in Python, for the
text that a member types. Both split words themselves: where the database's locale is C,
PostgreSQL's parser takes a typographic quote or a dash for a letter. Its extension `unaccent`
would do a part of this, but not every server has it.
"""

import re
import unicodedata

MARKS = "[\u0300-\u036f]"  # combining accents, which NFKD separates from their letters
SEPARATORS = (  # of ASCII and Latin-1; of typography, currencies and symbols; of CJK; emoji
    "[!-/:-@[-`{-\u00bf\u00d7\u00f7\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff"
    "\u3000-\u3004\u3008-\u3020\ufe00-\ufe6f\U0001f000-\U0001faff]+"
)
LETTERS = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "ς": "σ"}
LIGATURES = {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"}
PLAIN = {ord(letter): plain for letter, plain in (LETTERS | LIGATURES).items()}


def vector(expression: str) -> str:
    """Return SQL for the words of the text `expression`, to be matched with `@@`; immutable."""
    sql = f"lower(regexp_replace(normalize({expression}, NFKD), '{MARKS}', '', 'g'))"
    sql = f"translate(normalize({sql}, NFC), '{''.join(LETTERS)}', '{''.join(LETTERS.values())}')"
    for ligature, letters in LIGATURES.items():
        sql = f"replace({sql}, '{ligature}', '{letters}')"
    return f"to_tsvector('simple', regexp_replace({sql}, '{SEPARATORS}', ' ', 'g'))"


def words(text: str) -> list[str]:
    """Return the words of a text as `vector` stores them, each once, in order."""
    text = re.sub(MARKS, "", unicodedata.normalize("NFKD", text)).lower()
    text = unicodedata.normalize("NFC", text).translate(PLAIN)
    return list(dict.fromkeys(re.sub(SEPARATORS, " ", text).split()))
