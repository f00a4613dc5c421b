"""/api/webhooks/stripe: for Stripe only; without STRIPE_WEBHOOK_SECRET there is no such route."""

from fastapi import Request
from fastapi.responses import JSONResponse

from pages.api.dependencies import DepsDep, api_router
from services.billing import events
from services.errors import NotFound, TooLarge
from services.payments.base import BadEvent, BadSignature

MAX_BYTES = 1024 * 1024  # Stripe's own events stay far below

router = api_router("webhooks")


@router.post("/webhooks/stripe", include_in_schema=False)
async def receive(request: Request, deps: DepsDep) -> JSONResponse:
    """Verified, stored once and answered at once; a job does the rest."""
    if deps.settings.stripe_webhook_secret is None or not deps.payments.enabled:
        raise NotFound("There is no such page.")
    body = b""
    async for chunk in request.stream():  # the raw bytes: the signature covers every one
        body += chunk
        if len(body) > MAX_BYTES:
            raise TooLarge("An event is at most 1 MB.")
    try:
        signature = request.headers.get("stripe-signature")
        await events.receive(deps, payload=body, signature=signature)
    except BadSignature:
        return _refused("BadSignature", "The signature does not match.")
    except BadEvent:
        return _refused("BadEvent", "This is not one of Stripe’s events.")
    return JSONResponse({"received": True})


def _refused(error: str, message: str) -> JSONResponse:
    return JSONResponse({"error": error, "message": message, "details": {}}, 400)
