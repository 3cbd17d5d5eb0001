"""A child process that records what happens to it."""

import signal
import sys
from pathlib import Path
from types import FrameType

name, diary, redis_url, *manners = sys.argv[1:]


def write(line: str) -> None:
    with Path(diary).open("a") as page:
        page.write(f"{name} {line}\n")


def stop(_number: int, _frame: FrameType | None) -> None:
    servers = "up" if Path(redis_url.removeprefix("unix://")).is_socket() else "down"
    write(f"stopped with servers {servers}")
    if "stubborn" not in manners:
        sys.exit(0)


signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, lambda *_: write("was interrupted"))
write("started")
while True:
    signal.pause()
