"""The graph of a run's nodes, as an SVG with their states in colour, and as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.clean import line
from pydra_oar_jupyter.workflows.counts import in_words
from pydra_oar_jupyter.workflows.graph.drawing import drawing
from pydra_oar_jupyter.workflows.graph.plan import plan
from pydra_oar_jupyter.workflows.graph.tree import tree

if TYPE_CHECKING:
    from pydra_oar_jupyter.workflows.snapshot import RunSnapshot


class WorkflowGraph:
    """A snapshot's nodes as a graph.

    Nested workflows are boxes around their nodes; a node with many tasks is a stack of sheets with
    a bar of their states; where a split is combined, it runs together to a point.
    """

    def __init__(self, snapshot: RunSnapshot) -> None:
        self._snapshot = snapshot

    @property
    def svg(self) -> str:
        """It as an SVG element, which can be a file by itself or stand in a page."""
        snapshot = self._snapshot
        label = f"Workflow {line(snapshot.name)}: {in_words(snapshot.counts) or 'nothing yet'}"
        return drawing(snapshot.nodes, plan(snapshot.nodes), label)

    @property
    def html(self) -> str:
        """It as a part of a page; one that takes SVGs away and leaves their text shows lines."""
        style = "margin:.4em 0;padding:0;background:none;white-space:pre-wrap"
        return f'<pre style="{style}">{self.svg}</pre>'

    def __repr__(self) -> str:
        return tree(self._snapshot)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        # JupyterLab shows an SVG by itself as an image, which can't take the colours of its theme.
        return {"text/plain": repr(self), "image/svg+xml": self.svg, "text/html": self.html}
