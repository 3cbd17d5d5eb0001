"""Decides what is wrong with an installation, and what repairs it. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum

from app.command_line.errors import Json


class Health(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked: what was found, and what repairs it."""

    name: str
    health: Health
    found: str
    repair: str = ""

    def as_json(self) -> Json:
        return asdict(self)


GIB = 1024**3
SMALLEST_FREE = GIB
SMALLEST_SHARE = 0.1
CLOCK_WARNING = 5.0
CLOCK_FAILED = 60.0
OTHERS = 0o077
OLDEST_VERSION = 150_000
LATE = 60.0


def ok(name: str, found: str) -> Check:
    return Check(name, Health.OK, found)


def failed(name: str, found: str, repair: str) -> Check:
    return Check(name, Health.FAILED, found, repair)


def warning(name: str, found: str, repair: str) -> Check:
    return Check(name, Health.WARNING, found, repair)


def skipped(name: str, why: str) -> Check:
    return Check(name, Health.SKIPPED, why)


def check_disk(folder: str, free: int, total: int) -> Check:
    found = f"{free / GIB:.1f} GiB of {total / GIB:.1f} GiB are free at {folder}"
    if free < SMALLEST_FREE:
        return failed("disk", found, "Free space, or move REFEED_STATE_DIR.")
    if free < total * SMALLEST_SHARE:
        return warning("disk", found, "Free space before uploads are refused.")
    return ok("disk", found)


def check_modes(modes: Mapping[str, int]) -> Check:
    """Files with secrets, by path, and their modes."""
    open_ = sorted(path for path, mode in modes.items() if mode & OTHERS)
    if not open_:
        return ok("file modes", f"{len(modes)} files are private")
    return failed(
        "file modes",
        f"other users may read {', '.join(open_)}",
        f"Run `chmod go= {' '.join(open_)}`, and replace keys that others could read.",
    )


def check_clock(name: str, seconds: float) -> Check:
    """`seconds`: how far another clock is ahead of this machine's."""
    found = f"{abs(seconds):.1f} s {'behind' if seconds > 0 else 'ahead of'} {name}"
    repair = "Synchronize the clock of this machine by NTP."
    if abs(seconds) > CLOCK_FAILED:
        return failed("clock", found, repair)
    if abs(seconds) > CLOCK_WARNING:
        return warning("clock", found, repair)
    return ok("clock", found)


def check_version(number: int, shown: str) -> Check:
    """The version of PostgreSQL as `server_version_num`."""
    if number < OLDEST_VERSION:
        return failed("database", f"PostgreSQL {shown}", "Use PostgreSQL 15 or newer.")
    return ok("database", f"PostgreSQL {shown} answers")


def check_migrations(revision: str | None, *, behind: bool) -> Check:
    if behind:
        found = f"revision {revision or 'none'}, and this release has newer ones"
        return failed("migrations", found, "Run `refeed migrate`.")
    return ok("migrations", f"revision {revision}")


def check_ready(body: Json) -> Check:
    """The body of `/health/ready`."""
    bad = {name: state for name, state in body["checks"].items() if state != "ok"}
    if not bad:
        return ok("service", "ready")
    found = ", ".join(f"{name}: {state}" for name, state in bad.items())
    repair = "Start what is down; docs/operations/outages.md has each case."
    health = Health.FAILED if body["status"] == "down" else Health.WARNING
    return Check("service", health, found, repair)


def check_work(metrics: str) -> Check:
    """The text of `/metrics`: whether due jobs wait for a worker."""
    due = [
        float(line.rpartition(" ")[2])
        for line in metrics.splitlines()
        if line.startswith("refeed_job_oldest_due_seconds{")
    ]
    oldest = max(due, default=0.0)
    if oldest > LATE:
        found = f"the oldest due job waits for {oldest:.0f} s"
        return failed("workers", found, "Start `refeed worker`, or more of them.")
    return ok("workers", "no due job waits")


TOKENS: Mapping[str, tuple[Health, str]] = {
    "ok": (Health.OK, ""),
    "unknown": (Health.OK, ""),
    "refused": (Health.FAILED, "Send a new token: PUT /v1/seller-accounts/{id}/token."),
    "forbidden": (Health.FAILED, "Ask Back Market to allow this account's API."),
}


def check_token(account: Json) -> Check:
    """A seller account as the API shows it."""
    state = account["connection"]["health"]
    health, repair = TOKENS.get(state, (Health.WARNING, ""))
    detail = account["connection"]["detail"]
    found = f"{account['platform']} {account['environment']}: {state}"
    return Check(
        f"token {account['id']}",
        health,
        f"{found} ({detail})" if detail else found,
        repair.replace("{id}", account["id"]),
    )
