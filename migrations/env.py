"""Run migrations with a lock timeout, on the connection of `app.migrations` if any."""

from alembic import context
from sqlalchemy import Connection, create_engine

from app.database import sqlalchemy_url
from app.settings import load_settings, require
from app.tables import METADATA


def run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=METADATA)
    with context.begin_transaction():
        context.execute("SET LOCAL lock_timeout = '5s'")
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    settings = load_settings()
    require(settings, "database_url")
    assert settings.database_url is not None  # noqa: S101 - required just above
    engine = create_engine(sqlalchemy_url(settings.database_url.get_secret_value()))
    with engine.connect() as opened:
        run(opened)
