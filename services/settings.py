"""Every setting of the product: environment first, then `.env`; nothing is required."""

import os
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


def default_data_dir() -> Path:
    """Return `/var/lib/likeness` for root, else `./data`.

    Root's home is closed to the database's user.
    """
    return Path("/var/lib/likeness") if os.geteuid() == 0 else Path("data")


class DatabaseSettings(BaseSettings):
    """Where the database is: all that commands need that only save or restore the database."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    data_dir: Path = Field(default_factory=default_data_dir)
    database_url: SecretStr | None = None


class Settings(DatabaseSettings):
    """The operator's choices; `.env.example` explains each one."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=1, le=65535)
    public_url: str | None = None
    secret_key: SecretStr | None = None
    role: Literal["all", "web", "worker"] = "all"
    registration: Literal["open", "invite", "closed"] = "open"
    trusted_proxies: str = "127.0.0.1"
    allowed_hosts: str = ""
    metrics_token: SecretStr | None = None
    quality_public: bool = False
    call_limits: Literal["on", "off"] = "on"

    s3_bucket: str | None = None
    s3_endpoint_url: str | None = None
    s3_region: str = "us-east-1"
    s3_access_key_id: SecretStr | None = None
    s3_secret_access_key: SecretStr | None = None
    cdn_base_url: str | None = None
    member_quota_bytes: int = Field(default=10 * 2**30, ge=0)

    engine: str = "auto"  # see engines/configured.py
    together_api_key: SecretStr | None = None
    together_base_url: str = "https://api.together.ai"
    together_trainer: str | None = None
    together_generator: str | None = None
    together_image_model: str = "black-forest-labs/FLUX.2-pro"
    base_model: str | None = None
    generation_profile: Literal["fast", "quality"] = "quality"
    lora_scale: float | None = Field(default=None, ge=0, le=1.5)  # None: the profile's own
    training_recipe: dict[str, Any] = Field(default_factory=dict)
    upscaler: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")
    gpu_worker_url: str | None = None
    gpu_worker_key: SecretStr | None = None
    local_gpu: Literal["auto", "on", "off"] = "auto"
    local_gpu_python: Path | None = None
    model_sheets: bool = True
    face_checks: Literal["auto", "off", "on"] = "auto"
    face_judge: Path | None = None
    likeness_floor: bool = True

    c2pa_certificate: Path | None = None
    c2pa_key: Path | None = None

    stripe_secret_key: SecretStr | None = None
    stripe_webhook_secret: SecretStr | None = None
    stripe_price_creator: str | None = None
    stripe_price_pro: str | None = None
    stripe_price_enterprise: str | None = None
    stripe_price_pack: str | None = None
    stripe_api_base: str | None = None
    stripe_tax: bool = False
    stripe_promotion_codes: bool = False
    credit_pack_credits: int = Field(default=0, ge=0)
    past_due_grace_days: int = Field(default=7, ge=0, le=60)
    default_plan: str | None = None

    smtp_url: SecretStr | None = None
    smtp_allow_plaintext: bool = False
    web_push: Literal["off", "on"] = "off"
    web_push_hosts: str = (
        "fcm.googleapis.com,updates.push.services.mozilla.com,web.push.apple.com,"
        "*.push.apple.com,*.notify.windows.com"
    )
    sentry_dsn: SecretStr | None = None
    posthog_key: SecretStr | None = None
    posthog_host: str = "https://eu.i.posthog.com"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("smtp_url")
    @classmethod
    def _is_mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        url = urlsplit(value.get_secret_value()) if value else None
        if url and not (url.scheme in {"smtp", "smtps"} and url.hostname):
            raise ValueError("write it as smtp://user:password@mail.example.com:587")
        return value

    @property
    def behind_proxy(self) -> bool:
        """Return whether people type an address that is not this process's own."""
        public = urlsplit(self.public_url or "")
        return bool(self.public_url) and (public.scheme == "https" or public.port != self.port)

    @property
    def base_url(self) -> str:
        """Return where browsers and workers reach this installation, without a trailing slash."""
        host = "localhost" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104
        host = f"[{host}]" if ":" in host else host
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")
