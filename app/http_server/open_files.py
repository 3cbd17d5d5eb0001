"""Raises the process's limit of open files to what its connections need."""

import resource

import structlog

from app.http_server.limits import SPARE

log = structlog.get_logger(__name__)

OTHER_FILES = 400
"""Logs, libraries, PostgreSQL, Redis, and two files of each upload in progress."""


def allow_open_files(connections: int) -> None:
    """Raise the soft limit; log a warning if the system allows too few."""
    needed = connections + SPARE + OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    allowed = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed < needed:
        log.warning("http.few_open_files", allowed=allowed, needed=needed)
