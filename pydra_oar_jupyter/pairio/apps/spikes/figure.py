"""Line plots as SVG, without a library."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_WIDTH, _HEIGHT = 720, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 15, 28, 42
_MOST = 1500  # steps of a curve; more can't be seen
_STYLE = (
    "text{font:12px sans-serif;fill:#333}.grid{stroke:#ddd}"
    "polyline,path{fill:none;stroke-width:1.2}"
)


@dataclass
class Panel:
    """One plot: curves over an axis, drawn in the order in which they are added."""

    title: str
    x_label: str
    y_label: str
    _drawn: list[tuple[str, Floats, Floats, str]] = field(default_factory=list)

    def curve(self, x: ArrayLike, y: ArrayLike, colour: str = "#1f77b4") -> None:
        """A line through points. A long one is drawn by its lowest and highest point in a step."""
        xs, ys = np.asarray(x, float), np.asarray(y, float)
        if len(xs) > 4 * _MOST:
            step = -(-len(xs) // _MOST)
            starts = np.arange(0, len(xs), step)
            lows, highs = np.minimum.reduceat(ys, starts), np.maximum.reduceat(ys, starts)
            xs, ys = np.repeat(xs[starts], 2), np.column_stack([lows, highs]).ravel()
        self._drawn.append(("line", xs, ys, colour))

    def dots(self, x: ArrayLike, y: ArrayLike, colour: str = "#d62728") -> None:
        """A dot at each point."""
        self._drawn.append(("dots", np.asarray(x, float), np.asarray(y, float), colour))

    def band(self, x: ArrayLike, low: ArrayLike, high: ArrayLike, colour: str = "#1f77b4") -> None:
        """The area between two lines."""
        xs = np.asarray(x, float)
        ys = np.concatenate([np.asarray(high, float), np.asarray(low, float)[::-1]])
        self._drawn.append(("area", np.concatenate([xs, xs[::-1]]), ys, colour))

    def svg(self, top: float) -> list[str]:
        """Its elements, ``top`` pixels below the figure's edge."""
        x_low, x_high = _range([x for _, x, _, _ in self._drawn])
        y_low, y_high = _range([y for _, _, y, _ in self._drawn])
        high = _HEIGHT - _TOP - _BOTTOM

        def across(x: Floats) -> Floats:
            return _LEFT + (x - x_low) / (x_high - x_low) * (_WIDTH - _LEFT - _RIGHT)

        def down(y: Floats) -> Floats:
            return top + _TOP + (y_high - y) / (y_high - y_low) * high

        floor = top + _HEIGHT - _BOTTOM
        out = [_text(_WIDTH / 2, top + 18, self.title, 'font-weight="bold"')]
        out.append(_text((_LEFT + _WIDTH - _RIGHT) / 2, floor + 34, self.x_label))
        middle = top + _TOP + high / 2
        out.append(_text(16, middle, self.y_label, f'transform="rotate(-90 16 {middle:g})"'))
        out += [
            _text(float(across(value)), floor + 17, f"{value:g}") for value in ticks(x_low, x_high)
        ]
        for value in ticks(y_low, y_high):
            y = float(down(value))
            out.append(f'<path class="grid" d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}"/>')
            out.append(_text(_LEFT - 6, y + 4, f"{value:g}", 'text-anchor="end"', middle=False))
        for kind, x, y_values, colour in self._drawn:
            points = list(zip(across(x), down(y_values), strict=True))
            places = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
            if kind == "line":
                out.append(f'<polyline stroke="{colour}" points="{places}"/>')
            elif kind == "area":
                out.append(f'<polygon fill="{colour}" opacity="0.25" points="{places}"/>')
            else:
                out += [
                    f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{colour}"/>' for a, b in points
                ]
        return out


def figure(*panels: Panel) -> str:
    """An SVG file with the panels one below the other."""
    height = _HEIGHT * len(panels)
    inner = [line for at, panel in enumerate(panels) for line in panel.svg(_HEIGHT * at)]
    size = f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size}><style>{_STYLE}</style>'
    back = '<rect width="100%" height="100%" fill="white"/>'
    return "\n".join([head, back, *inner, "</svg>", ""])


def ticks(low: float, high: float) -> Floats:
    """About five round numbers in a range."""
    step = 10.0 ** np.floor(np.log10((high - low) / 5))
    step *= next(factor for factor in (1, 2, 5, 10) if (high - low) / (factor * step) <= 6)
    return np.asarray(np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step + 0.0)


def _range(values: list[Floats]) -> tuple[float, float]:
    """From the least to the greatest, and never nothing."""
    every = np.concatenate(values) if values else np.zeros(1)
    if not len(every):
        return 0.0, 1.0
    low, high = float(every.min()), float(every.max())
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _text(x: float, y: float, words: str, more: str = "", *, middle: bool = True) -> str:
    anchor = ' text-anchor="middle"' if middle else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{anchor} {more}>{escape(words)}</text>'
