"""Where the nodes of a workflow stand on the page, nested ones in the boxes of their own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

from pydra_oar_jupyter.core.clean import line
from pydra_oar_jupyter.workflows.graph.layout import Leg, Point, arrange
from pydra_oar_jupyter.workflows.graph.tree import fields, times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydra_oar_jupyter.workflows.snapshot import NodeFacts

# In pixels. Of the letters of names and of the small ones under them.
LETTER, SMALL = 12, 10
# From a box's edge to what is in it, and its mark; the heights of its parts.
PAD, MARK, FIRST, UNDER, BAR = 9.0, 15.0, 26.0, 13.0, 8.0
# By how much the sheets of a stack stand out together, and the point where a split is combined.
SHEETS, JOIN = 6.0, 9.0
# Around a workflow's nodes; between columns that go to the right, or down; between boxes of one.
_INSIDE, _RIGHT, _DOWN, _BESIDE = 12.0, 30.0, 22.0, 12.0
# What is wider is drawn from the top down, if that is less wide: a page scrolls that way.
_PAGE = 1150.0
# Letters of a name.
_LONGEST = 28


@dataclass(frozen=True, slots=True)
class Plan:
    """The places of nodes, in their order.

    Attributes:
        corners, sizes: of the boxes, with their sheets and points.
        inner: the plans of what is in them, each from where `inside` says; None for no workflow.
        legs: the parts of the edges, turned as `down` says.
        down: whether edges go down, and not to the right: then x and y of `legs` are swapped.
    """

    width: float
    height: float
    corners: tuple[Point, ...]
    sizes: tuple[tuple[float, float], ...]
    inner: tuple[Plan | None, ...]
    legs: tuple[Leg, ...]
    down: bool


def plan(nodes: Sequence[NodeFacts]) -> Plan:
    """From left to right; from the top down if that does not fit a page."""
    return _best(tuple(map(_shape, nodes)))


def title(node: NodeFacts) -> str:
    """Its name as it is shown."""
    return line(node.name, _LONGEST)


def header(node: NodeFacts) -> float:
    """The height of its box but for sheets and the nodes in it."""
    return FIRST + UNDER * bool(fields(node)) + BAR * bool(times(node))


@dataclass(frozen=True, slots=True)
class _Shape:
    """What of a node decides where it and others stand; it stays while counts change."""

    name: str
    after: tuple[str, ...]
    width: float
    height: float
    sheets: bool
    joins: bool
    inner: tuple[_Shape, ...]


def _shape(node: NodeFacts) -> _Shape:
    many = times(node)
    first = MARK + _wide(title(node), LETTER) + (8 + _wide(many, LETTER)) * bool(many)
    width = max(first, _wide(fields(node), SMALL)) + 2 * PAD
    inner = tuple(map(_shape, node.nodes))
    return _Shape(
        node.name, node.after, width, header(node), bool(many), bool(node.combined), inner
    )


@lru_cache(maxsize=32)
def _best(shapes: tuple[_Shape, ...]) -> Plan:
    flat = _plan(shapes, down=False)
    if flat.width <= _PAGE:
        return flat
    steep = _plan(shapes, down=True)
    return steep if steep.width < flat.width else flat


def _plan(shapes: tuple[_Shape, ...], *, down: bool) -> Plan:
    inner = tuple(_plan(shape.inner, down=down) if shape.inner else None for shape in shapes)
    sizes = tuple(_size(*both, down=down) for both in zip(shapes, inner, strict=True))
    place = {shape.name: index for index, shape in enumerate(shapes)}
    edges = [
        (place[name], index)
        for index, shape in enumerate(shapes)
        for name in shape.after
        if name in place
    ]
    turned = [(height, width) if down else (width, height) for width, height in sizes]
    found = arrange(turned, edges, (_DOWN if down else _RIGHT, _BESIDE))
    long, wide = (found.height, found.width) if down else (found.width, found.height)
    corners = tuple(Point(y, x) if down else Point(x, y) for x, y in found.corners)
    return Plan(long, wide, corners, sizes, inner, found.legs, down)


def _size(shape: _Shape, inner: Plan | None, *, down: bool) -> tuple[float, float]:
    width, height = shape.width, shape.height
    if inner is not None:
        width = max(width, inner.width + 2 * _INSIDE)
        height += inner.height + _INSIDE
    width += SHEETS * shape.sheets + JOIN * (shape.joins and not down)
    height += SHEETS * shape.sheets + JOIN * (shape.joins and down)
    return width, height


def _wide(text: str, size: float) -> float:
    """About how wide it is, in the usual fonts without serifs."""
    return size * sum(map(_letter, text))


def _letter(letter: str) -> float:
    if letter in "ijlftr.,:;'|!()[] ·":
        return 0.36
    if letter in "mwMW@%<>=":
        return 0.9
    if letter.isupper():
        return 0.71
    return 1.05 if east_asian_width(letter) in "WF" else 0.62
