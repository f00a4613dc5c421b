"""Measures the booth's words by sentences that nobody tuned them to."""

import unicodedata
from collections.abc import Callable

import pytest

from services.engines.preview.words import understand
from services.engines.preview.words.phrases import plain
from tests.services.engines.booth_sentences import Sentence, claimed, sentences

SENTENCES = sentences()


def test_there_are_enough_of_them() -> None:
    assert len({sentence.text for sentence in SENTENCES}) >= 200


def test_19_of_20_are_understood_as_expected() -> None:
    wrong = [_fault(sentence) for sentence in SENTENCES if _fault(sentence)]
    assert len(wrong) <= 0.05 * len(SENTENCES), "\n".join(wrong)


def _fault(sentence: Sentence) -> str:
    got = claimed(understand(sentence.text))
    false, lacking = sentence.false(got), sentence.lacking(got)
    return f"{sentence.text}: false {false}, lacking {lacking}" if false or lacking else ""


def test_nothing_is_claimed_that_was_not_asked_for() -> None:
    false = {s.text: s.false(claimed(understand(s.text))) for s in SENTENCES}
    assert not {text: claims for text, claims in false.items() if claims}


def test_what_cannot_be_done_is_named() -> None:
    asked, named = 0, []
    for sentence in SENTENCES:
        words = plain(" | ".join(each.word for each in understand(sentence.text).not_understood))
        asked += len(sentence.missed)
        named += [word for word in sentence.missed if word in words]
    assert len(named) >= 0.95 * asked


@pytest.mark.parametrize(
    "written",
    [str.upper, str.title, lambda text: _without_accents(text), lambda text: f"  {text}!!"],
    ids=["upper", "title", "no-accents", "marks"],
)
def test_case_accents_and_marks_change_nothing(written: Callable[[str], str]) -> None:
    for sentence in SENTENCES:
        if "text=" not in str(sentence.wanted):  # lettering keeps its case
            changed = understand(written(sentence.text)).scene
            assert changed == understand(sentence.text).scene, sentence.text


def _without_accents(text: str) -> str:
    split = unicodedata.normalize("NFKD", text)
    return "".join(c for c in split if not unicodedata.combining(c))


def test_each_term_is_a_word_of_the_sentence() -> None:
    for sentence in SENTENCES:
        found = understand(sentence.text)
        words = [term.word for term in found.understood]
        words += [each.word for each in found.not_understood]
        assert all(word in " ".join(sentence.text.split()) for word in words)
