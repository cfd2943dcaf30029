"""A run's view: sections of text and HTML made of snapshots."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydra_oar_jupyter.notebook.runs.left import about, node_left, run_left
from pydra_oar_jupyter.notebook.runs.view import SECTIONS, run_bundle, run_sections
from pydra_oar_jupyter.workflows.snapshot import RunSnapshot, RunState, TaskFacts
from tests.workflows.snapshots import (
    CACHED,
    DONE,
    FAILED,
    NESTED,
    NOW,
    PIPELINE,
    QUEUED,
    RUNNING,
    SINGULAR,
    START,
    WAITING,
    node,
    snapshots,
)

TINY = RunSnapshot(
    "AddTwo", "oar", RunState.RUNNING, (node("AddTwo", {RUNNING: 1}, started=NOW - 12),),
    (TaskFacts(("AddTwo",), None, RUNNING, "x=3", NOW - 12, 0, 154, "oarnode1"),), NOW - 14,
    0, NOW,
)  # fmt: skip
SVG = "{http://www.w3.org/2000/svg}"
TAGS = {
    *("div", "span", "b", "pre", "table", "tr", "td", "th", "details", "summary"),
    *(f"{SVG}{tag}" for tag in ("svg", "g", "title", "rect", "path", "text")),
}


def text(snapshot, name=None):
    found = run_sections(snapshot, NOW)[name] if name else run_bundle(snapshot, NOW)
    return found["text/plain"].split("\n")


def page(snapshot, name=None):
    found = run_sections(snapshot, NOW)[name] if name else run_bundle(snapshot, NOW)
    return ElementTree.fromstring(f"<div>{found['text/html']}</div>")


def words(element):
    return " ".join("".join(element.itertext()).split())


def table(snapshot):
    """The rows of the table of nodes; cells that hold a bar are empty."""
    return [[words(cell) for cell in row] for row in page(snapshot, "head").iter("tr")]


def summaries(snapshot, name):
    return [words(summary) for summary in page(snapshot, name).iter("summary")]


def test_a_tiny_run_looks_tiny():
    done = replace(
        TINY, state=RunState.DONE, ended=NOW - 2, nodes=(node("AddTwo"),),
        tasks=(replace(TINY.tasks[0], state=DONE, ended=NOW - 3),),
    )  # fmt: skip
    assert text(TINY)[0] == "● AddTwo · running · 14 s · oar"
    assert text(TINY)[1].startswith("  ● x=3 · job 154 on oarnode1 · since ")
    assert text(TINY)[2].startswith("as of ")
    assert text(done) == ["✓ AddTwo · 12 s · oar", "  ✓ x=3 · job 154 on oarnode1 · 9.0 s"]
    for snapshot in (TINY, done):
        tags = {element.tag for element in page(snapshot).iter()}
        assert tags <= {"div", "span", "b"}


def test_a_run_that_goes_on():
    assert text(PIPELINE, "head") == [
        "● Preprocess · 51 of 75 tasks · 5 min 5 s · about 4 min left · oar",
        "  ████████████████░░░░░░░░ 46 done, 1 from cache, 2 failed, 11 running, 1 queued, "
        "12 waiting, 2 not run",
        "  ✓ find           done · 3.0 s",
        "  ● convert × 24   23 done, 1 running · 5 min 5 s · less than a minute left",
        "  ✗ register × 24  13 done, 2 failed, 8 running, 1 queued · 4 min 45 s · about 1 min left",
        "  ↺ template       from cache",
        "  ● smooth × 24    9 done, 2 running, 11 waiting, 2 not run · 3 min 25 s · "
        "about 4 min left",
        "  ○ report         waiting",
    ]
    rows = table(PIPELINE)
    assert rows[0] == [
        "node", "", "done", "from cache", "failed", "running", "queued", "waiting", "not run",
        "of", "time", "left",
    ]  # fmt: skip
    assert rows[3] == ["✗ register × 24", "", "13", "", "2", "8", "1", "", "", "24", "4 min 45 s",
                       "about 1 min"]  # fmt: skip


def test_states_that_do_not_occur_make_no_column():
    nodes = (node("one", started=START, ended=START + 2), node("two", after=("one",)))
    ended = replace(PIPELINE, state=RunState.DONE, nodes=nodes, tasks=(), ended=START + 3)
    assert table(ended) == [
        ["node", "done", "time"],
        ["✓ one", "1", "2.0 s"],
        ["✓ two", "1", ""],
    ]
    assert text(ended)[0] == "✓ Preprocess · 2 tasks · 3.0 s · oar"


def test_nodes_of_nested_workflows_are_indented():
    names = [row[0] for row in table(NESTED)]
    assert names[2:5] == ["● subject × 12", "✓ brain_extract × 6", "● segment × 6+"]
    lines = text(NESTED, "head")
    assert [line.partition("  ")[0] for line in lines[:1]] == [
        "● Study · 19 of 33+ tasks · 5 min 5 s · cf"
    ]
    assert any(line.startswith("      ● left × 4") for line in lines)
    assert [row[-2:] for row in table(NESTED) if "model" in row[0]] == [["?", ""]]


def test_all_from_cache_is_said_plainly():
    nodes = (node("fit", {CACHED: 11}, split=("x",)), node("mean", {CACHED: 1}))
    cached = RunSnapshot("Sweep", "oar", RunState.DONE, nodes, (), NOW - 1, NOW - 0.6, NOW)
    assert text(cached)[0] == "✓ Sweep · all 12 tasks from cache · 0.4 s · oar"
    some = replace(cached, nodes=(node("fit", {CACHED: 11}), node("mean")))
    assert text(some)[0] == "✓ Sweep · 12 tasks, 11 of them from cache · 0.4 s · oar"
    one = replace(cached, nodes=(node("fit", {CACHED: 1}),))
    assert text(one) == ["✓ Sweep · from cache · 0.4 s · oar"]


@pytest.mark.parametrize(
    ("state", "start"),
    [
        (RunState.FAILED, "✗ Preprocess · failed after 5 min"),
        (RunState.CANCELLED, "■ Preprocess · cancelled after 5 min"),
        (RunState.INTERRUPTED, "■ Preprocess · interrupted after 5 min"),
    ],
)
def test_how_it_ended(state, start):
    ended = replace(PIPELINE, state=state, ended=NOW - 5)
    assert text(ended, "head")[0] == f"{start} · 47 of 75 tasks done · oar"
    assert "left" not in table(ended)[0]
    assert "as of" not in text(ended)[-1]


def test_errors_stand_first_with_where_they_are_from(tmp_path):
    late = replace(SINGULAR, index=11, error="its walltime ran out", traceback="",
                   stderr=str(tmp_path / "stderr"))  # fmt: skip
    (tmp_path / "stderr").write_text("step 1\nstep 2\n")
    failed = replace(PIPELINE, tasks=(SINGULAR, late))
    assert next(iter(SECTIONS)) == "errors"
    assert text(failed)[:3] == [
        "✗ register[3]: ValueError: singular",
        "  order=3, scan='sub-04' · job 10154 on node-12 · after 30 s",
        "  its output: /nowhere/OAR.10154.stderr",
    ]
    first, second = page(failed, "errors").iter("details")
    assert [words(part) for part in first[0]] == [
        "✗",
        "register[3]",
        "ValueError: singular",
        "order=3, scan='sub-04' · job 10154 on node-12 · after 30 s",
    ]
    assert 'File "register.py", line 12' in words(first[1])
    assert "/nowhere/OAR.10154.stderr" in words(first[1])
    assert "step 1 step 2" in words(second[1])


def test_one_error_of_many_tasks_is_told_once():
    tasks = tuple(replace(SINGULAR, index=index) for index in range(40))
    failed = replace(PIPELINE, tasks=tasks, nodes=(node("register", {FAILED: 300}),))
    assert text(failed, "errors")[3:] == [
        "  so did register[1], register[2], register[3], register[4], register[5], register[6]"
        " and 33 more",
        "… and 260 more failed tasks",
    ]
    assert len(list(page(failed, "errors").iter("details"))) == 1


def test_an_error_of_the_run_itself():
    refused = RunSnapshot("X", "oar", RunState.FAILED, (), (), NOW - 3, NOW - 1, NOW,
                          error="OAR refused the job: no such queue\nSee %oar queues.")  # fmt: skip
    assert text(refused) == [
        "✗ OAR refused the job: no such queue",
        "See %oar queues.",
        "✗ X · failed after 2.0 s · oar",
    ]


def test_the_jobs_of_tasks_are_a_click_from_their_output(tmp_path):
    out, folder = tmp_path / "out", tmp_path / "folder"
    out.write_text("".join(f"line {n}\n" for n in range(3000)) + "10 %\r50 %\r99 %")
    folder.mkdir()
    files = {"one": str(out), "two": str(tmp_path / "none"), "three": str(folder)}
    tasks = tuple(
        TaskFacts((name,), None, RUNNING, "", NOW - 60, 0, 7, "n1", path)
        for name, path in files.items()
    )
    going = replace(PIPELINE, tasks=tasks, nodes=tuple(node(name, {RUNNING: 1}) for name in files))
    one, two, three = (words(details[1]) for details in page(going, "tasks").iter("details"))
    assert one.startswith(f"{out}line 2981 line 2982")
    assert one.endswith("line 2999 99 %")
    assert "is not there" in two
    assert "is not there" in three
    assert summaries(going, "tasks")[0].startswith("● one · job 7 on n1 · since ")


def test_long_lines_of_output_are_cut(tmp_path):
    out = tmp_path / "out"
    out.write_bytes(b"\xff" + "é".encode() * 1_000_000)
    task = replace(TINY.tasks[0], stdout=str(out), stderr=str(out))
    html = run_sections(replace(TINY, tasks=(task,)), NOW)["tasks"]["text/html"]
    assert len(html) < 6000
    assert html.count("<pre") == 1


def test_ten_thousand_tasks_stay_small():
    counts = {DONE: 6120, FAILED: 3, RUNNING: 96, QUEUED: 404, WAITING: 3377}
    tasks = tuple(
        TaskFacts(("fit",), index, RUNNING, f"x={index}", NOW - 9, 0, index, "n", "/nowhere/out")
        for index in range(100)
    )
    nodes = (node("fit", counts, split=("x",), started=START), node("mean", {WAITING: 1}))
    many = replace(PIPELINE, nodes=nodes, tasks=tasks)
    assert text(many, "head")[0].startswith("● Preprocess · 6,123 of 10,001 tasks")
    assert text(many, "tasks")[-1] == "  … others: 88 running, 404 queued"
    assert len(run_bundle(many, NOW)["text/html"]) < 20_000
    # What is rare still shows in the bar.
    bar = next(page(many, "head").iter("div"))
    assert "min-width" in ElementTree.tostring(bar, encoding="unicode")


def test_of_many_nodes_those_where_something_happens_have_rows():
    nodes = [node(f"n{index}") for index in range(200)]
    nodes[150] = node("n150", {FAILED: 1})
    nodes[160] = node("n160", nodes=(node("n160.inner", {RUNNING: 1}),))
    lines = text(replace(PIPELINE, nodes=tuple(nodes)), "head")
    assert "    ● inner  running" in lines
    assert any(line.startswith("  ✗ n150") for line in lines)
    assert len(lines) < 40
    assert lines[-1] == "  … and 170 more nodes: 170 done"


def test_only_what_changes_is_drawn_anew():
    now, later = run_sections(PIPELINE, NOW), run_sections(PIPELINE, NOW + 1)
    assert [name for name in SECTIONS if now[name] != later[name]] == ["head"]
    assert run_sections(PIPELINE, NOW + 0.1) == now
    ended = replace(PIPELINE, state=RunState.DONE)
    assert run_sections(ended, NOW) == run_sections(ended, NOW + 1e5)


def test_sections_are_the_same_from_the_first_to_the_last():
    first = RunSnapshot("X", "cf", RunState.RUNNING, started=NOW - 2)
    assert list(run_sections(first, NOW)) == list(run_sections(PIPELINE, NOW)) == list(SECTIONS)
    assert text(first)[0] == "◌ X · starting · 2 s · cf"
    assert [section["text/html"] != "" for section in run_sections(first, NOW).values()] == [
        False, True, False, False,
    ]  # fmt: skip


def test_trouble_is_told():
    troubled = replace(TINY, trouble="oarstat does not answer")
    assert text(troubled)[1] == "  ! oarstat does not answer"
    assert "oarstat does not answer" in words(page(troubled, "head"))
    assert "in one job" not in text(replace(TINY, job=77))[0]
    assert text(replace(TINY, job=77))[0].endswith("oar (job 77)")


def test_time_left_where_there_is_ground():
    half = node("fit", {DONE: 50, WAITING: 50}, started=NOW - 100)
    assert node_left(half, START, NOW) == pytest.approx(100)
    # Those that run are halfway; what came from the cache took no time.
    busy = node("fit", {DONE: 40, CACHED: 1000, RUNNING: 20, QUEUED: 40}, started=NOW - 100)
    assert node_left(busy, START, NOW) == pytest.approx(100)
    # A node that began long ago, in a run before this one.
    assert node_left(replace(half, started=NOW - 1e6), NOW - 50, NOW) == pytest.approx(50)


@pytest.mark.parametrize(
    "one",
    [
        node("fit", {DONE: 2, WAITING: 50}, started=NOW - 100),
        node("fit", {DONE: 20, RUNNING: 500}, started=NOW - 100),
        node("fit", {DONE: 50, WAITING: 50}, started=NOW - 1),
        node("fit", {CACHED: 50, WAITING: 50}, started=NOW - 100),
        node("fit", {WAITING: 50}),
    ],
)
def test_no_time_left_without_ground(one):
    assert node_left(one, START, NOW) is None
    assert run_left(replace(PIPELINE, nodes=(one,)), NOW) is None


def test_a_run_takes_as_long_as_its_slowest_node():
    slow = node("slow", {DONE: 10, WAITING: 90}, started=NOW - 100)
    fast = node("fast", {DONE: 90, WAITING: 10}, started=NOW - 100)
    last = node("last", {WAITING: 1}, expanded=False)
    assert run_left(replace(PIPELINE, nodes=(slow, fast, last)), NOW) == pytest.approx(900)
    unknown = replace(last, split=("x",))
    assert run_left(replace(PIPELINE, nodes=(slow, fast, unknown)), NOW) is None
    big = node("big", {WAITING: 100})
    assert run_left(replace(PIPELINE, nodes=(slow, fast, big)), NOW) is None


def test_time_left_is_told_coarsely():
    found = [about(seconds) for seconds in (None, 3, 59, 61, 290, 601, 3000, 3700, 9000, 2e5)]
    assert found == [
        "", "less than a minute", "less than a minute", "about 1 min", "about 5 min",
        "about 10 min", "about 50 min", "about 1 h", "about 2 h", "about 2 d",
    ]  # fmt: skip


@given(st.floats(0, 1e9))
def test_any_time_left_can_be_told(seconds):
    assert about(seconds)


@given(snapshots())
def test_whatever_the_names_the_page_holds(snapshot):
    for element in page(snapshot).iter():
        assert element.tag in TAGS
        assert not any(name.startswith("on") or "href" in name for name in element.attrib)
    plain = run_bundle(snapshot, NOW)["text/plain"]
    assert "\x1b" not in plain
    plain.encode()
