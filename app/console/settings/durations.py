"""Durations as people write them, and as the API has them. Pure."""

import re

ISO = re.compile(
    r"P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)(?:\.0+)?S)?)?"
)
PART = re.compile(
    r"\s*(\d+)\s*(weeks?|w|days?|d|hours?|h|minutes?|min|m|seconds?|s)(?![a-z])"
)
SECONDS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
SUGGESTED = ("15 min", "30 min", "1 h", "2 h", "6 h", "12 h", "1 day")


def duration_text(iso: str | None) -> str:
    """`PT2H30M` as `2 h 30 min`. Another text is returned as it is."""
    found = ISO.fullmatch(iso or "")
    if not found or not any(found.groups()):
        return iso or ""
    given = {name: int(value or 0) for name, value in found.groupdict().items()}
    total = sum(count * SECONDS[name[0]] for name, count in given.items())
    return text_of_seconds(total)


def text_of_seconds(total: int) -> str:
    days, rest = divmod(total, SECONDS["d"])
    hours, rest = divmod(rest, SECONDS["h"])
    minutes, seconds = divmod(rest, SECONDS["m"])
    day = "day" if days == 1 else "days"
    parts = [(days, day), (hours, "h"), (minutes, "min"), (seconds, "s")]
    return " ".join(f"{n} {unit}" for n, unit in parts if n) or "0 min"


def duration_iso(text: str) -> str:
    """`2 h 30 min` as `PT9000S`. Another text goes to the API, which explains it."""
    rest, total = text.strip().lower(), 0
    while found := PART.match(rest):
        total += int(found[1]) * SECONDS[found[2][0]]
        rest = rest[found.end() :]
    is_read = not rest.strip() and text.strip()
    return f"PT{total}S" if is_read else text.strip()
