"""Style presets: what the studio offers, and the words that real models are given for each."""

from dataclasses import dataclass

from services.engines.base import PHOTO
from services.errors import Invalid


@dataclass(frozen=True, slots=True)
class Preset:
    """One style. `template` takes {subject} (trigger word and class) and {prompt}."""

    id: str
    name: str
    description: str
    template: str


def _preset(id: str, name: str, description: str, style: str) -> Preset:
    return Preset(id, name, description, f"{style} of {{subject}}, {{prompt}}")


PRESETS = (
    _preset(
        "studio-portrait",
        "Studio portrait",
        "Soft key light on a dark seamless backdrop",
        "professional studio portrait, softbox key light, dark seamless backdrop, 85mm, photo",
    ),
    _preset(
        "golden-hour",
        "Golden hour",
        "Low warm sun, haze and flare",
        "golden hour photograph, low warm backlight, sun flare, shallow depth of field,",
    ),
    _preset(
        "black-and-white-film",
        "Black-and-white film",
        "Silver grain and deep shadows",
        "black and white film photograph, 35mm silver halide grain, high contrast,",
    ),
    _preset(
        "vintage-print",
        "Vintage print",
        "Faded dyes, a light leak and a paper border",
        "vintage 1970s colour print, faded dyes, light leak, paper border, photograph",
    ),
    _preset(
        "magazine-cover",
        "Magazine cover",
        "Your prompt is the headline",
        "fashion magazine cover photograph, masthead and headline, glossy editorial,",
    ),
    _preset(
        "double-exposure",
        "Double exposure",
        "A portrait and a landscape on one frame",
        "double exposure photograph blended with a misty mountain forest, white background,",
    ),
    _preset(
        "duotone-poster",
        "Duotone poster",
        "Two inks and bold type",
        "duotone screen print poster, two bold inks, halftone, graphic design, portrait",
    ),
    _preset(
        "pop-art",
        "Pop-art grid",
        "Four prints, four palettes",
        "pop art screen print grid, four panels, flat saturated colours, portrait",
    ),
    _preset(
        "comic",
        "Comic",
        "Ink lines, flat colour and halftone dots",
        "comic book panel, bold ink outlines, flat colours, halftone shading, illustration",
    ),
    _preset(
        "neon",
        "Neon",
        "Glowing contours in the dark",
        "neon lit night portrait, magenta and cyan glow, dark background, cinematic photo",
    ),
    _preset(
        "watercolour",
        "Watercolour",
        "Wet washes on rough paper",
        "watercolour painting, wet on wet washes, visible paper texture, portrait",
    ),
    _preset(
        "oil",
        "Oil painting",
        "Thick strokes that follow the form",
        "oil painting, visible impasto brush strokes, rich colour, classical portrait",
    ),
    _preset(
        "pencil",
        "Pencil sketch",
        "Graphite and hatching",
        "detailed graphite pencil sketch, cross hatching, paper texture, portrait",
    ),
    _preset(
        "line-art",
        "Line art",
        "A few sure lines of ink",
        "minimal ink line art drawing, clean contours, cream paper, portrait",
    ),
    _preset(
        "cyanotype",
        "Cyanotype",
        "Prussian blue, brushed by hand",
        "cyanotype print, prussian blue, hand brushed emulsion edges, portrait",
    ),
    _preset(
        "risograph",
        "Risograph",
        "Three spot inks, slightly out of register",
        "risograph print, three spot colours, grain, slight misregistration, portrait",
    ),
)

_PHOTOGRAPHIC = frozenset(
    ("studio-portrait", "golden-hour", "black-and-white-film", "vintage-print", "magazine-cover")
)
_BY_ID = {preset.id: preset for preset in PRESETS}


def get(preset_id: str) -> Preset:
    """The preset with this id. Raises Invalid, naming what there is."""
    try:
        return _BY_ID[preset_id]
    except KeyError:
        raise Invalid(f"There is no preset “{preset_id}”.", presets=list(_BY_ID)) from None


def name(preset_id: str | None) -> str | None:
    """What members call a style; None without one. Raises Invalid."""
    return get(preset_id).name if preset_id else None


def template(preset_id: str | None) -> str:
    """What a real model is asked for: words around {subject} and {prompt}. Raises Invalid."""
    return get(preset_id).template if preset_id else PHOTO


def photographic(preset_id: str | None) -> bool:
    """Whether a picture in this style shows the face as a camera would."""
    return preset_id is None or preset_id in _PHOTOGRAPHIC


def measured(preset_id: str | None) -> str:
    """How a style is told apart in figures: its id; `own` where it is none of ours; or empty."""
    if preset_id is None:
        return ""
    return preset_id if preset_id in _BY_ID else "own"
