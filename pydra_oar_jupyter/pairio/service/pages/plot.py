"""A job's use of CPU and memory over time, as curves of an SVG on its page."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydra_oar_jupyter.pairio.service.pages.words import duration, size

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WIDTH, HEIGHT = 600, 100  # of a curve's area
_MOST = 300  # points of a curve

Sample = tuple[float, float, float]  # seconds since the epoch, percent of CPU, bytes of memory


@dataclass(frozen=True)
class Curve:
    """One curve.

    Attributes:
        name: what it is of.
        now: its last value, in words.
        most: its highest value, in words.
        top: the value at the upper edge, in words.
        points: of the curve, as SVG writes them.
        area: those of the area below it.
    """

    name: str
    now: str
    most: str
    top: str
    points: str
    area: str


@dataclass(frozen=True)
class Plot:
    """Curves over the same time, and how long that is in words."""

    curves: tuple[Curve, Curve]
    span: str


def plot(log: bytes) -> Plot | None:
    """The plot of a log with a JSON object on each line; None where there is nothing to see."""
    samples = sorted(found for line in log.splitlines() if (found := _sample(line)))
    if len(samples) < 2 or samples[-1][0] <= samples[0][0]:
        return None
    cpu = _curve("CPU", [(time, cpu) for time, cpu, _ in samples], _percent, least=100.0)
    memory = _curve("Memory", [(time, memory) for time, _, memory in samples], size, least=1.0)
    return Plot((cpu, memory), duration(samples[-1][0] - samples[0][0]))


def _sample(line: bytes) -> Sample | None:
    try:
        facts = json.loads(line)
        time = float(facts["timestamp"])
        numbers = (time, float(facts["cpu"]["percent"]), float(facts["virtual_memory"]["used"]))
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
    return numbers if all(math.isfinite(number) and number >= 0 for number in numbers) else None


def _curve(
    name: str, values: Sequence[tuple[float, float]], words: Callable[[float], str], least: float
) -> Curve:
    most = max(value for _, value in values)
    top = max(least, most) if name == "CPU" else max(least, most * 1.1)
    begin, span = values[0][0], values[-1][0] - values[0][0]
    points = [
        f"{WIDTH * (time - begin) / span:.1f},{HEIGHT * (1 - value / top):.1f}"
        for time, value in _thinned(values)
    ]
    area = " ".join([f"0,{HEIGHT}", *points, f"{WIDTH},{HEIGHT}"])
    return Curve(name, words(values[-1][1]), words(most), words(top), " ".join(points), area)


def _thinned(values: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The first, the last, and of those between the highest of each few: peaks stay."""
    step = max(1, len(values) // _MOST)
    inner = values[1:-1]
    few = (inner[at : at + step] for at in range(0, len(inner), step))
    return [values[0], *(max(some, key=lambda one: one[1]) for some in few), values[-1]]


def _percent(value: float) -> str:
    return f"{value:.0f} %"
