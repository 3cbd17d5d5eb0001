"""Which chats get alerts: services with a fixed host, without options. Pure."""

import re

_ID, _SECRET = r"[A-Za-z0-9]{5,64}", r"[A-Za-z0-9_-]{5,200}"
FORMS: dict[str, tuple[str, str]] = {
    "slack": ("slack://TokenA/TokenB/TokenC", rf"{_ID}/{_ID}/{_ID}"),
    "discord": ("discord://WebhookID/WebhookToken", rf"[0-9]{{5,32}}/{_SECRET}"),
    "tgram": (
        "tgram://123456789:BotToken/ChatID",
        rf"[0-9]{{5,32}}:{_SECRET}/-?[0-9]{{1,32}}",
    ),
    "gchat": (
        "gchat://Workspace/WebhookKey/WebhookToken",
        rf"[A-Za-z0-9_-]{{3,64}}/{_SECRET}/[A-Za-z0-9_-]{{5,200}}",
    ),
}
"""By schema of Apprise: the form of its URL, and a pattern of the rest."""
ACCEPTED_CHATS = ", ".join(form for form, _ in FORMS.values())
LONGEST_CHAT_URL = 600


def is_chat_url(value: str) -> bool:
    """Whether its requests go to the service itself, whatever the rest says."""
    schema, _, rest = value.partition("://")
    return (
        schema in FORMS and re.fullmatch(FORMS[schema][1], rest, re.ASCII) is not None
    )


def service_of(url: str) -> str:
    """The schema, which is no secret."""
    return url.partition("://")[0]
