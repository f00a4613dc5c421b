"""/studio: a model, a sentence, a style; the price before the click; pictures as they come."""

from collections.abc import Sequence
from uuid import UUID

from nicegui import ui

from components import live, words
from components.controls import Choice, Field, Segments, button, set_enabled
from components.dom import El, el
from components.feedback import banner, empty_state, toast
from components.icons import icon
from components.pickers import Picker, Slider, aspect_picker, style_picker
from components.results import ResultCard
from pages.context import current_user
from pages.shell import shell
from services import gallery, generations, jobs, presets, samples_of, user_models
from services.deps import Deps
from services.engines.base import Parameter
from services.errors import DomainError, Invalid
from services.generations import GenerationRequest, GenerationView
from services.user_models import UserModelView
