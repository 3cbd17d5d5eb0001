"""Processor time of the processes that a bench started, with their ended children."""

from collections import defaultdict

import psutil

NAMES = ("app.sandbox", "fork_server", "workers.main", "app.serve", "valkey")


class ProcessorTime:
    """Seconds of all our children and theirs; `exclude` names one that is left out."""

    def __init__(self, exclude: str) -> None:
        self._exclude = exclude

    def by_process(self) -> dict[str, float]:
        """User and system seconds by the name of the process."""
        spent: defaultdict[str, float] = defaultdict(float)
        for process in psutil.Process().children(recursive=True):
            try:
                name, times = _name(process), process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            if name != self._exclude:
                spent[name] += sum(times[:4])
        return dict(spent)

    def since(self, before: dict[str, float]) -> dict[str, float]:
        now = self.by_process()
        return {name: now[name] - before.get(name, 0) for name in now}


def _name(process: psutil.Process) -> str:
    command = " ".join(process.cmdline())
    if "postgres" in command:
        return "postgres"
    known = (name for name in NAMES if name in command)
    return next(known, command[-60:])
