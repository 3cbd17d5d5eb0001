"""Watches long work until it ends; a lost connection is opened again."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from app.command_line.client import Client
from app.command_line.errors import CommandError, Exit, Json, NotReachableError
from app.command_line.output import Output

POLL = 0.5
LONGEST_POLL = 5.0
LONGEST_PAUSE = 30.0
Show = Callable[[Json], None]


@contextmanager
def going_on(out: Output, work: str) -> Iterator[None]:
    """Ctrl-C ends only the watching. Raises CommandError with its exit code."""
    try:
        yield
    except KeyboardInterrupt:
        out.note("")
        raise CommandError(
            f"Stopped watching; {work} goes on in the service.",
            Exit.INTERRUPTED,
            "interrupted",
        ) from None


def pauses() -> Iterator[float]:
    """Growing pauses between attempts to reach a service, in seconds. Pure."""
    pause = 1.0
    while True:
        yield pause
        pause = min(pause * 2, LONGEST_PAUSE)


def follow(client: Client, out: Output, path: str, show: Show) -> Json:
    """Watch the event stream of a catalog or publication; its last progress.

    Raises CommandError if the service refuses.
    """
    last_id: str | None = None
    seen: Json = {}
    waits = pauses()
    while True:
        try:
            for event in client.events(f"{path}/events", last_id):
                last_id, seen, waits = event.id, event.data, pauses()
                show(seen)
                if event.name == "end":
                    return seen
        except CommandError as error:
            wait_after(client, out, error, next(waits))
        else:
            client.pause(POLL)  # a stream ends after ten minutes, or at a restart


def wait_after(client: Client, out: Output, error: CommandError, pause: float) -> None:
    """Wait before the next attempt. Raises the error if it would repeat."""
    lost = isinstance(error, NotReachableError) or error.retry_after is not None
    if not lost and error.exit_code is not Exit.NOT_REACHABLE:
        raise error
    out.note(f"Connection lost; trying again in {pause:.0f} s.")
    client.pause(pause)


def poll(
    client: Client,
    out: Output,
    path: str,
    done: Iterable[str],
    show: Show,
) -> Json:
    """Read a resource until it is in one of these states, and return it."""
    ends, pause, waits = frozenset(done), POLL, pauses()
    while True:
        try:
            found = client.get(path)
        except CommandError as error:
            wait_after(client, out, error, next(waits))
            continue
        waits = pauses()
        show(found)
        if found["state"] in ends:
            return found
        client.pause(pause)
        pause = min(pause * 1.5, LONGEST_POLL)
