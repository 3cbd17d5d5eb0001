"""A launcher process: both servers and two children."""

import os
import sys
from datetime import timedelta
from pathlib import Path

from app.embedded.processes.process import Child
from app.embedded.processes.restarts import RestartPolicy
from app.embedded.servers import EmbeddedServers
from app.embedded.supervisor import Supervisor

SOON = RestartPolicy(pauses=(timedelta(seconds=0.1),) * 4)


def main(state: Path, diary: Path, *manners: str) -> None:
    with Supervisor(SOON) as supervisor:
        endpoints = supervisor.serve(EmbeddedServers(state, {"fsync": "off"}))
        for name in ("worker", "api"):
            command = [sys.executable, str(Path(__file__).with_name("diarist.py"))]
            command += [name, str(diary), endpoints.redis_url, *manners]
            supervisor.start(
                Child(
                    name,
                    command,
                    dict(os.environ),
                    ready=lambda name=name: f"{name} started" in diary.read_text(),
                )
            )
        with diary.open("a") as page:
            page.write("ready\n")
        supervisor.watch()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
