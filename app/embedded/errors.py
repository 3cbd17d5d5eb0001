"""What can go wrong in the launcher; each message is a sentence for the operator."""

from pathlib import Path


class EmbeddedError(Exception):
    """The launcher cannot go on; the message says why and what to do."""


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
    """A server's program is not installed."""


class UnreachableError(EmbeddedError):
    """The account that runs the servers cannot reach a folder it needs."""


class StartError(EmbeddedError):
    """A child did not become ready."""


class GaveUpError(EmbeddedError):
    """A child ended again and again."""
