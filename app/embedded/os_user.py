"""Who the servers run as: ourselves, or an account without rights when we are root."""

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
class Account:
    """A user to become, and the one right of root it keeps, if any."""

    uid: int
    gid: int
    capability: int | None = None


def server_account(data: Path) -> Account | None:
    """Return who runs the servers: None is ourselves.

    PostgreSQL refuses root. Data that exists is served by its owner.
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
        return Account(owner.st_uid, owner.st_gid)
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def able_to_reach(
    account: Account, folders: Iterable[Path], programs: Iterable[Path], held: int
) -> Account:
    """Return `account` with the smallest right that lets it reach these places.

    The folders above a state folder or a venv may be closed (a private home), and
    opening them is not for us: the servers get the right to walk through instead.
    `held` are our own rights; UnreachableError when we have no such right to hand on.
    """
    programs = list(programs)
    # The right to walk through folders does not include starting closed programs.
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
    """Return the rights of root we hold, one bit each; none outside Linux."""
    if not LINUX:
        return 0
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapPrm:"):
            return int(line.split()[1], 16)
    return 0


def own(path: Path, account: Account | None) -> None:
    """Hand a file or folder of ours to the account."""
    if account:
        os.chown(path, account.uid, account.gid)


def become(account: Account | None, death: signal.Signals) -> Callable[[], None]:
    """Return what a child does between fork and exec.

    It becomes `account`, and on Linux asks for `death` when the thread that started
    it ends: a launcher that is killed leaves nobody behind.
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


def _change_user(libc: ctypes.CDLL, account: Account) -> None:
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
