"""Fuzzes the readers: `python -m tests.fuzz --seconds 300 [--seed 7]`."""

import argparse
import sys
import time

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings

from tests.fuzz.readers import ENDINGS, UPLOADS, Upload, check, keep

_ROUND = 500
"""Examples between two looks at the clock."""
_FINDINGS: list[Upload] = []


def _round(number: int) -> None:
    @seed(number)
    @settings(
        max_examples=_ROUND,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    @given(UPLOADS)
    def run(upload: Upload) -> None:
        try:
            check(upload)
        except Exception:
            _FINDINGS.append(upload)
            raise

    run()


def main() -> int:
    """Run rounds until the time is up; 1 if a file ended wrongly."""
    parser = argparse.ArgumentParser(prog="make fuzz ARGS=...", description=__doc__)
    parser.add_argument("--seconds", type=float, default=300, help="default: 300")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    given_arguments = parser.parse_args()
    end, number = time.monotonic() + given_arguments.seconds, given_arguments.seed
    failed = False
    while time.monotonic() < end:
        try:
            _round(number)
        except BaseException as error:  # noqa: BLE001 - a finding of any kind
            if isinstance(error, KeyboardInterrupt):
                break
            failed = True
            path = keep(_FINDINGS[-1]) if _FINDINGS else None
            print(f"seed {number}: {error!r}\n  stored as {path}", flush=True)  # noqa: T201
        number += 1
    total = ENDINGS.total()
    print(f"{total} files from seed {given_arguments.seed}:")  # noqa: T201
    for ending, count in ENDINGS.most_common():
        print(f"{count:8} {ending}")  # noqa: T201
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
