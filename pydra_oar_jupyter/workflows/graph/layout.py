"""Where the boxes of a graph stand, in columns from left to right, and how its edges run.

The method of Sugiyama, Tagawa and Toda (1981): columns by the longest path, an order in each column
by barycentres, then positions that pull neighbours level.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

from pydra_oar_jupyter.workflows.graph.columns import Columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# How often neighbours are pulled level, and how much a lane wants that where a box wants 1.
_PULLS, _LANE = 3, 0.001


class Point(NamedTuple):
    """In the units of the boxes' sizes."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Leg:
    """The part of an edge between one column and the next.

    Attributes:
        points: on the box or lane, the end of its column, the next column, the box or lane there.
        last: whether it ends at a box.
    """

    points: tuple[Point, Point, Point, Point]
    last: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """The corners of the boxes nearest to (0, 0), in the order of their sizes; all edges' parts."""

    width: float
    height: float
    corners: tuple[Point, ...]
    legs: tuple[Leg, ...]


def arrange(
    sizes: Sequence[tuple[float, float]],
    edges: Iterable[tuple[int, int]],
    apart: tuple[float, float],
) -> Layout:
    """The layout of boxes of these widths and heights, always the same for the same.

    Args:
        sizes: of the boxes.
        edges: from which to which; those that would close a circle are left out.
        apart: between two columns, and between two boxes in one.
    """
    edges = sorted(set(edges))
    parts = []
    for boxes in _connected(len(sizes), edges):
        place = {box: index for index, box in enumerate(boxes)}
        own = [(place[source], place[target]) for source, target in edges if source in place]
        parts.append((boxes, _connected_layout([sizes[box] for box in boxes], own, apart)))
    # Side by side as long as there is room, and then below.
    room = max([sqrt(2 * sum(part.width * part.height for _, part in parts)),
                *(part.width for _, part in parts)])  # fmt: skip
    corners, legs = [Point(0, 0)] * len(sizes), list[Leg]()
    x = y = width = height = 0.0
    for boxes, part in parts:
        if x and x + part.width > room:
            x, y = 0.0, height + apart[1]
        for box, corner in zip(boxes, part.corners, strict=True):
            corners[box] = Point(corner.x + x, corner.y + y)
        for leg in part.legs:
            a, b, c, d = (Point(point.x + x, point.y + y) for point in leg.points)
            legs.append(Leg((a, b, c, d), leg.last))
        width, height = max(width, x + part.width), max(height, y + part.height)
        x += part.width + apart[1]
    return Layout(width, height, tuple(corners), tuple(legs))


def _connected(boxes: int, edges: Iterable[tuple[int, int]]) -> list[list[int]]:
    """The boxes in groups that edges hold together."""
    group = {box: [box] for box in range(boxes)}
    for source, target in edges:
        one, other = group[source], group[target]
        if one is not other:
            few, many = sorted((one, other), key=len)
            many += few
            group.update(dict.fromkeys(few, many))
    return [sorted(one) for box, one in group.items() if box == min(one)]


def _connected_layout(
    sizes: Sequence[tuple[float, float]],
    edges: Sequence[tuple[int, int]],
    apart: tuple[float, float],
) -> Layout:
    graph = Columns(len(sizes), edges)
    lanes = len(graph.column) - len(sizes)
    heights = [height for _, height in sizes] + [0.0] * lanes
    middles = _levelled(graph, heights, apart[1])
    widths = [max(sizes[v][0] for v in one if v < len(sizes)) for one in graph.order]
    lefts = [sum(widths[:index]) + apart[0] * index for index in range(len(widths))]
    corners = tuple(
        Point(lefts[at] + (widths[at] - width) / 2, middle - height / 2)
        for (width, height), at, middle in zip(sizes, graph.column, middles, strict=False)
    )

    def end(vertex: int, right: bool) -> Point:
        x = lefts[graph.column[vertex]]  # a lane begins with its column
        if vertex < len(sizes):
            x = corners[vertex].x + sizes[vertex][0] * right
        return Point(x, middles[vertex])

    legs = []
    for source, targets in enumerate(graph.after):
        leave = lefts[graph.column[source]] + widths[graph.column[source]]
        for target in sorted(targets):
            start, stop = end(source, True), end(target, False)
            enter = lefts[graph.column[target]]
            points = (start, Point(leave, start.y), Point(enter, stop.y), stop)
            legs.append(Leg(points, target < len(sizes)))
    bottom = max(middle + height / 2 for middle, height in zip(middles, heights, strict=True))
    return Layout(lefts[-1] + widths[-1], bottom, corners, tuple(legs))


def _levelled(graph: Columns, heights: Sequence[float], apart: float) -> list[float]:
    """The middles of boxes and lanes, from 0 down: near those of neighbours, in their order."""
    middles = [0.0] * len(heights)

    def level(columns: Iterable[list[int]], beside: list[list[int]], stay: float = 0.01) -> None:
        for column in columns:
            offset, wanted, weights, offsets = 0.0, [], [], []
            for index, vertex in enumerate(column):
                if index:
                    offset += (heights[column[index - 1]] + heights[vertex]) / 2 + apart
                near = beside[vertex]
                at = sum([middles[v] for v in near]) / len(near) if near else middles[vertex]
                offsets.append(offset)
                wanted.append(at - offset)
                weights.append((1.0 if vertex < graph.boxes else _LANE) if near else stay)
            for vertex, at, offset in zip(column, _rising(wanted, weights), offsets, strict=True):
                middles[vertex] = at + offset

    def boxes_first(neighbours: Iterable[set[int]]) -> list[list[int]]:
        """For a box, the boxes among its neighbours, unless there are lanes only."""
        every = [sorted(near) for near in neighbours]
        return [
            [v for v in near if v < graph.boxes] or near if vertex < graph.boxes else near
            for vertex, near in enumerate(every)
        ]

    before, after = boxes_first(graph.before), boxes_first(graph.after)
    both = boxes_first(one | other for one, other in zip(graph.before, graph.after, strict=True))
    ahead, back = graph.order, graph.order[::-1]
    level(ahead, [[] for _ in middles])
    for _ in range(_PULLS):
        level(ahead[1:], before)
        level(back[1:], after)
    level(back, both)
    level(ahead, both)
    # The last boxes are level with those before them now; the first ones follow.
    level(ahead, [[] if one else other for one, other in zip(before, after, strict=True)], 100.0)
    top = min(middle - height / 2 for middle, height in zip(middles, heights, strict=True))
    return [middle - top for middle in middles]


def _rising(wanted: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The nearest values, by squares, none of which is below the one before it."""
    blocks: list[tuple[float, float, int]] = []  # mean, weight, how many
    for one, heavy in zip(wanted, weights, strict=True):
        mean, weight, count = one, heavy, 1
        while blocks and blocks[-1][0] > mean:
            before, more, many = blocks.pop()
            mean = (before * more + mean * weight) / (more + weight)
            weight, count = weight + more, count + many
        blocks.append((mean, weight, count))
    return [mean for mean, _, count in blocks for _ in range(count)]
