"""A run's nodes as a tree in text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.clean import line
from pydra_oar_jupyter.workflows.counts import in_words, mark, standing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydra_oar_jupyter.workflows.snapshot import NodeFacts, RunSnapshot


def tree(snapshot: RunSnapshot) -> str:
    """A line for the run, one for each node, and what each comes after."""
    head = ": ".join(part for part in (line(snapshot.name), in_words(snapshot.counts)) if part)
    return "\n".join([head or "nothing yet", *_lines(snapshot.nodes, "")])


def times(node: NodeFacts) -> str:
    """``× 12`` for a node with many tasks, ``× 8+`` or ``× ?`` while there may be more; else ""."""
    if node.expanded:
        return f"× {node.total:,}" if node.total > 1 or node.split else ""
    return f"× {node.total:,}+" if node.total > 1 else "× ?" if node.split else ""


def fields(node: NodeFacts) -> str:
    """What it is split over and combined by, in words; splits of nodes before it are told there."""
    own = [name for name in node.split if "." not in name]
    parts = [f"split {', '.join(own)}"] * bool(own)
    parts += [f"combine {', '.join(node.combined)}"] * bool(node.combined)
    return line(" · ".join(parts), 40)


def _lines(nodes: Sequence[NodeFacts], indent: str) -> Iterator[str]:
    for node in nodes:
        last = node is nodes[-1]
        after = f"← {line(', '.join(node.after))}" if node.after else ""
        words = (line(node.name), times(node), after, fields(node), _counts(node))
        told = "  ".join(word for word in words if word)
        yield f"{indent}{'└─' if last else '├─'} {mark(standing(node.counts))} {told}"
        yield from _lines(node.nodes, indent + ("   " if last else "│  "))


def _counts(node: NodeFacts) -> str:
    """Where its tasks are; for one task, the word without a number."""
    return in_words(node.counts) if node.total > 1 else str(standing(node.counts))
