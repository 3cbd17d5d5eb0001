"""Decides the OS user of the servers: ours, or an unprivileged one under root."""

import ctypes
import os
import pwd
import signal
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from app.embedded.errors import UnreachableError

# Numbers from <linux/prctl.h> and <linux/capability.h>.
PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAPABILITY_VERSION_3 = 0x20080522
CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2

LINUX = sys.platform == "linux"


@dataclass(frozen=True)
class OsUser:
    """An OS user, and the one capability that it keeps, if any."""

    uid: int
    gid: int
    capability: int | None = None


def server_account(data: Path) -> OsUser | None:
    """Return the user that runs the servers; None is the present one.

    PostgreSQL refuses to run as root. Existing data is served by its owner.
    """
    owner = data.stat() if data.exists() else None
    if os.geteuid() != 0:
        if owner and owner.st_uid != os.geteuid():
            raise UnreachableError(
                f"{data} belongs to user {owner.st_uid}; start refeed as that user or "
                "as root, or choose another folder with REFEED_STATE_DIR"
            )
        return None
    if owner and owner.st_uid != 0:
        return OsUser(owner.st_uid, owner.st_gid)
    nobody = pwd.getpwnam("nobody")
    return OsUser(nobody.pw_uid, nobody.pw_gid)


def able_to_reach(
    account: OsUser, folders: Iterable[Path], programs: Iterable[Path], held: int
) -> OsUser:
    """Return `account` with the smallest capability that gives access to these paths.

    Parent folders of a state folder or a venv may be closed (a private home). We do
    not change their modes; the servers get a capability to traverse them instead.
    `held` are our own capabilities; raises UnreachableError if none is sufficient.
    """
    programs = list(programs)
    # The capability to traverse folders does not allow executing closed programs.
    program = next((p for p in programs if not _open_to_all(p)), None)
    parents = {parent for path in (*folders, *programs) for parent in path.parents}
    closed = next((p for p in sorted(parents) if not _open_to_all(p)), program)
    if closed is None:
        return account
    choices = [CAP_DAC_OVERRIDE] if program else [CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE]
    for capability in choices:
        if held >> capability & 1:
            return replace(account, capability=capability)
    raise UnreachableError(
        f"started by root, the embedded servers run as user {account.uid}, who may "
        f"not enter {closed}; start refeed as an ordinary user, or choose a folder "
        "that others may enter with REFEED_STATE_DIR"
    )


def _open_to_all(path: Path) -> bool:
    return bool(path.stat().st_mode & 0o001)


def held_capabilities() -> int:
    """Return our permitted capabilities as a bit mask; 0 outside Linux."""
    if not LINUX:
        return 0
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapPrm:"):
            return int(line.split()[1], 16)
    return 0


def own(path: Path, account: OsUser | None) -> None:
    """Make the account the owner of a file or folder."""
    if account:
        os.chown(path, account.uid, account.gid)


def become(account: OsUser | None, death: signal.Signals) -> Callable[[], None]:
    """Return the function that a child runs between fork and exec.

    It changes to `account`, and on Linux requests the signal `death` for when the
    thread that started it ends: a killed launcher leaves no process behind.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    launcher = os.getpid()

    def in_child() -> None:
        if account:
            _change_user(libc, account)
        if LINUX:
            # Last, because a change of user clears it.
            _check(libc.prctl(PR_SET_PDEATHSIG, death, 0, 0, 0))
            if os.getppid() != launcher:
                os._exit(1)

    return in_child


def _change_user(libc: ctypes.CDLL, account: OsUser) -> None:
    if account.capability is not None:
        _check(libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
    os.setgroups([])
    os.setgid(account.gid)
    os.setuid(account.uid)
    if account.capability is not None:
        bit = 1 << account.capability
        header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
        # Two blocks of effective, permitted, inheritable; ours are in the first.
        sets = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)
        _check(libc.capset(header, sets))
        raised = libc.prctl(
            PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, account.capability, 0, 0
        )
        _check(raised)


def _check(result: int) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
