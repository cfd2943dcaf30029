"""Nodes and their plan as an SVG.

It needs no script, font or style from elsewhere. Its text and lines have the colour of the text
around it, so that it reads on dark and light pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.clean import line, xml
from pydra_oar_jupyter.workflows.counts import colour, in_words, mark, occurring, standing
from pydra_oar_jupyter.workflows.graph.layout import Point
from pydra_oar_jupyter.workflows.graph.plan import (
    BAR,
    FIRST,
    JOIN,
    LETTER,
    MARK,
    PAD,
    SHEETS,
    SMALL,
    UNDER,
    header,
    title,
)
from pydra_oar_jupyter.workflows.graph.tree import fields, times
from pydra_oar_jupyter.workflows.snapshot import TaskState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydra_oar_jupyter.workflows.graph.layout import Leg
    from pydra_oar_jupyter.workflows.graph.plan import Plan
    from pydra_oar_jupyter.workflows.snapshot import NodeFacts

# For the lines of the boxes at the edge.
_EDGE = 2
# States in which nothing happens, or will.
_STILL = (TaskState.WAITING, TaskState.SKIPPED)


def drawing(nodes: Sequence[NodeFacts], plan: Plan, label: str) -> str:
    """An SVG element, with what it shows in words."""
    width, height = (f"{size + 2 * _EDGE:.0f}" for size in (plan.width, plan.height))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{xml(label)}" '
        f'width="{width}" height="{height}" viewBox="-{_EDGE} -{_EDGE} {width} {height}" '
        f'style="max-width:100%;height:auto" font-family="system-ui,sans-serif" '
        f'font-size="{LETTER}" fill="none" stroke-linejoin="round">'
        f"{''.join(_nodes(nodes, plan, Point(0, 0)))}</svg>"
    )


def _nodes(nodes: Sequence[NodeFacts], plan: Plan, origin: Point) -> Iterator[str]:
    if plan.legs:
        wires = "".join(_wire(leg, plan.down, origin) for leg in plan.legs)
        yield f'<path d="{wires}" stroke="currentColor" stroke-opacity=".5"/>'
    for node, corner, size, inner in zip(nodes, plan.corners, plan.sizes, plan.inner, strict=True):
        yield from _node(node, Point(origin.x + corner.x, origin.y + corner.y), size, inner, plan)


def _wire(leg: Leg, down: bool, origin: Point) -> str:
    """Straight out of a column, a bend to the next, and straight in, with a head at a box."""
    start, leave, enter, stop = leg.points
    middle = (leave.x + enter.x) / 2
    points = [start, leave, Point(middle, leave.y), Point(middle, enter.y), enter, stop]
    if leg.last:
        points += [Point(stop.x - 5, stop.y - 3), stop, Point(stop.x - 5, stop.y + 3)]
    turned = (Point(y, x) if down else Point(x, y) for x, y in points)
    a, b, c, d, e, f, *head = (f"{origin.x + x:.1f},{origin.y + y:.1f}" for x, y in turned)
    return f"M{a}L{b}C{c} {d} {e}L{f}" + (f"M{head[0]}L{head[1]}L{head[2]}" if head else "")


def _node(
    node: NodeFacts, corner: Point, size: tuple[float, float], inner: Plan | None, plan: Plan
) -> Iterator[str]:
    (x, y), (width, height) = corner, size
    state, many, small = standing(node.counts), times(node), fields(node)
    tint = colour(state)
    yield f"<g><title>{xml(_told(node))}\n</title>"
    if node.combined:
        yield _joint(x, y, width, height, tint, plan.down)
        width, height = width - JOIN * (not plan.down), height - JOIN * plan.down
    if many:
        y, width, height = y + SHEETS, width - SHEETS, height - SHEETS
        yield "".join(_sheet(x, y, width, height, tint, by) for by in (SHEETS, SHEETS / 2))
    strength = ".04" if node.nodes else ".14"
    dashed = ' stroke-dasharray="4 3"' * (state is TaskState.SKIPPED)
    yield (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="5" '
        f'stroke="{tint}" fill="{tint}" fill-opacity="{strength}"{dashed}/>'
    )
    base, dim = y + FIRST - 9, 'fill-opacity=".7"'
    style = 'font-weight="600"' if node.nodes else dim if state in _STILL else ""
    yield _text(x + PAD, base, mark(state), f'fill="{tint}"')
    yield _text(x + PAD + MARK, base, title(node), style)
    yield _text(x + width - PAD, base, many, f'{dim} text-anchor="end"')
    yield _text(x + PAD, base + UNDER + 1, small, f'{dim} font-size="{SMALL}"')
    if many:
        yield from _bar(node, Point(x + PAD, y + header(node) - BAR - 1), width - 2 * PAD)
    yield "</g>\n"
    if inner is not None:
        left = x + (width - inner.width) / 2
        yield from _nodes(node.nodes, inner, Point(left, y + header(node)))


def _text(x: float, y: float, text: str, style: str) -> str:
    ink = "" if style.startswith("fill=") else 'fill="currentColor" '
    return f'<text x="{x:.1f}" y="{y:.1f}" {ink}{style}>{xml(text)}</text> ' if text else ""


def _sheet(x: float, y: float, width: float, height: float, tint: str, by: float) -> str:
    """What can be seen of a sheet behind a box."""
    return (
        f'<path d="M{x + by:.1f},{y - by + 3:.1f}q0,-3 3,-3h{width - 6:.1f}q3,0 3,3'
        f'v{height - 6:.1f}q0,3 -3,3" stroke="{tint}" stroke-opacity=".6"/>'
    )


def _joint(x: float, y: float, width: float, height: float, tint: str, down: bool) -> str:
    """The point to which a split runs together, on the side where edges leave."""
    if down:
        x, y = x + width / 2, y + height
        path = f"M{x - 8:.1f},{y - JOIN:.1f}L{x:.1f},{y:.1f}L{x + 8:.1f},{y - JOIN:.1f}"
    else:
        x, y = x + width, y + height / 2
        path = f"M{x - JOIN:.1f},{y - 8:.1f}L{x:.1f},{y:.1f}L{x - JOIN:.1f},{y + 8:.1f}"
    return f'<path d="{path}" stroke="{tint}"/>'


def _bar(node: NodeFacts, at: Point, width: float) -> Iterator[str]:
    """A part for each state, those that wait left out."""
    yield (
        f'<rect x="{at.x:.1f}" y="{at.y:.1f}" width="{width:.1f}" height="4" rx="1.5" '
        f'fill="currentColor" fill-opacity=".15"/>'
    )
    x = at.x
    for state, number in occurring(node.counts):
        part = width * number / node.total
        if state is not TaskState.WAITING:
            yield (
                f'<rect x="{x:.1f}" y="{at.y:.1f}" width="{max(part, 1):.1f}" height="4" '
                f'fill="{colour(state)}"/>'
            )
        x += part


def _told(node: NodeFacts) -> str:
    """All of it in words."""
    own = line(node.name)
    parts = [f"{own} ({line(node.task)})" if node.task not in ("", node.name) else own]
    parts += [in_words(node.counts), fields(node)]
    parts += [f"after {line(', '.join(node.after))}"] * bool(node.after)
    return " · ".join(part for part in parts if part)
