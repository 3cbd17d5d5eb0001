"""Settings of webhooks received, events sent and alerts."""

from datetime import timedelta
from typing import Literal

from pydantic import BaseModel, Field, SecretStr, field_validator

from app.setting_groups.types import Span, Wait, is_smtp_url


class MessageSettings(BaseModel):
    """Incoming webhooks, webhook endpoints and alerts."""

    hook_debounce: Span = Field(
        timedelta(seconds=1), description="webhooks of a store within it make one run"
    )
    hook_secret_overlap: Span = Field(
        timedelta(hours=24),
        description="how long a replaced webhook secret stays valid",
    )
    webhook_timeout: Span = Field(
        timedelta(seconds=15), description="how long an endpoint may take to respond"
    )
    webhook_disable_after: Span = Field(
        timedelta(days=5),
        description="failures of an endpoint, or of all recipients of an alert "
        "channel, until it is disabled",
    )
    smtp_url: SecretStr | None = Field(
        None,
        description="server for alerts by e-mail: `smtps://user:password@host:465`, or "
        "`smtp://host:25`",
    )
    smtp_from: str | None = Field(
        None,
        pattern=r"^[\w.+-]+@[\w-]+(\.[\w-]+)+$",
        description="sender of alerts by e-mail; with `SMTP_URL`",
    )
    smtp_starttls: Literal["required", "offered"] = Field(
        "required",
        description="of `smtp://`; `offered`: if the server has it, never a password "
        "without",
    )
    alert_digest: Wait = Field(
        timedelta(minutes=5),
        description="events of a channel within it make one message",
    )

    @field_validator("smtp_url")
    @classmethod
    def _smtp_only(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not is_smtp_url(value.get_secret_value()):
            raise ValueError("accepted: smtps://user:password@host:465, smtp://host:25")
        return value
