"""All commands against a running service, for `app.cli`."""

import typer

from app.command_line import (
    access,
    catalogs,
    events,
    offers,
    orders,
    publications,
    stores,
)
from app.command_line.diagnosis import doctor

GROUPS = (
    *(stores.app, catalogs.app, publications.app, offers.app, orders.app),
    events.app,
    doctor.app,
)


def register(app: typer.Typer) -> None:
    """Add the commands, in the order in which they are used first."""
    for group in (*GROUPS, access.app):
        app.add_typer(group)
