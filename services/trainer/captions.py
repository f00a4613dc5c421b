"""Captions: the trigger word, the subject and the scene; never what the face looks like."""

import re
from dataclasses import dataclass

# What a caption names, the model learns as changeable; the face has to stay with the trigger word.
_FACE = re.compile(
    r"\b(face|facial|eye|eyes|eyed|eyebrow|eyebrows|nose|mouth|lips|chin|cheek|cheeks|cheekbones"
    r"|jaw|forehead|freckles|wrinkles|dimples|beard|bearded|moustache|mustache|stubble|goatee"
    r"|skin|complexion|hair|haired|hairline|bald|blond|blonde|brunette|redhead|ears|teeth"
    r"|scar|tattoo)\b",
    re.IGNORECASE,
)


FRAMINGS = (
    (0.45, "close-up"),
    (0.25, "head and shoulders"),
    (0.12, "half body"),
    (0.0, "full body"),
)  # from which share of a picture's height on that a face takes


def framing(box: tuple[float, float, float, float]) -> str:
    """How near a person is, by her face's box in 0..1: words that keep it out of the trigger."""
    height = box[3] - box[1]
    return next(words for share, words in FRAMINGS if height >= share)


def training_caption(trigger_word: str, subject: str, scene: str | None) -> str:
    """ "photo of <trigger> <subject>, <scene>", without the phrases that describe the face.

    An empty trigger word makes the caption of the subject alone.
    """
    phrases = [phrase.strip() for phrase in (scene or "").split(",")]
    kept = [phrase for phrase in phrases if phrase and not _FACE.search(phrase)]
    person = f"{trigger_word} {subject}".strip()
    return ", ".join([f"photo of {person}", *kept])


def prompt_with_trigger(prompt: str, trigger_word: str | None, subject: str) -> str:
    """The prompt, begun as the training captions were, unless it names the trigger word itself."""
    if trigger_word is None or re.search(rf"\b{trigger_word}\b", prompt, re.IGNORECASE):
        return prompt
    return f"photo of {trigger_word} {subject}, {prompt}"


@dataclass(frozen=True, slots=True)
class Scene:
    """One of a round's sample pictures. portrait: likeness can be measured on it.

    person: whether the trigger word is in it; without, it shows what the class has become.
    """

    words: str
    portrait: bool = False
    person: bool = True


SAMPLE_SCENES = (
    Scene("head and shoulders, facing the camera, plain studio background, soft light", True),
    Scene("head and shoulders, turned to the left, beside a window in daylight", True),
    Scene("head and shoulders, turned to the right, outdoors in the shade of trees", True),
    Scene("half body, in a bright kitchen, casual clothes"),
    Scene("head and shoulders, facing the camera, in a café, warm light", person=False),
    Scene("full body, in a city street in the evening"),
    Scene("half body, at a desk in an office, business clothes"),
    Scene("half body, on a beach, summer clothes, sunset"),
)
