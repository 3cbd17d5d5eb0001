"""Configures logging: events with fields, as console text or JSON, without secrets."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

from app.settings import Settings

SECRET_NAMES = re.compile(
    r"authorization|token|secret|password|passwd|cookie|api_key|admin_key",
    re.IGNORECASE,
)
SECRET_VALUES = re.compile(
    r"(refeed_[A-Za-z0-9_-]{8})[A-Za-z0-9_-]+"
    r"|(whsec_)[A-Za-z0-9+/=]+"
    r"|((?:basic|bearer)\s+)\S+"
    r"|(://[^:/@\s]*:)[^@\s]+(?=@)"
    # PostgreSQL shows the row that violates a constraint: it may be that of a buyer.
    r"|(Failing row contains )(?s:\(.*?)(?=\n\[SQL|\nThe above|\n\nThe above|\Z)",
    re.IGNORECASE,
)
HIDDEN = "[hidden]"
PUBLIC_NAMES = frozenset({"token_digest", "key_id"})

Event = MutableMapping[str, Any]
_SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def hide_secrets(_logger: object, _method: str, event: Event) -> Event:
    """Hide the values of secret fields, and secrets inside other texts."""
    for name, value in event.items():
        event[name] = _cleaned(name, value)
    return event


def _cleaned(name: object, value: object) -> object:
    if SECRET_NAMES.search(str(name)) and name not in PUBLIC_NAMES:
        return HIDDEN
    if isinstance(value, str):
        return without_secrets(value)
    if isinstance(value, Mapping):
        return {key: _cleaned(key, inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned("", inner) for inner in value]
    return value


def without_secrets(text: str) -> str:
    """A text for a column that operators read, such as that of an error."""
    return SECRET_VALUES.sub(_blank, text)


def _blank(match: re.Match[str]) -> str:
    return next((g for g in match.groups() if g), "") + HIDDEN


def configure_logs(settings: Settings) -> None:
    """Send all logs, including those of libraries, to standard error in one format."""
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    root.handlers[:] = [_handler(settings)]
    root.setLevel(settings.log_level.upper())
    for quiet in ("alembic", "arq", "asyncio", "httpcore", "httpx", "uvicorn.access"):
        logging.getLogger(quiet).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers[:] = []
        logging.getLogger(name).propagate = True


def _handler(settings: Settings) -> logging.Handler:
    """Tracebacks have no local variables, which may hold a key."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                hide_secrets,
                _renderer(settings),
            ],
        )
    )
    return handler


def _renderer(settings: Settings) -> structlog.typing.Processor:
    console = settings.log_format == "console" or (
        settings.log_format == "auto" and sys.stderr.isatty()
    )
    if not console:
        return structlog.processors.JSONRenderer()
    # Strings are quoted, so that a caller's line break cannot start a new log line.
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(),
        exception_formatter=structlog.dev.plain_traceback,
        repr_native_str=True,
    )
