"""Writes metrics in the text format of Prometheus."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from prometheus_client import CONTENT_TYPE_LATEST, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector, CollectorRegistry

from app.metrics import slots
from app.metrics.recording import RECORDER
from app.metrics.sharing import collect
from app.monitoring.figures import Figures

MEDIA_TYPE = CONTENT_TYPE_LATEST


@dataclass(frozen=True, slots=True, eq=False)
class _Collected(Collector):
    families: Iterable[Metric]

    def collect(self) -> Iterable[Metric]:
        return self.families


async def exposition(figures: Figures | None) -> bytes:
    """All metrics; without the figures of PostgreSQL for None."""
    read = await figures.read() if figures else []
    return await asyncio.to_thread(_written, read)


def _written(figures: Iterable[Metric]) -> bytes:
    """In a thread: it takes 0.1 s of CPU when every route was asked for."""
    running = slots.running(RECORDER.folder) if RECORDER.folder else {}
    registry = CollectorRegistry()
    registry.register(_Collected([*collect(RECORDER), processes_of(running), *figures]))
    return generate_latest(registry)


def processes_of(running: Mapping[str, int]) -> Metric:
    """How many processes of each kind share the files. Pure."""
    family = GaugeMetricFamily(
        "refeed_processes", "Processes that run.", labels=("process",)
    )
    for process in ("api", "worker"):
        family.add_metric([process], running.get(process, 0))
    return family
