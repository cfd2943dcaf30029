"""A run's nodes as an SVG and as text."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from pydra_oar_jupyter.workflows.graph.graph import WorkflowGraph
from pydra_oar_jupyter.workflows.snapshot import NodeFacts, RunSnapshot, RunState, TaskState
from tests.workflows.snapshots import NESTED, PIPELINE, node, snapshots

TAGS = {"svg", "g", "title", "rect", "path", "text"}
SVG = "{http://www.w3.org/2000/svg}"


def parsed(graph):
    return ElementTree.fromstring(graph.svg)


def titles(graph):
    return [title.text.strip() for title in parsed(graph).iter(f"{SVG}title")]


def boxes(graph):
    """The box of each node: left, top, right, bottom."""
    found = []
    for group in parsed(graph).iter(f"{SVG}g"):
        box = group.find(f"{SVG}rect")
        x, y, width, height = (float(box.get(name)) for name in ("x", "y", "width", "height"))
        found.append((x, y, x + width, y + height))
    return found


def test_every_node_says_in_words_what_it_shows():
    graph = WorkflowGraph(PIPELINE)
    assert titles(graph)[2] == (
        "register (Register) · 13 done, 2 failed, 8 running, 1 queued · split scan · "
        "after convert, template"
    )
    assert parsed(graph).get("role") == "img"
    assert parsed(graph).get("aria-label") == (
        "Workflow Preprocess: 46 done, 1 from cache, 2 failed, 11 running, 1 queued, 12 waiting, "
        "2 not run"
    )


def test_each_state_has_its_colour():
    colours = {}
    for state in TaskState:
        graph = WorkflowGraph(replace(PIPELINE, nodes=(node("one", {state: 1}),)))
        mark = parsed(graph).find(f".//{SVG}text")
        colours[state] = (mark.get("fill"), mark.text)
    assert len(set(colours.values())) == len(TaskState)
    assert all(fill.startswith("#") for fill, _ in colours.values())


def test_a_split_is_a_stack_with_a_bar():
    graph = WorkflowGraph(PIPELINE)
    texts = [text.text for text in parsed(graph).iter(f"{SVG}text")]
    assert "× 24" in texts
    assert "split scan · combine scan" in texts
    one = WorkflowGraph(replace(PIPELINE, nodes=(node("one"),)))
    many = WorkflowGraph(replace(PIPELINE, nodes=(node("one", {TaskState.DONE: 3}),)))
    assert len(parsed(many).findall(f".//{SVG}path")) == 2  # the sheets behind
    assert not parsed(one).findall(f".//{SVG}path")


def test_nested_workflows_are_boxes_around_their_nodes():
    graph = WorkflowGraph(NESTED)
    found = dict(
        zip([title.partition(" · ")[0] for title in titles(graph)], boxes(graph), strict=True)
    )
    for inner, outer in (("left", "surface"), ("surface", "subject"), ("segment", "subject")):
        a, b = found[inner], found[outer]
        assert b[0] < a[0] < a[2] < b[2]
        assert b[1] < a[1] < a[3] < b[3]
    assert found["load"][2] < found["subject"][0]


def test_the_places_stay_while_counts_change():
    def ended(one):
        return replace(
            one,
            counts={TaskState.DONE: one.total},
            started=1.0,
            nodes=tuple(map(ended, one.nodes)),
        )

    later = replace(NESTED, nodes=tuple(map(ended, NESTED.nodes)))
    assert boxes(WorkflowGraph(later)) == boxes(WorkflowGraph(NESTED))
    assert WorkflowGraph(NESTED).svg == WorkflowGraph(NESTED).svg


def test_long_chains_go_down_the_page():
    nodes = tuple(node(f"step_{n:02}", after=(f"step_{n - 1:02}",) * bool(n)) for n in range(20))
    graph = parsed(WorkflowGraph(replace(PIPELINE, nodes=nodes)))
    assert float(graph.get("width")) < 300
    assert float(parsed(WorkflowGraph(PIPELINE)).get("width")) > 600


def test_a_tree_in_text():
    assert repr(WorkflowGraph(NESTED)).split("\n") == [
        "Study: 19 done, 7 running, 7 waiting",
        "├─ ✓ load  done",
        "├─ ● subject  × 12  ← load  split id · combine id  2 done, 4 running, 6 waiting",
        "│  ├─ ✓ brain_extract  × 6  6 done",
        "│  ├─ ● segment  × 6+  ← brain_extract  3 done, 3 running",
        "│  ├─ ● surface  × 6  ← segment  2 done, 2 running, 2 queued",
        "│  │  ├─ ● left  × 4  2 done, 2 running",
        "│  │  ├─ ● right  × 4  2 done, 2 running",
        "│  │  └─ ○ join  × 4  ← left, right  2 done, 2 waiting",
        "│  └─ ○ stats  × 6  ← surface, segment  2 done, 4 waiting",
        "├─ ○ model  × ?  ← subject, load  split contrast  waiting",
        "└─ ✓ plot  done",
    ]


def test_where_svgs_are_taken_away_lines_are_left():
    page = ElementTree.fromstring(WorkflowGraph(PIPELINE).html)
    assert "".join(page.itertext()).split("\n")[2:4] == [
        "convert · 23 done, 1 running · split scan · after find",
        "● convert × 24 split scan ",
    ]


def test_nothing_yet():
    graph = WorkflowGraph(RunSnapshot("Study", "oar", RunState.RUNNING))
    assert repr(graph) == "Study"
    assert parsed(graph).get("aria-label") == "Workflow Study: nothing yet"


def test_a_page_has_the_svg_in_it_so_that_it_takes_its_colours():
    bundle = WorkflowGraph(NESTED)._repr_mimebundle_(include=None, exclude=None)
    assert set(bundle) == {"text/plain", "text/html", "image/svg+xml"}
    assert bundle["image/svg+xml"] in bundle["text/html"]
    assert 'fill="currentColor"' in bundle["image/svg+xml"]


@given(snapshots())
def test_whatever_the_names_the_svg_holds(snapshot):
    graph = WorkflowGraph(snapshot)
    for element in parsed(graph).iter():
        assert element.tag.removeprefix(SVG) in TAGS
        assert not any(name.startswith("on") or "href" in name for name in element.attrib)
    assert repr(graph).count("\n") == len(boxes(graph))
    graph.svg.encode()


@given(snapshots())
def test_boxes_of_nodes_meet_only_the_ones_they_are_in(snapshot):
    found = iter(boxes(WorkflowGraph(snapshot)))

    def check(nodes: tuple[NodeFacts, ...], outer):
        beside = []
        for one in nodes:
            box = next(found)
            left, top, right, bottom = box
            if outer:
                assert outer[0] <= left <= right <= outer[2]
                assert outer[1] <= top <= bottom <= outer[3]
            for other in beside:
                assert min(right, other[2]) <= max(left, other[0]) or min(bottom, other[3]) <= max(
                    top, other[1]
                )
            beside.append(box)
            check(one.nodes, box)

    check(snapshot.nodes, None)
    assert next(found, None) is None


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_the_parts_of_a_bar_fill_it_at_most(done, failed):
    counts = {TaskState.DONE: done, TaskState.FAILED: failed, TaskState.WAITING: 5}
    graph = WorkflowGraph(replace(PIPELINE, nodes=(node("one", counts),)))
    _, track, *parts = parsed(graph).iter(f"{SVG}rect")
    assert sum(float(part.get("width")) for part in parts) <= float(track.get("width")) + 1.1
