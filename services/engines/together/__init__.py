"""Together AI: the client, also for the own GPU worker (`engines/worker`) with the same Queue API.

What the code relies on, and how far it is known. "Documented": Together's documentation or its
OpenAPI description. "Tried": seen with the SDK or Sprocket against a local server. "Assumed":
neither. Nothing here has been tried against the live service.

| fact | known from |
|---|---|
| the SDK retries a POST twice unless max_retries=0: a 504 became three submits | tried |
| no idempotency key exists; a submit whose answer is lost can't be found again | documented |
| images: synchronous, n of 1-4, width and height multiples of 8, base64 answers | documented |
| FLUX.2 refuses image_loras, and rewrites prompts unless prompt_upsampling is false | documented |
| FLUX.2 is run by a partner: 403 until third-party data sharing is allowed | documented |
| Kontext takes one image_url and an aspect_ratio instead of a size | documented |
| Google's and OpenAI's models take width and height, but no seed | assumed |
| FLUX.2 takes reference_images as a list of URLs; which it fetches itself | documented |
| up to 8 reference images | assumed (BFL's own API says so; Together publishes no limit) |
| FLUX.2-pro, -max take no steps or guidance_scale, no FLUX.2 a negative prompt | documented |
| an item of the answer may lack `type`; then it is read by its own fields | tried |
| 400 and 422 never pass when repeated; 422 is the safety check | documented |
| 402 is the spending limit; 429 and 503 were not accepted and not charged | documented, assumed |
| any other 5xx, a read timeout or a broken line may have been accepted | assumed |
| x-ratelimit-reset says how many seconds to wait | documented |
| queue: submit answers requestId; states pending, running, done, failed, canceled | documented |
| only a pending job can be canceled (409 otherwise); our worker stops running ones | tried |
| progress comes as keys of `info`; the reason of a failure as info["error"] | tried |
| a job that misses its claims is run again by the queue, three times at most | documented |
| our worker answers a repeated client_job_id with the job that is there | tried |
| https URLs below the top level of a payload are passed on untouched | tried |
"""

from services.engines.base import ConnectionField, Engine, EngineInfo
from services.engines.together.info import describe as describe_together
from services.settings import Settings
from services.storage.base import Storage

HELP = (
    "No hardware. Photos go to Together AI while they are needed. With a key alone, images "
    "are made from reference photos; trained models need the two containers of the README."
)
FIELDS: tuple[ConnectionField, ...] = (
    ConnectionField("together_api_key", "API key", secret=True),
    ConnectionField(
        "together_image_model", "Model for instant images", example="black-forest-labs/FLUX.2-pro"
    ),
    ConnectionField("together_trainer", "Training container"),
    ConnectionField("together_generator", "Image container"),
)


def missing(settings: Settings) -> str | None:
    """A key."""
    return None if settings.together_api_key else "TOGETHER_API_KEY is not set."


def describe(settings: Settings) -> EngineInfo:
    """What it offers with these settings."""
    return describe_together(settings)


def make(settings: Settings, _storage: Storage) -> Engine:
    """Raises CannotStart when a key or a name is missing."""
    from services.engines.together.engine import make_engine  # the SDK is slow to import

    return make_engine(settings)
