"""Which storage the settings mean."""

from services.settings import Settings
from services.storage.base import Storage
from services.storage.local import LocalStorage
from services.storage.s3 import S3Storage


def configured(settings: Settings, secret: bytes) -> Storage:
    """A bucket where S3_BUCKET is set, else the local disk; `secret` signs its URLs."""
    return bucket(settings) if settings.s3_bucket else local(settings, secret)


def local(settings: Settings, secret: bytes) -> LocalStorage:
    """The files under DATA_DIR."""
    return LocalStorage(
        settings.data_dir / "files",
        secret=secret,
        base_url=settings.base_url,
        cdn_url=settings.cdn_base_url or "",
    )


def bucket(settings: Settings) -> S3Storage:
    """The bucket that is set; raises ValueError if there is none."""
    if not settings.s3_bucket:
        raise ValueError("S3_BUCKET is not set.")
    key_id, key = settings.s3_access_key_id, settings.s3_secret_access_key
    return S3Storage(
        settings.s3_bucket,
        region=settings.s3_region,
        endpoint_url=settings.s3_endpoint_url,
        access_key_id=key_id.get_secret_value() if key_id else None,
        secret_access_key=key.get_secret_value() if key else None,
        cdn_url=settings.cdn_base_url or "",
    )
