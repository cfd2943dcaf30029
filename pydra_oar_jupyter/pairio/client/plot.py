"""Two curves over time as an SVG: the share of CPUs, and memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.tones import COLOURS
from pydra_oar_jupyter.pairio.client.html import in_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydra_oar_jupyter.pairio.client.resources import Sample

_WIDTH, _HEIGHT = 520, 90  # of one curve
_LEFT, _TOP, _BELOW = 70, 22, 26
_MOST = 500  # points of a curve: more than that is not seen
_GREY = "#888888"


def plot(samples: Sequence[Sample]) -> str:
    """An SVG of at least one sample; it reads on a dark page and on a light one."""
    begin = samples[0].time
    span = max(samples[-1].time - begin, 1.0)
    seconds = [one.time - begin for one in samples]
    cpu, memory = [one.cpu for one in samples], [one.memory for one in samples]
    height = 2 * (_TOP + _HEIGHT) + _BELOW
    top = max(100.0, *cpu)
    most = max(1.0, *memory) * 1.1
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + 12} {height}" '
        f'width="{_LEFT + _WIDTH + 12}" height="{height}" font-family="sans-serif" '
        f'font-size="11" fill="{_GREY}" role="img" aria-label="CPU and memory over time">'
        + _curve(0, "CPU", f"{top:.0f} %", seconds, cpu, span, top, COLOURS["running"])
        + _curve(1, "memory", in_bytes(most), seconds, memory, span, most, COLOURS["done"])
        + f'<text x="{_LEFT}" y="{height - 8}">0 s</text>'
        f'<text x="{_LEFT + _WIDTH}" y="{height - 8}" text-anchor="end">{_duration(span)}</text>'
        "</svg>"
    )


def _curve(
    place: int,
    name: str,
    scale: str,
    seconds: Sequence[float],
    values: Sequence[float],
    span: float,
    top: float,
    colour: str,
) -> str:
    """One curve with its axes, below those before it."""
    above = _TOP + place * (_TOP + _HEIGHT)
    below = above + _HEIGHT
    step = max(1, -(-len(values) // _MOST))
    # Of the values that fall on one point the highest: a short peak is to be seen.
    points = [
        (
            _LEFT + _WIDTH * seconds[at] / span,
            below - _HEIGHT * min(max(values[at : at + step]), top) / top,
        )
        for at in range(0, len(values), step)
    ]
    if len(points) == 1:
        points.append((points[0][0] + 2, points[0][1]))
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return (
        f'<text x="{_LEFT}" y="{above - 6}">{name}</text>'
        f'<text x="{_LEFT - 6}" y="{above + 9}" text-anchor="end">{scale}</text>'
        f'<text x="{_LEFT - 6}" y="{below}" text-anchor="end">0</text>'
        f'<path d="M{_LEFT},{above} V{below} H{_LEFT + _WIDTH}" fill="none" stroke="{_GREY}"/>'
        f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
    )


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
