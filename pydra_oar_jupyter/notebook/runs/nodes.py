"""A row for each node of a run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.clean import line, xml
from pydra_oar_jupyter.core.html import faint
from pydra_oar_jupyter.core.units import duration
from pydra_oar_jupyter.notebook.runs.html import bar, joined, stated
from pydra_oar_jupyter.notebook.runs.left import about, node_left
from pydra_oar_jupyter.notebook.words import ticking
from pydra_oar_jupyter.workflows.counts import STATES, in_words, mark, standing
from pydra_oar_jupyter.workflows.graph.tree import times
from pydra_oar_jupyter.workflows.snapshot import TaskState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydra_oar_jupyter.workflows.snapshot import NodeFacts, RunSnapshot

# At most so many rows: of longer tables, those of nodes where something happens.
_ROWS = 30
_FIRST = {TaskState.FAILED: 0, TaskState.RUNNING: 1, TaskState.QUEUED: 2, TaskState.WAITING: 4}
_GOING = {TaskState.WAITING, TaskState.QUEUED, TaskState.RUNNING}


def elapsed(seconds: float) -> str:
    """A time that goes on, in words that change at most once a second; "" within the first."""
    cut = ticking(max(0.0, seconds))
    if not cut:
        return ""
    return f"{cut:.0f} s" if cut < 60 else duration(cut)


def node_lines(snapshot: RunSnapshot, now: float) -> list[str]:
    """A line of text for each node."""
    rows, rest = _rows(snapshot)
    names = [_indented(row, f"{mark(row.state)} {_name(row.node)}") for row in rows]
    width = max(map(len, names))
    lines = []
    for name, row in zip(names, rows, strict=True):
        told = in_words(row.node.counts) if row.node.total > 1 else str(row.state)
        left = _left(row.node, snapshot, now)
        words = joined((told, _time(row.node, snapshot, now), f"{left} left" if left else ""))
        lines.append(f"  {name.ljust(width)}  {words}")
    return [*lines, f"  … {rest}"] if rest else lines


def node_table(snapshot: RunSnapshot, now: float) -> str:
    """The same as an HTML table, without columns that have nothing in them."""
    rows, rest = _rows(snapshot)
    nodes = [row.node for row in rows]
    states = [state for state in STATES if any(node.counts.get(state) for node in nodes)]
    columns = [
        ("node", "left", [_indented(row, _named(row), "\u2003") for row in rows]),
        ("", "left", [_bar(node) for node in nodes]),
        *((str(state), "right", [_number(n, state) for n in nodes]) for state in states),
        ("of", "right", [_total(node) for node in nodes] if len(states) > 1 else []),
        ("time", "right", [_time(node, snapshot, now) for node in nodes]),
        ("left", "right", [_left(node, snapshot, now) for node in nodes]),
    ]
    lines = [""] * (1 + len(rows))
    for heading, side, cells in columns:
        if any(cells):
            style = f"padding:.1em 1.2em .1em 0;text-align:{side};white-space:nowrap"
            lines[0] += f'<th style="{style};font-weight:normal">{faint(heading)}</th>'
            for index, cell in enumerate(cells, 1):
                lines[index] += f'<td style="{style}">{cell}</td>'
    drawn = "".join(f'<tr style="background:none">{cells}</tr>' for cells in lines)
    return f'<table style="margin:.3em 0">{drawn}</table>{faint(rest and f"… {rest}")}'


@dataclass(frozen=True, slots=True)
class _Row:
    """A node, and how many workflows it is in."""

    node: NodeFacts
    depth: int
    state: TaskState
    parent: _Row | None


def _rows(snapshot: RunSnapshot) -> tuple[list[_Row], str]:
    """The nodes to show, in their order, and what others there are, in words."""
    rows = list(_walk(snapshot.nodes, None))
    if len(rows) <= _ROWS:
        return rows, ""
    chosen = set[int]()
    for row in sorted(rows, key=lambda row: _FIRST.get(row.state, 3))[:_ROWS]:
        above: _Row | None = row
        while above is not None:
            chosen.add(id(above))
            above = above.parent
    rest = Counter(row.state for row in rows if id(row) not in chosen)
    shown = [row for row in rows if id(row) in chosen]
    return shown, f"and {rest.total():,} more nodes: {in_words(rest)}"


def _walk(nodes: Sequence[NodeFacts], parent: _Row | None) -> Iterator[_Row]:
    for node in nodes:
        row = _Row(node, parent.depth + 1 if parent else 0, standing(node.counts), parent)
        yield row
        yield from _walk(node.nodes, row)


def _indented(row: _Row, text: str, by: str = "  ") -> str:
    return by * row.depth + text


def _name(node: NodeFacts) -> str:
    return " ".join(part for part in (line(node.name, 40), times(node)) if part)


def _named(row: _Row) -> str:
    name, many = xml(line(row.node.name, 40)), times(row.node)
    strong = f"<b>{name}</b>" if row.node.nodes else name
    return f"{stated(row.state)} {strong}" + f" {faint(many)}" * bool(many)


def _bar(node: NodeFacts) -> str:
    return bar(node.counts, "width:8em;height:.5em") if node.total > 1 else ""


def _number(node: NodeFacts, state: TaskState) -> str:
    number = node.counts.get(state, 0)
    return f"{number:,}" if number else ""


def _total(node: NodeFacts) -> str:
    if node.expanded or not node.split:
        return f"{node.total:,}"
    return f"{node.total:,}+" if node.total > 1 else "?"


def _time(node: NodeFacts, snapshot: RunSnapshot, now: float) -> str:
    """How long it took or has taken; "" if it has not begun."""
    if not node.started:
        return ""
    if node.ended:
        return duration(node.ended - node.started)
    return "" if snapshot.state.final else elapsed(now - node.started)


def _left(node: NodeFacts, snapshot: RunSnapshot, now: float) -> str:
    if snapshot.state.final or not (node.counts.keys() & _GOING):
        return ""
    return about(node_left(node, snapshot.started, now))
