"""The boxes of a graph in columns, each edge going one or more ahead, with few crossings.

An edge that passes a column gets a lane of its own there, which has a place in the column's order
as boxes have, so that no edge runs through a box. The edges of one box share their lanes.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# How often the columns are put in order.
_SWEEPS = 8


class Columns:
    """The columns of a graph.

    Attributes:
        boxes: how many vertices are boxes: the first; those after them are lanes.
        column: of each vertex.
        owner: the box whose edges go over each vertex.
        before, after: each vertex's neighbours in the columns beside its own.
        order: the vertices of each column.
    """

    def __init__(self, boxes: int, edges: Sequence[tuple[int, int]]) -> None:
        self.boxes = boxes
        self.column, kept = _columns(boxes, edges)
        self.owner = list(range(boxes))
        self.before: list[set[int]] = [set() for _ in range(boxes)]
        self.after: list[set[int]] = [set() for _ in range(boxes)]
        lanes: dict[tuple[int, int], int] = {}
        for source, target in kept:
            last = source
            for column in range(self.column[source] + 1, self.column[target]):
                if (source, column) not in lanes:
                    lanes[source, column] = self._lane(source, column)
                    self._link(last, lanes[source, column])
                last = lanes[source, column]
            self._link(last, target)
        self.order: list[list[int]] = [[] for _ in range(max(self.column, default=-1) + 1)]
        for vertex, column in enumerate(self.column):
            self.order[column].append(vertex)
        self._arrange()

    def _lane(self, owner: int, column: int) -> int:
        self.column.append(column)
        self.owner.append(owner)
        self.before.append(set())
        self.after.append(set())
        return len(self.column) - 1

    def _link(self, source: int, target: int) -> None:
        self.after[source].add(target)
        self.before[target].add(source)

    def _arrange(self) -> None:
        """By barycentres, forth and back; the best that was found stays."""
        tried, fewest = [list(one) for one in self.order], self._crossings(self.order)
        for sweep in range(_SWEEPS):
            if not fewest:
                break
            ahead = sweep % 2 == 0
            beside = self.before if ahead else self.after
            for fixed, column in pairwise(tried if ahead else reversed(tried)):
                place = {vertex: index for index, vertex in enumerate(fixed)}
                _sort(column, beside, place)
            if (crossings := self._crossings(tried)) < fewest:
                self.order, fewest = [list(one) for one in tried], crossings

    def _crossings(self, order: list[list[int]]) -> int:
        found = 0
        for one, following in pairwise(order):
            place = {vertex: index for index, vertex in enumerate(following)}
            ends: list[int] = []
            for vertex in one:
                targets = sorted(place[target] for target in self.after[vertex])
                found += sum(len(ends) - bisect_right(ends, target) for target in targets)
                for target in targets:
                    insort(ends, target)
        return found


def _sort(column: list[int], beside: list[set[int]], place: dict[int, int]) -> None:
    """By the mean place of the neighbours; those without any keep theirs."""
    wanted = {v: sum(place[n] for n in beside[v]) / len(beside[v]) for v in column if beside[v]}
    known = iter(sorted(wanted, key=wanted.__getitem__))
    column[:] = [next(known) if vertex in wanted else vertex for vertex in column]


def _columns(
    boxes: int, edges: Sequence[tuple[int, int]]
) -> tuple[list[int], list[tuple[int, int]]]:
    """Each box's column by the longest path to it; the edges but for those that close a circle."""
    after: list[list[int]] = [[] for _ in range(boxes)]
    missing = [0] * boxes
    for source, target in edges:
        after[source].append(target)
        missing[target] += 1
    column, placed = [0] * boxes, set[int]()
    ready = [box for box in range(boxes) if not missing[box]]
    rest, kept = iter(range(boxes)), []
    while len(placed) < boxes:
        if not ready:  # each box that is left is in a circle, or after one
            ready.append(next(box for box in rest if box not in placed))
        source = ready.pop()
        placed.add(source)
        for target in after[source]:
            if target in placed:
                continue
            kept.append((source, target))
            column[target] = max(column[target], column[source] + 1)
            missing[target] -= 1
            if not missing[target]:
                ready.append(target)
    return _late(column, kept), kept


def _late(column: list[int], edges: list[tuple[int, int]]) -> list[int]:
    """With the boxes that need nothing moved beside the first that needs them."""
    need = {target for _, target in edges}
    first: dict[int, int] = {}
    for source, target in edges:
        first[source] = min(first.get(source, column[target]), column[target])
    return [
        first[box] - 1 if box in first and box not in need else at for box, at in enumerate(column)
    ]
