"""Sends a message to a chat by Apprise, in a thread."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

import structlog
from pydantic import SecretStr

from app.alerts.digest import Text
from app.alerts.outcomes import CHAT_FAILED, Result

log = structlog.get_logger(__name__)

LONGEST = 60.0
"""Seconds; Apprise waits four for a connection, and four for each read."""
THREADS = 4
FAILED = Result(error=CHAT_FAILED)
_POOL = ThreadPoolExecutor(THREADS, thread_name_prefix="chat")


async def send_chat(url: SecretStr, text: Text) -> Result:
    """Send it. Why it failed only Apprise's log says, which may have the URL."""
    loop = asyncio.get_running_loop()
    try:
        sending = loop.run_in_executor(_POOL, _send, url, text)
        sent = await asyncio.wait_for(sending, LONGEST)
    except TimeoutError:
        return FAILED
    return Result() if sent else FAILED


def _send(url: SecretStr, text: Text) -> bool:
    """No error leaves: the frames of its traceback hold the URL, and may be logged."""
    try:
        return _notify(url, text)
    except Exception as error:  # noqa: BLE001 - see above
        log.error("alert.chat_error", error=type(error).__name__)  # noqa: TRY400
        return False


def _notify(url: SecretStr, text: Text) -> bool:
    """Without redirects: an answer names no other host."""
    from apprise import Apprise, AppriseAsset, NotifyFormat  # noqa: PLC0415 - 0.3 s

    _silence()
    asset = AppriseAsset(http_redirects=False, async_mode=False)
    one = Apprise.instantiate(url.get_secret_value(), asset, suppress_exceptions=False)
    if one is None:
        return False
    plain = NotifyFormat.TEXT
    return bool(one.notify(body=text.body, title=text.subject, body_format=plain))


def _silence() -> None:
    """Paths of requests are secrets, and at level `debug` both log them."""
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    logging.getLogger("urllib3").setLevel(logging.ERROR)
