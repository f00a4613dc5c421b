"""The headers by which browsers keep our pages safe."""

from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders

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


def set_safe_headers(headers: MutableHeaders, *, policy: str, https: bool) -> None:
    """Add what is missing; a route's own Cache-Control stays, all else is not to be stored."""
    headers.setdefault("Content-Security-Policy", policy)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "geolocation=(), microphone=(), payment=()")
    headers.setdefault("Cache-Control", "no-store")
    if https:
        headers.setdefault("Strict-Transport-Security", "max-age=63072000")


def _storage_origins(settings: Settings) -> list[str]:
    """Where signed URLs of S3 and the CDN may point to; none with files on the local disk."""
    origins = [settings.cdn_base_url] if settings.cdn_base_url else []
    if settings.s3_bucket:
        endpoint = settings.s3_endpoint_url or f"https://s3.{settings.s3_region}.amazonaws.com"
        parts = urlsplit(endpoint)
        origins += [endpoint, f"{parts.scheme}://{settings.s3_bucket}.{parts.netloc}"]
    return sorted({f"{urlsplit(o).scheme}://{urlsplit(o).netloc}" for o in origins})
