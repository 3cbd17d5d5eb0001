"""Errors of the launcher; each message addresses the operator."""

from pathlib import Path


class EmbeddedError(Exception):
    """The launcher cannot continue; the message has the reason and what to do."""


class AlreadyRunningError(EmbeddedError):
    """Another launcher holds the same state folder."""

    def __init__(self, state_dir: Path, pid: int | None) -> None:
        other = f" (process {pid})" if pid else ""
        super().__init__(
            f"refeed already runs on {state_dir}{other}; "
            "stop it first or choose another folder with REFEED_STATE_DIR"
        )
        self.state_dir = state_dir
        self.pid = pid


class MissingServerError(EmbeddedError):
    """A server binary is not installed."""


class UnreachableError(EmbeddedError):
    """The user that runs the servers has no access to a folder that it needs."""


class StartError(EmbeddedError):
    """A child process did not become ready."""
