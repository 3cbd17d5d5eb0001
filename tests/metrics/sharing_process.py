"""A process that counts in shared files, as commands on its command line say."""

import sys
from pathlib import Path

from app.metrics.recording import RECORDER
from app.metrics.sharing import collect, share


def main(state: str, *commands: str) -> None:
    slot = share(Path(state), "worker")
    sys.stdout.write(f"{slot.name if slot else None}\n")
    for command in commands:
        if command == "count":
            RECORDER.job("publish", "done", 0.2)
        if command == "show":
            value = sum(
                sample.value
                for family in collect(RECORDER)
                for sample in family.samples
                if sample.name == "refeed_job_runs_total"
            )
            sys.stdout.write(f"{value:g}\n")
        if command == "wait":
            sys.stdout.flush()
            sys.stdin.read()
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
