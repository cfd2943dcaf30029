"""Rows of Pydra's runs, of their nodes, and of the tasks that their snapshots name."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pydra_oar_jupyter.monitor.keys import node_key, run_key, task_keys
from pydra_oar_jupyter.monitor.rows import row
from pydra_oar_jupyter.monitor.rows.arrays import in_order
from pydra_oar_jupyter.monitor.rows.jobs import user
from pydra_oar_jupyter.workflows.counts import RUN_TONES, TONES, in_words, over, standing
from pydra_oar_jupyter.workflows.snapshot import RunState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydra_oar_jupyter.core.tones import Tone
    from pydra_oar_jupyter.monitor.rows import Action, Row
    from pydra_oar_jupyter.workflows.counts import Counts
    from pydra_oar_jupyter.workflows.runs.run import Run
    from pydra_oar_jupyter.workflows.snapshot import NodeFacts, RunSnapshot, TaskFacts


def run_row(run: Run, snapshot: RunSnapshot) -> Row:
    """The row of a run, as the snapshot has it."""
    counts, total = snapshot.counts, sum(snapshot.counts.values())
    can: list[Action] = ["again"] if can_resume(run) else []
    if not snapshot.state.final:
        can = ["cancel"]
    return row(
        run_key(run.id),
        "run",
        run.name,
        snapshot.state,
        RUN_TONES[snapshot.state],
        id=run.id,
        owner=user(),
        note=snapshot.error.strip().rpartition("\n")[2] or snapshot.trouble or in_words(counts),
        resources=f"worker {run.worker}",
        submitted=run.created,
        started=snapshot.started,
        ended=snapshot.ended if snapshot.state.final else 0.0,
        progress=over(counts) / total if total else -1.0,
        progressText=f"{over(counts)}/{total}" if total else "",
        counts=_tones(counts),
        opens=bool(snapshot.nodes),
        can=can,
        source=run.origin.label,
    )


def can_resume(run: Run) -> bool:
    """Whether a run that did not come to its end can go on: its tasks must not be computed here."""
    return run.worker == "oar" and run.done() and run.state is not RunState.DONE


def inner_rows(run: Run, snapshot: RunSnapshot) -> dict[str, Row]:
    """The rows of its nodes and of those of its tasks that the snapshot names, by their keys."""
    named = {task.node for task in snapshot.tasks}
    nodes = {made["key"]: made for made in _nodes(run, snapshot.nodes, named)}
    tasks = {
        key: _task_row(run, key, task) for key, task in task_keys(run.id, snapshot).items()
    }  # fmt: skip
    return nodes | tasks


def _nodes(run: Run, nodes: Sequence[NodeFacts], named: set[tuple[str, ...]]) -> Iterator[Row]:
    for place, node in enumerate(nodes):
        yield _node_row(run, node, place, named)
        yield from _nodes(run, node.nodes, named)


def _node_row(run: Run, node: NodeFacts, place: int, named: set[tuple[str, ...]]) -> Row:
    state = standing(node.counts)
    return row(
        node_key(run.id, node.path),
        "node",
        node.name,
        state,
        TONES[state],
        parent=_above(run, node.path),
        owner=user(),
        note=in_words(node.counts) if node.total > 1 else "",
        resources=node.task,
        started=node.started,
        ended=node.ended,
        progress=over(node.counts) / node.total if node.expanded and node.total else -1.0,
        progressText=f"{over(node.counts)}/{node.total}" if node.expanded else "",
        counts=_tones(node.counts),
        opens=bool(node.nodes) or node.path in named,
        place=place,
    )


def _task_row(run: Run, key: str, task: TaskFacts) -> Row:
    index = f"[{task.index}]" if task.index is not None else ""
    return row(
        key,
        "task",
        f"{task.node[-1]}{index}",
        task.state,
        TONES[task.state],
        parent=node_key(run.id, task.node),
        id=str(task.job or ""),
        owner=user(),
        note=task.error or task.inputs,
        node=task.host,
        started=task.started,
        ended=task.ended,
        place=task.index or 0,
    )


def _above(run: Run, path: tuple[str, ...]) -> str:
    return node_key(run.id, path[:-1]) if len(path) > 1 else run_key(run.id)


def _tones(counts: Counts) -> dict[Tone, int]:
    tones: Counter[Tone] = Counter()
    for state, number in counts.items():
        tones[TONES[state]] += number
    return in_order(tones)
