"""The headers by which browsers keep our pages safe."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from services.settings import Settings

STRIPE = "https://checkout.stripe.com https://billing.stripe.com"


def content_security_policy(settings: Settings, nonce: str) -> str:
    """Only our own scripts run; Vue compiles its templates, so 'unsafe-eval' has to stay.

    Styles are written inline by NiceGUI; pictures and downloads may lie on the storage's host.
    """
    files = " ".join(_storage_origins(settings))
    forms = f" {STRIPE}" if settings.stripe_secret_key else ""
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src 'self' 'nonce-{nonce}' 'unsafe-eval'",
            "style-src 'self' 'unsafe-inline'",
            f"img-src 'self' data: blob: {files}".rstrip(),
            f"connect-src 'self' {files}".rstrip(),
            "font-src 'self' data:",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'none'",
            f"form-action 'self'{forms}",
            "frame-ancestors 'none'",
        ]
    )


Header = tuple[bytes, bytes]  # as ASGI has it: the name in lower case
_HEADERS: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"geolocation=(), microphone=(), payment=()"),
    (b"cache-control", b"no-store"),
)
_STRICT_TRANSPORT = (b"strict-transport-security", b"max-age=63072000")


def with_safe_headers(headers: Iterable[Header], *, policy: str, https: bool) -> list[Header]:
    """Add what is missing; a route's own Cache-Control stays, all else is not to be stored."""
    given = list(headers)
    names = {name.lower() for name, _ in given}
    ours = [(b"content-security-policy", policy.encode()), *_HEADERS]
    if https:
        ours.append(_STRICT_TRANSPORT)
    return given + [header for header in ours if header[0] not in names]


def _storage_origins(settings: Settings) -> list[str]:
    """Where signed URLs of S3 and the CDN may point to; none with files on the local disk."""
    origins = [settings.cdn_base_url] if settings.cdn_base_url else []
    if settings.s3_bucket:
        endpoint = settings.s3_endpoint_url or f"https://s3.{settings.s3_region}.amazonaws.com"
        parts = urlsplit(endpoint)
        origins += [endpoint, f"{parts.scheme}://{settings.s3_bucket}.{parts.netloc}"]
    return sorted({f"{urlsplit(o).scheme}://{urlsplit(o).netloc}" for o in origins})
