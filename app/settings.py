"""Reads the settings from the environment: names, defaults and bounds."""

from collections.abc import Iterable
from difflib import get_close_matches

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.setting_groups.api_limits import ApiLimitSettings
from app.setting_groups.back_market import BackMarketSettings
from app.setting_groups.catalogs import CatalogSettings
from app.setting_groups.messages import MessageSettings
from app.setting_groups.processes import ProcessSettings
from app.setting_groups.retention import RetentionSettings
from app.setting_groups.schedules import ScheduleSettings

PREFIX = "REFEED_"
OF_TESTS = ("REFEED_TEST_", "REFEED_FAILPOINT")
OF_CLIENTS = ("REFEED_URL", "REFEED_KEY")


class SettingsError(Exception):
    """A setting is missing or invalid; the message names each one."""


class Settings(
    MessageSettings,
    RetentionSettings,
    ScheduleSettings,
    CatalogSettings,
    ApiLimitSettings,
    BackMarketSettings,
    ProcessSettings,
    BaseSettings,
):
    """The settings of an operator, read once at start-up and immutable."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        frozen=True,
        hide_input_in_errors=True,
        extra="ignore",
        enable_decoding=False,  # lists are validated like all others, all at once
    )


def load_settings(**overrides: object) -> Settings:
    """Read the environment.

    Raises SettingsError naming every variable that is wrong and what it accepts.
    """
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        raise SettingsError(_in_words(error)) from None


def _in_words(error: ValidationError) -> str:
    lines: dict[str, str] = {}
    for problem in error.errors(include_input=False, include_url=False):
        name = str(problem["loc"][0])
        field = Settings.model_fields.get(name)
        accepted = f" (accepted: {field.description})" if field else ""
        message = problem["msg"].removeprefix("Value error, ")
        line = f"{PREFIX}{name.upper()}: {message}{accepted}"
        lines.setdefault(name, " ".join(line.split()))
    return "\n".join(lines.values())


def unknown_variables(names: Iterable[str]) -> dict[str, str | None]:
    """Variables that look like settings and are none, with a similar setting. Pure."""
    unknown = [
        name
        for name in names
        if name.upper().startswith(PREFIX)
        and not name.upper().startswith(OF_TESTS)
        and name.upper() not in OF_CLIENTS
        and _plain(name) not in Settings.model_fields
    ]
    return {name: _similar(name) for name in sorted(unknown)}


def _plain(name: str) -> str:
    return name[len(PREFIX) :].lower()


def _similar(name: str) -> str | None:
    found = get_close_matches(_plain(name), Settings.model_fields, n=1)
    return f"{PREFIX}{found[0].upper()}" if found else None


def require(settings: Settings, *names: str) -> None:
    """Raise SettingsError unless each named setting has a value."""
    missing = [name for name in names if getattr(settings, name) is None]
    if missing:
        raise SettingsError(
            "\n".join(
                f"REFEED_{name.upper()} is missing: "
                f"{Settings.model_fields[name].description}"
                for name in missing
            )
        )
