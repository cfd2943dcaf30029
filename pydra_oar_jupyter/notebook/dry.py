"""``--dry-run``: what would be submitted."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.backend import get_backend

if TYPE_CHECKING:
    from collections.abc import Mapping

    from IPython.core.interactiveshell import InteractiveShell

    from pydra_oar_jupyter.notebook.packing import Pack


def show_plan(shell: InteractiveShell, pack: Pack, backend: str) -> None:
    """Show the command, the script, and the names that would go and come back."""
    if not pack.jobs:
        parts = [("Nothing would be submitted", "There is nothing to run over.")]
    else:
        parts = [
            ("The command", get_backend(backend).command(pack.submission(backend))),
            *_names(shell.user_ns, pack),
            *_files(pack),
        ]
    text = "\n\n".join(f"── {title}\n{body}" for title, body in parts)
    html = "".join(
        f"<div><b>{escape(title)}</b></div>"
        f'<pre style="white-space:pre-wrap;margin:0 0 1em">{escape(body)}</pre>'
        for title, body in parts
    )
    shell.display_pub.publish({"text/plain": text, "text/html": html})


def _names(names: Mapping[str, Any], pack: Pack) -> list[tuple[str, str]]:
    """What goes, with its size, and what comes back."""
    if pack.spec.kind != "cell":
        return []
    payload = pack.jobs[0][0].payload
    lines = [f"{name}: about {size:,} bytes" for name, size in _sizes(names, pack).items()]
    lines.append(f"In all {payload.stat().st_size:,} bytes in {payload.name}.")
    if pack.labels:
        lines.append(f"Besides, for each of {len(pack.labels)} jobs: {_some(pack.labels)}")
    back = ", ".join(pack.out) or "none"
    return [("What goes", "\n".join(lines)), ("The names that come back", back)]


def _sizes(names: Mapping[str, Any], pack: Pack) -> dict[str, int]:
    """About how many bytes each name takes: its pickle, and its array beside that."""
    from pydra_oar_jupyter.core.pickles import Pickles

    with Pickles(pack.jobs[0][0].payload) as pickles:
        index = pickles._index
    tail = len(json.dumps(index)) + 8
    buffers = [at for at, _ in index["buffers"]]
    end = buffers[0] if buffers else pack.jobs[0][0].payload.stat().st_size - tail
    stops = [*(start for _, start in index["entries"][1:]), end]
    sizes = {}
    for (name, start), stop in zip(index["entries"], stops, strict=False):
        beside = getattr(names.get(name), "nbytes", 0)
        sizes[name] = stop - start + (beside if isinstance(beside, int) else 0)
    return sizes


def _files(pack: Pack) -> list[tuple[str, str]]:
    """The script that the scheduler runs, and those that it runs; values of --env are not shown."""
    job = pack.jobs[0][0]
    shown = [("job.sh", job.script), ("setup", job.path / "setup"), ("script", job.path / "script")]
    return [(name, path.read_text()) for name, path in shown if path.exists()]


def _some(labels: list[str]) -> str:
    return ", ".join(labels[:5]) + (", …" if len(labels) > 5 else "")
