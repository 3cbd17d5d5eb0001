"""Geometry of charts: numbers to coordinates of inline SVG. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, log10

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Sparkline:
    """A line without axes, and the area below it."""

    width: int
    height: int
    line: str
    area: str
    is_flat: bool


def sparkline(values: Sequence[float], width: int = 120, height: int = 28) -> Sparkline:
    """A line from left to right; all zeros are a line at the bottom."""
    top = max([*values, 0]) or 1
    step = width / max(len(values) - 1, 1)
    inner = height - 4
    points = [
        (round(i * step, 1), round(height - 2 - value / top * inner, 1))
        for i, value in enumerate(values)
    ] or [(0.0, height - 2.0)]
    line = " ".join(f"{x},{y}" for x, y in points)
    area = f"0,{height} {line} {points[-1][0]},{height}"
    return Sparkline(width, height, line, area, not any(values))


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle of a stacked column."""

    x: float
    y: float
    width: float
    height: float
    series: str
    value: float


@dataclass(frozen=True, slots=True)
class Column:
    """One label of the x axis with its bars from bottom to top."""

    label: str
    x: float
    width: float
    total: float
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the y axis."""

    y: float
    value: float


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot of stacked columns."""

    width: int
    height: int
    left: int
    bottom: float
    columns: tuple[Column, ...]
    ticks: tuple[Tick, ...]
    series: tuple[str, ...]


def stacked_columns(
    rows: Sequence[tuple[str, Mapping[str, float]]],
    series: Sequence[str],
    width: int = 720,
    height: int = 220,
) -> Plot:
    """Columns of labelled rows; `series` gives the order from bottom to top."""
    left, foot, head = 48, 22, 8
    inner = height - foot - head
    top = nice_top(max([sum(values.values()) for _, values in rows], default=0))
    step = (width - left) / max(len(rows), 1)
    columns = []
    for i, (label, values) in enumerate(rows):
        x, y, bars = left + i * step, float(height - foot), []
        bar_width = min(step * 0.72, 36)
        at = x + (step - bar_width) / 2
        for name in series:
            value = values.get(name, 0)
            tall = value / top * inner
            if value > 0:
                y -= tall
                bars.append(_bar(at, y, bar_width, tall, name, value))
        total = sum(values.values())
        columns.append(Column(label, round(x, 1), round(step, 1), total, tuple(bars)))
    ticks = tuple(
        Tick(round(height - foot - share * inner, 1), top * share)
        for share in (0, 0.5, 1)
    )
    return Plot(
        width, height, left, height - foot, tuple(columns), ticks, tuple(series)
    )


def _bar(  # noqa: PLR0913, PLR0917 - a rectangle
    x: float, y: float, width: float, height: float, series: str, value: float
) -> Bar:
    return Bar(
        round(x, 1),
        round(y, 1),
        round(width, 1),
        round(max(height, 0.5), 1),
        series,
        value,
    )


def nice_top(value: float) -> float:
    """The next number of the form 1, 2, 4, 5, 10 times a power of ten; at least 2."""
    if value <= 2:  # noqa: PLR2004 - so that half of it is a whole number
        return 2
    power = 10.0 ** int(log10(value))
    return next(f * power for f in (1, 2, 4, 5, 10) if ceil(value) <= f * power)
