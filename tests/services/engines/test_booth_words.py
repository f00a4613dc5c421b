"""What the photo booth understands, in sentences that its tables and rules are built with."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.engines.preview.scene import Colour, Light, Place, Scene, Season
from services.engines.preview.words import understand
from services.engines.preview.words.lexicon import Role, index
from services.engines.preview.words.vocabulary import Vocabulary

VOCABULARY = Vocabulary()
OPTIONS = [option for part in VOCABULARY.vocabulary for option in part.options]

UNDERSTOOD = {
    # places and light, in four languages and with their endings
    "me in a pine forest on a misty evening": "forest, fog, dusk",
    "Sonnenaufgang am See mit Nebel": "dawn, lake, fog",
    "am Rand der Wüste, goldene Stunde": "desert, golden hour",
    "zwischen alten Mauern": "old wall",
    "il fait nuit dans la forêt": "night, forest",
    "au sommet d'une montagne enneigée": "mountains, snow",
    "chez moi à la lumière des bougies": "home, candlelight",
    "un retrato en la azotea al anochecer con luz cálida": "rooftop, dusk, warm colours",
    "entre viñedos en otoño con niebla": "vineyard, autumn, fog",
    "Wueste bei Nacht": "desert, night",
    # the longest phrase first
    "Blue hour": "dusk",
    "the shop is a coffee shop": "café",
    "sand dunes": "desert",
    "shallow depth of field in a field of flowers": "blurred background, meadow",
    # a place that is one with its hour, weather or season
    "misty forest, fall": "fog, forest, autumn",
    "downtown in the rain": "city, rain",
    "autumn leaves in the park": "autumn, park",
    # a word that is a place only where there is no other
    "a castle in the snow": "castle, snow",
    "alone in the snow": "snow",
    "sea at sunset": "beach, golden hour",
    "a mountain village by a sea of pines": "mountains",
    "against the evening sky": "dusk, sky",
    "portrait with a plain dark green background": "green, studio",
    # one of each, the first named; the head of a compound; what shines before the hour
    "golden-hour city rooftop": "golden hour, rooftop",
    "at night by candlelight": "candlelight",
    "red, green and blue tones": "red, green",
    # only what the place shows
    "in a café in the rain": "café",
    "rain": "rain",
    "in space at dawn": "space",
    "northern lights at night": "northern lights, night",
    "by a window in a forest": "forest",
    "winter in a library": "library",
    "a rainy street in autumn": "street in the rain",
    "red and blue, old wall": "red, old wall",
    "a rainy park in autumn": "rain, park, autumn",
    # a colour belongs to what it describes
    "a red silk dress by the sea": "beach",
    "a red and black striped scarf in the mountains": "mountains",
    "wearing a black modern suit, studio": "studio",
    "a silver moon over a harbour": "harbour",
    "vestido rojo en el jardín": "garden",
    "eine Frau in Rot am Meer": "beach",
    "red vintage bus": "",
    "a white church": "",
    "red brick wall": "red, old wall",
    "pink light and blue shadows": "pink, blue",
    "market stall with oranges": "market",
    # so does any word before a thing
    "beach towel and sun hat by a lake": "lake",
    "in my winter boots": "",
    "night club": "",
    "garden party": "garden",
    "bokeh flowers": "blurred background",
    # what is taken back
    "don't add snow, winter mountains": "no snow, winter, mountains",
    "not in the office but in a garden": "no office, garden",
    "no people, foggy harbour": "no people, fog, harbour",
    "no rain or storm, just a clear sky over the dunes": (
        "no rain, no storm, clear weather, desert"
    ),
    "without snow in the mountains": "no snow, mountains",
    "Wald, Schnee bitte nicht": "forest, no snow",
    "pas de neige à la montagne": "no snow, mountains",
    # words that only look like it
    "training for a race": "",
    "lots of space around me": "",
    "I fell in love": "",
    "good knight": "",
    "a burger": "",
    "made of wood": "",
    "looking calm and serene": "",
    # lettering
    'a poster saying "Hello, world" on teal': "“Hello, world”, teal",
    "«Привет», forest": "“Привет”, forest",
    "„Sommer am See“ im Wald": "“Sommer am See”, forest",
    "it's the artist's garden": "garden",
}


@pytest.mark.parametrize("sentence", UNDERSTOOD)
def test_what_is_understood(sentence: str) -> None:
    assert ", ".join(term.label for term in understand(sentence).understood) == UNDERSTOOD[sentence]


NOT_UNDERSTOOD = {
    "as an astronaut in space": ("astronaut", "can't dress you up"),
    "a red silk dress by the sea": ("red silk dress", "can't dress you"),
    "with a black cat": ("black cat", "can't add animals"),
    "dog running on a beach": ("running", "keeps the pose"),
    "two friends laughing on a pier": ("friends", "nobody but you"),
    "in Lisbon": ("Lisbon", "no place by its name"),
    "in a jungle": ("jungle", "forest comes nearest"),
    "as a watercolour": ("watercolour", "a style; choose one"),
    "soft light": ("soft light", "where it comes from"),
    "hat off, no glasses": ("glasses", "can't take it away"),
    "castle by a lake": ("lake", "one place at a time; the booth takes castle"),
    "noon, dusk": ("dusk", "one light at a time; the booth takes noon"),
    "a frobnicator": ("frobnicator", None),
    "me in red": ("red", "colours place and light"),
    "water": ("water", "name one"),
    f'"{"very " * 12}long"': ("very", "up to 48 characters"),
    "“你好” on teal": ("你好", "no such letters"),
    '"one" "two"': ("two", "one text at a time"),
}


@pytest.mark.parametrize("sentence", NOT_UNDERSTOOD)
def test_what_is_not_understood_is_said_with_its_reason(sentence: str) -> None:
    word, reason = NOT_UNDERSTOOD[sentence]
    found = next(e for e in understand(sentence).not_understood if word in e.word)
    assert (reason in (found.reason or "")) if reason else found.reason is None


def test_small_words_and_praise_are_passed_over() -> None:
    sentence = "Please make me a really beautiful 8k photo, masterpiece, taken at the beach, thanks"
    assert understand(sentence).not_understood == ()


def test_the_painters_are_asked_for_what_was_understood() -> None:
    sentence = "in a city at midnight, spring, gold and teal, “Likeness”"
    assert understand(sentence).scene == Scene(
        place=Place.CITY_NIGHT,
        light=Light.NIGHT,
        season=Season.SPRING,
        colours=(Colour.GOLD, Colour.TEAL),
        text="Likeness",
    )


def test_a_vocabulary_of_more_than_400_words() -> None:
    painted = {form for form, entry in index().items() if entry.role is Role.SCENE}
    assert len(painted) > 400


def test_ideas_are_followed_to_the_last_word() -> None:
    for idea in VOCABULARY.ideas:
        found = understand(idea)
        assert len(found.understood) > 1
        assert not found.not_understood


def test_each_option_is_understood_as_itself() -> None:
    assert len([option for option in OPTIONS if option.kind == "place"]) == len(Place)
    for option in OPTIONS:
        found = understand(VOCABULARY.choose("", option))
        assert [(term.kind, term.label) for term in found.understood] == [
            (option.kind, option.label)
        ]
        assert not found.not_understood


def test_picking_twice_leaves_the_sentence_as_it_was() -> None:
    for option in OPTIONS:
        picked = VOCABULARY.choose("me as a queen, holding a fan", option)
        assert VOCABULARY.choose(picked, option) == "me as a queen, holding a fan"


@pytest.mark.parametrize(
    ("prompt", "kind", "value", "written"),
    [
        ("", "place", "beach", "on a beach"),
        ("me standing in a forest at dawn", "place", "beach", "me standing on a beach at dawn"),
        ("me in a forest at dawn", "light", "night", "me in a forest at night"),
        ("in a forest at dawn", "light", "dawn", "in a forest"),
        ("at dawn, in a forest.", "colour", "red", "at dawn, in a forest, red tones"),
        ("forest, red tones", "colour", "teal", "forest, red tones, teal tones"),
        ("forest, red tones, fog", "colour", "red", "forest, fog"),
        ("im Wald am Morgen", "light", "dusk", "im Wald at dusk"),
    ],
)
def test_picking_writes_into_the_sentence(prompt: str, kind: str, value: str, written: str) -> None:
    option = next(o for o in OPTIONS if (o.kind, o.value) == (kind, value))
    assert VOCABULARY.choose(prompt, option) == written


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    found = understand(text)
    assert all(term.word in text for term in found.understood)


def test_the_longest_prompt_is_read_while_somebody_types() -> None:
    prompt = "in a red silk dress by the sea at night, no snow, “x” " * 18
    understand(prompt)
    start = time.process_time()
    understand(prompt)
    assert time.process_time() - start < 0.1
