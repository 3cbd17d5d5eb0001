"""What each command shares: options, the service, the store that is meant, its end."""

import functools
import inspect
import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.command_line.errors import CommandError, Exit, Json, UsageError
from app.command_line.output import Output
from app.command_line.profile import choose_target

if TYPE_CHECKING:
    from app.command_line.client import Client

UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
MOST_STORES = 100_000
SHOWN = 5

StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        "-s",
        help="id, start of an id, or name; not needed if the key has one store",
    ),
]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, help="show so many")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="do not ask")]
Watch = Annotated[
    bool,
    typer.Option("--watch/--no-watch", "-w", help="show the progress until the end"),
]
_JSON = Annotated[bool, typer.Option("--json", help="JSON for programs")]
_PROFILE = Annotated[
    str | None, typer.Option("--profile", help="a profile of `refeed profile add`")
]


@dataclass(frozen=True, slots=True)
class Listed:
    """Items to show; `more`: the service has others."""

    items: Sequence[Json]
    more: bool = False


@dataclass(slots=True)
class Session:
    """One execution of a command: the service that it calls, and its output."""

    out: Output
    profile: str | None = None
    opened: "Client | None" = None

    @property
    def client(self) -> "Client":
        """The client; commands that call no service open none."""
        if self.opened is None:
            from app.command_line.client import (  # noqa: PLC0415 - `--help` is quick
                Client,
            )

            target = choose_target(self.profile)
            if target.key and target.exposes_key:
                self.out.note(f"Warning: {target.url} gets the key unencrypted.")
            self.opened = Client(target)
        return self.opened

    def store(self, named: str | None) -> Json:
        """The store that is meant. Raises UsageError for none or several."""
        if named and UUID.fullmatch(named):
            return self.client.get(f"/v1/stores/{named}")
        stores = list(self.client.items("/v1/stores", MOST_STORES))
        return find_store(stores, named)

    def confirm(self, question: str, *, yes: bool) -> None:
        """Ask a person. Raises UsageError without `--yes` where no one can answer."""
        if yes:
            return
        if not sys.stdin.isatty() or self.out.as_json:
            raise UsageError(f"{question} Say so with --yes.", "not_confirmed")
        sys.stderr.write(f"{question} [y/N] ")
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
            raise CommandError("Nothing was changed.", code="not_confirmed")

    def first(self, path: str, limit: int, **params: object) -> "Listed":
        """The first items of a list, and whether there are more."""
        found = list(self.client.items(path, limit + 1, **params))
        return Listed(found[:limit], more=len(found) > limit)

    def show_list(
        self,
        listed: "Listed",
        columns: Sequence[str],
        row: Callable[[Json], Sequence[object]],
        empty: str,
    ) -> None:
        """A table, or `{"items": [...], "more": false}`."""
        if self.out.as_json:
            self.out.document({"items": list(listed.items), "more": listed.more})
            return
        self.out.table(columns, [row(item) for item in listed.items], empty)
        if listed.more:
            self.out.note(f"The first {len(listed.items)}; more with --limit.")


def find_store(stores: Sequence[Json], named: str | None) -> Json:
    """The store with this id, start of an id, or name; the only one for None. Pure."""
    if named is None:
        found, problem = list(stores), "Name a store with --store"
    else:
        found = (
            [s for s in stores if s["id"] == named.lower()]
            or [s for s in stores if s["name"] == named]
            or [s for s in stores if s["name"].casefold() == named.casefold()]
            or [s for s in stores if s["id"].startswith(named.lower())]
        )
        problem = f"More than one store is `{named}`; use an id"
    if len(found) == 1:
        return found[0]
    if not stores:
        raise UsageError("There is no store yet; create one first.", "unknown_store")
    if not found:
        raise UsageError(
            f"No store is `{named}`; `refeed stores` lists those of this key.",
            "unknown_store",
        )
    names = ", ".join(f"{s['id']} ({s['name']}, {s['country']})" for s in found[:SHOWN])
    more = len(found) - SHOWN
    others = f" and {more} more" if more > 0 else ""
    raise UsageError(f"{problem}: {names}{others}.", "ambiguous_store")


def command(
    app: typer.Typer, name: str | None = None
) -> Callable[[Callable[..., Any]], Callable[..., None]]:
    """Register a function of a session; adds `--json` and `--profile`.

    It may return an exit code. Errors are one sentence on stderr.
    """

    def register(function: Callable[..., Any]) -> Callable[..., None]:
        @functools.wraps(function)
        def run(*, as_json: bool, profile: str | None, **given: object) -> None:
            session = Session(Output(as_json), profile)
            raise typer.Exit(_ended(session, lambda: function(session, **given)))

        own = list(inspect.signature(function).parameters.values())[1:]
        only = inspect.Parameter.KEYWORD_ONLY
        added = [
            inspect.Parameter("as_json", only, default=False, annotation=_JSON),
            inspect.Parameter("profile", only, default=None, annotation=_PROFILE),
        ]
        parameters = [*own, *added]
        del run.__wrapped__
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {each.name: each.annotation for each in parameters}
        app.command(name)(run)
        return function

    return register


def _ended(session: Session, work: Callable[[], Any]) -> int:
    """Run a command; its exit code."""
    try:
        return int(work() or Exit.OK)
    except CommandError as error:
        if session.out.as_json:
            from json import dumps  # noqa: PLC0415 - only here

            sys.stderr.write(f"{dumps(error.as_json(), ensure_ascii=False)}\n")
        else:
            session.out.note(f"refeed: {error.message}")
        return int(error.exit_code)
    except KeyboardInterrupt:
        return int(Exit.INTERRUPTED)
    except BrokenPipeError:  # the reader, such as `head`, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(Exit.OK)
    finally:
        if session.opened:
            session.opened.close()
