"""Snapshots of runs: some that look like real ones, and any at all."""

from __future__ import annotations

from hypothesis import strategies as st

from pydra_oar_jupyter.workflows.snapshot import (
    NodeFacts,
    RunSnapshot,
    RunState,
    TaskFacts,
    TaskState,
)

NOW = 1_790_000_000.0
START = NOW - 305
DONE, CACHED, FAILED = TaskState.DONE, TaskState.CACHED, TaskState.FAILED
RUNNING, QUEUED, WAITING = TaskState.RUNNING, TaskState.QUEUED, TaskState.WAITING
SKIPPED = TaskState.SKIPPED


def node(path, counts=None, **facts):
    """A node, by its dotted path."""
    expanded = facts.pop("expanded", True)
    return NodeFacts(tuple(path.split(".")), counts=counts or {DONE: 1}, expanded=expanded, **facts)


SINGULAR = TaskFacts(
    ("register",), 3, FAILED, "order=3, scan='sub-04'", START + 40, START + 70, 10154, "node-12",
    "/nowhere/OAR.10154.stdout", "/nowhere/OAR.10154.stderr", "ValueError: singular",
    'Traceback (most recent call last):\n  File "register.py", line 12\nValueError: singular',
)  # fmt: skip
PIPELINE = RunSnapshot(
    "Preprocess", "oar", RunState.RUNNING,
    (
        node("find", started=START, ended=START + 3),
        node("convert", {DONE: 23, RUNNING: 1}, after=("find",), split=("scan",), started=START),
        node("register", {DONE: 13, FAILED: 2, RUNNING: 8, QUEUED: 1}, task="Register",
             after=("convert", "template"), split=("scan",), started=START + 20),
        node("template", {CACHED: 1}),
        node("smooth", {DONE: 9, RUNNING: 2, SKIPPED: 2, WAITING: 11}, after=("register",),
             split=("scan",), combined=("scan",), started=START + 100),
        node("report", {WAITING: 1}, after=("smooth", "find"), expanded=False),
    ),
    (SINGULAR,), START, 0.0, NOW,
)  # fmt: skip
NESTED = RunSnapshot(
    "Study", "cf", RunState.RUNNING,
    (
        node("load", started=START, ended=START + 1),
        node("subject", {DONE: 2, RUNNING: 4, WAITING: 6}, after=("load",), split=("id",),
             combined=("id",), started=START + 2, nodes=(
            node("subject.brain_extract", {DONE: 6}),
            node("subject.segment", {DONE: 3, RUNNING: 3}, after=("brain_extract",),
                 expanded=False),
            node("subject.surface", {DONE: 2, RUNNING: 2, QUEUED: 2}, after=("segment",), nodes=(
                node("subject.surface.left", {DONE: 2, RUNNING: 2}),
                node("subject.surface.right", {DONE: 2, RUNNING: 2}),
                node("subject.surface.join", {DONE: 2, WAITING: 2}, after=("left", "right")),
            )),
            node("subject.stats", {DONE: 2, WAITING: 4}, after=("surface", "segment")),
        )),
        node("model", {WAITING: 1}, after=("subject", "load"), split=("contrast",),
             expanded=False),
        node("plot"),
    ),
    (), START, 0.0, NOW,
)  # fmt: skip

_BAD = [
    '"><script>x()</script>',
    "' onload='x()",
    "&lt;",
    "a\x00\x1b[31mb",
    "\ud800",
    "]]>",
    "x\ny",
]
WORDS = st.text(max_size=12) | st.sampled_from(_BAD) | st.text("<>&\"'/= \n\r\t\x1b", max_size=9)
TIMES = st.just(0.0) | st.floats(START - 10, NOW + 10)
COUNTS = st.dictionaries(st.sampled_from(TaskState), st.integers(0, 10**5))
TASKS = st.builds(
    TaskFacts,
    node=st.lists(WORDS, min_size=1, max_size=2).map(tuple),
    index=st.none() | st.integers(0, 10**6),
    state=st.sampled_from(TaskState),
    inputs=WORDS, started=TIMES, ended=TIMES, job=st.none() | st.integers(1, 10**8), host=WORDS,
    stdout=WORDS, stderr=WORDS, error=WORDS, traceback=WORDS,
)  # fmt: skip


@st.composite
def _nodes(draw, path=(), depth=0):
    names = draw(st.lists(WORDS, max_size=4 if depth else 6, unique=True))
    nodes = []
    for name in names:
        inner = draw(_nodes((*path, name), depth + 1)) if depth < 2 and draw(st.booleans()) else ()
        facts = NodeFacts(
            (*path, name),
            draw(WORDS),
            draw(COUNTS),
            draw(st.booleans()),
            tuple(draw(st.lists(WORDS, max_size=2))),
            tuple(draw(st.lists(WORDS, max_size=2))),
            tuple(draw(st.lists(st.sampled_from(names), max_size=3))),
            draw(TIMES),
            draw(TIMES),
            inner,
        )
        nodes.append(facts)
    return tuple(nodes)


def snapshots():
    """Any snapshot."""
    return st.builds(
        RunSnapshot,
        name=WORDS,
        worker=WORDS,
        state=st.sampled_from(RunState),
        nodes=_nodes(),
        tasks=st.lists(TASKS, max_size=6).map(tuple),
        started=TIMES,
        ended=TIMES,
        taken=TIMES,
        error=WORDS,
        trouble=WORDS,
        job=st.none() | st.integers(1, 10**8),
    )
