"""Together AI, and the own GPU worker that serves the same Queue API: one client for both.

What the code relies on, and how far it is known. "Documented": Together's documentation or its
OpenAPI description. "Tried": seen with the SDK or Sprocket against a local server. "Assumed":
neither. Nothing here has been tried against the live service.

| fact | known from |
|---|---|
| the SDK retries a POST twice unless max_retries=0: a 504 became three submits | tried |
| no idempotency key exists; a submit whose answer is lost can't be found again | documented |
| images: synchronous, n of 1-4, width and height multiples of 8, base64 answers | documented |
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
| image_loras with FLUX.2-dev, LoRA by a signed URL (TOGETHER_SERVERLESS_LORA) | assumed |
"""

from services.engines.together.engine import TogetherEngine, make_engine

__all__ = ["TogetherEngine", "make_engine"]
