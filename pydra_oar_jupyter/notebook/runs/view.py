"""A run as a person wants to see it: sections of text and HTML, made of a snapshot.

Each section has a place of its own on the page, so that those that stay as they are need not be
drawn anew: what somebody has unfolded there would fold again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.html import faint, section
from pydra_oar_jupyter.notebook.runs import errors, head, tasks
from pydra_oar_jupyter.notebook.runs.html import details
from pydra_oar_jupyter.notebook.words import clock
from pydra_oar_jupyter.workflows.graph.graph import WorkflowGraph

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydra_oar_jupyter.workflows.snapshot import NodeFacts, RunSnapshot

# Up to so many nodes the graph of a run that has ended is shown without a click.
_SMALL = 25


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the view.

    Attributes:
        draw: a snapshot and the time in seconds since the epoch to text and HTML; "" for nothing.
        pace: the shortest time between two drawings of it while a run goes on, in seconds.
    """

    draw: Callable[[RunSnapshot, float], tuple[str, str]]
    pace: float


def _graph(snapshot: RunSnapshot, _now: float) -> tuple[str, str]:
    """The graph, if there is more than a box in it; as text, the head's rows tell enough."""
    if _boxes(snapshot.nodes) < 2:
        return "", ""
    drawn = WorkflowGraph(snapshot).html
    if snapshot.state.final and _boxes(snapshot.nodes) > _SMALL:
        drawn = details(faint("graph"), drawn)
    return "", section(drawn)


def _boxes(nodes: tuple[NodeFacts, ...]) -> int:
    return sum(1 + _boxes(node.nodes) for node in nodes)


# In the order in which they stand on the page.
SECTIONS: dict[str, Section] = {
    "errors": Section(errors.draw, 1.0),
    "head": Section(head.draw, 0.2),
    "graph": Section(_graph, 1.0),
    "tasks": Section(tasks.draw, 5.0),
}


def run_sections(snapshot: RunSnapshot, now: float | None = None) -> dict[str, dict[str, str]]:
    """All sections by name, always the same ones, each as ``text/plain`` and ``text/html``.

    ``now`` is in seconds since the epoch. Drawing reads the ends of files that tasks write.
    """
    at = time.time() if now is None else now
    drawn = {name: one.draw(snapshot, at) for name, one in SECTIONS.items()}
    return {name: {"text/plain": text, "text/html": html} for name, (text, html) in drawn.items()}


def run_bundle(snapshot: RunSnapshot, now: float | None = None) -> dict[str, str]:
    """All of it at once, with the time if it will change, as it stays in a notebook."""
    at = time.time() if now is None else now
    parts = list(run_sections(snapshot, at).values())
    if not snapshot.state.final:
        since = f"as of {clock(at, at)}"
        parts.append({"text/plain": since, "text/html": section(faint(since))})
    texts = [part["text/plain"] for part in parts if part["text/plain"]]
    return {"text/plain": "\n".join(texts), "text/html": "".join(p["text/html"] for p in parts)}
