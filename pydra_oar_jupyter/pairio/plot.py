"""Two curves over time as an SVG: what a job used of the CPUs, and of memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.tones import COLOURS
from pydra_oar_jupyter.core.units import duration, in_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydra_oar_jupyter.pairio.usage import Sample

_WIDTH, _HEIGHT = 520, 90  # of one curve
_LEFT, _RIGHT, _ABOVE, _BELOW = 70, 12, 26, 24
_MOST = 500  # points of a curve: more than that is not seen
_GREY = "#808080"


def plot(samples: Sequence[Sample]) -> str:
    """An SVG of at least one sample, which reads on a dark page and on a light one.

    It has no style and no script: a page that allows neither may have it inside.
    """
    begin = samples[0].time
    span = samples[-1].time - begin
    times = [(one.time - begin) / (span or 1.0) for one in samples]
    cpu, memory = [one.cpu for one in samples], [one.memory for one in samples]
    width, height = _LEFT + _WIDTH + _RIGHT, 2 * (_ABOVE + _HEIGHT) + _BELOW
    cpu_words, memory_words = f"{max(cpu):.0f} %", in_bytes(max(memory))
    cpu_top, memory_top = max(100.0, *cpu), max(1.0, *memory)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="sans-serif" font-size="12" fill="{_GREY}" role="img" '
        f'aria-label="Over {duration(span)}: CPU at most {cpu_words}, '
        f'memory at most {memory_words}">'
        + _curve(0, f"CPU, at most {cpu_words}", times, cpu, cpu_top, COLOURS["running"])
        + _scale(0, f"{cpu_top:.0f} %")
        + _curve(1, f"Memory, at most {memory_words}", times, memory, memory_top, COLOURS["done"])
        + _scale(1, in_bytes(memory_top))
        + f'<text x="{_LEFT}" y="{height - 8}">0 s</text>'
        f'<text x="{_LEFT + _WIDTH}" y="{height - 8}" text-anchor="end">{duration(span)}</text>'
        "</svg>"
    )


def _curve(
    place: int,
    title: str,
    times: Sequence[float],
    values: Sequence[float],
    top: float,
    colour: str,
) -> str:
    """One curve, below those before it; the times are from 0 to 1."""
    above, below = _edges(place)
    step = -(-len(values) // _MOST)
    # Of the values that fall on one point the highest: a short peak is to be seen.
    points = [
        (_LEFT + _WIDTH * times[at], below - _HEIGHT * (max(values[at : at + step]) / top))
        for at in range(0, len(values), step)
    ]
    end = max(_LEFT + _WIDTH * times[-1], points[0][0] + 2)  # one sample is a dot
    points.append((end, below - _HEIGHT * (values[-1] / top)))
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return (
        f'<text x="{_LEFT}" y="{above - 8}" fill="{colour}" font-weight="bold">{title}</text>'
        f'<polygon points="{points[0][0]:.1f},{below} {line} {points[-1][0]:.1f},{below}" '
        f'fill="{colour}" fill-opacity="0.15"/>'
        f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.5" '
        'stroke-linejoin="round"/>'
    )


def _scale(place: int, top: str) -> str:
    """The axes of a curve, and what its edges mean."""
    above, below = _edges(place)
    return (
        f'<text x="{_LEFT - 6}" y="{above + 9}" text-anchor="end">{top}</text>'
        f'<text x="{_LEFT - 6}" y="{below}" text-anchor="end">0</text>'
        f'<path d="M{_LEFT},{above} V{below} H{_LEFT + _WIDTH}" fill="none" stroke="{_GREY}"/>'
    )


def _edges(place: int) -> tuple[int, int]:
    above = _ABOVE + place * (_ABOVE + _HEIGHT)
    return above, above + _HEIGHT
