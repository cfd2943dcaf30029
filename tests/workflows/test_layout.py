"""Where boxes stand and edges run, for graphs of all kinds."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from pydra_oar_jupyter.workflows.graph.layout import arrange

APART = (30.0, 12.0)
SIZES = st.lists(st.tuples(st.integers(1, 300), st.integers(1, 200)), max_size=14)
CHAIN = [(100, 30)] * 4


@st.composite
def graphs(draw, *, circles=False):
    sizes = draw(SIZES)
    ends = st.integers(0, max(0, len(sizes) - 1))
    edges = draw(st.lists(st.tuples(ends, ends), max_size=30 if sizes else 0))
    return sizes, edges if circles else [(a, b) for a, b in edges if a < b]


def boxes(sizes, layout):
    return [
        (corner.x, corner.y, corner.x + width, corner.y + height)
        for corner, (width, height) in zip(layout.corners, sizes, strict=True)
    ]


def overlap(one, other, by=0.01):
    return (
        min(one[2], other[2]) - max(one[0], other[0]) > by
        and min(one[3], other[3]) - max(one[1], other[1]) > by
    )


@given(graphs(circles=True))
def test_boxes_keep_apart_and_on_the_page(graph):
    sizes, edges = graph
    layout = arrange(sizes, edges, APART)
    drawn = boxes(sizes, layout)
    assert not any(overlap(one, other) for one, other in combinations(drawn, 2))
    for left, top, right, bottom in drawn:
        assert left >= -0.01
        assert top >= -0.01
        assert right <= layout.width + 0.01
        assert bottom <= layout.height + 0.01


@given(graphs())
def test_edges_go_forward(graph):
    sizes, edges = graph
    drawn = boxes(sizes, arrange(sizes, edges, APART))
    for source, target in edges:
        assert drawn[source][2] + APART[0] <= drawn[target][0] + 0.01


@given(graphs(circles=True))
def test_edges_run_through_no_box(graph):
    sizes, edges = graph
    layout = arrange(sizes, edges, APART)
    drawn = boxes(sizes, layout)
    for leg in layout.legs:
        start, leave, enter, stop = leg.points
        assert start.x <= leave.x < enter.x <= stop.x
        for one, other in ((start, leave), (leave, enter), (enter, stop)):
            # A bend stays between the heights of its ends.
            around = (one.x, min(one.y, other.y) - 0.05, other.x, max(one.y, other.y) + 0.05)
            assert not any(overlap(around, box) for box in drawn)


@given(graphs())
def test_every_edge_can_be_followed_from_box_to_box(graph):
    sizes, edges = graph
    layout = arrange(sizes, edges, APART)
    drawn = boxes(sizes, layout)
    follow = {}
    for leg in layout.legs:
        follow.setdefault(leg.points[0], []).append(leg)
    for source, target in edges:
        _, top, right, bottom = drawn[source]
        reached, ends = [_near(follow, right, (top + bottom) / 2)], set()
        while reached:
            for leg in follow.get(reached.pop(), []):
                if leg.last:
                    ends.add((round(leg.points[3].x, 3), round(leg.points[3].y, 3)))
                else:
                    reached.append(leg.points[3])
        left, top, _, bottom = drawn[target]
        assert (round(left, 3), round((top + bottom) / 2, 3)) in ends


def _near(points, x, y):
    return min(points, key=lambda point: abs(point.x - x) + abs(point.y - y))


def test_a_chain_is_a_straight_line():
    layout = arrange(CHAIN, [(0, 1), (1, 2), (2, 3), (0, 3)], APART)
    assert [corner.x for corner in layout.corners] == [0, 130, 260, 390]
    assert max(corner.y for corner in layout.corners) < 0.1
    assert layout.height < 30 + APART[1] + 0.1  # the long edge runs in a lane below


def test_few_edges_cross():
    # A ladder whose rungs are listed in the wrong order.
    edges = [(0, 7), (1, 6), (2, 5), (3, 4)]
    layout = arrange([(50, 20)] * 8, edges, APART)
    crossed = [leg.points for leg in layout.legs if leg.points[0].y != leg.points[3].y and leg.last]
    assert not crossed


def test_a_circle_is_drawn_without_the_edge_that_closes_it():
    layout = arrange(CHAIN[:3], [(0, 1), (1, 2), (2, 0), (1, 1)], APART)
    assert [corner.x for corner in layout.corners] == [0, 130, 260]
    assert len(layout.legs) == 2


def test_what_nothing_holds_together_stands_side_by_side():
    layout = arrange([(100, 30)] * 30, [], APART)
    assert layout.width < 800
    assert layout.height < 500


def test_nothing_takes_no_room():
    layout = arrange([], [], APART)
    assert (layout.width, layout.height, layout.legs) == (0, 0, ())
