"""``--dry-run``: what would be submitted."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.backend import get_backend
from pydra_oar_jupyter.core.pickles import Pickles

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from pydra_oar_jupyter.core.pack import Pack


def show_plan(shell: InteractiveShell, pack: Pack, backend: str) -> None:
    """Show the command, the script, and the names that would go and come back."""
    if not pack.jobs:
        parts = [("Nothing would be submitted", "There is nothing to run over.")]
    else:
        parts = [
            ("The command", get_backend(backend).command(pack.submission(backend))),
            *_names(pack),
            *_files(pack),
        ]
    text = "\n\n".join(f"── {title}\n{body}" for title, body in parts)
    html = "".join(
        f"<div><b>{escape(title)}</b></div>"
        f'<pre style="white-space:pre-wrap;margin:0 0 1em">{escape(body)}</pre>'
        for title, body in parts
    )
    shell.display_pub.publish({"text/plain": text, "text/html": html})


def _names(pack: Pack) -> list[tuple[str, str]]:
    """What goes, with its size, and what comes back."""
    if pack.spec.kind != "cell":
        return []
    payload = pack.jobs[0][0].payload
    with Pickles(payload) as pickles:
        lines = [f"{name}: {size:,} bytes" for name, size in pickles.sizes().items()]
    lines.append(f"In all {payload.stat().st_size:,} bytes in {payload.name}.")
    if pack.labels:
        lines.append(f"Besides, for each of {len(pack.labels)} jobs: {_some(pack.labels)}")
    back = ", ".join(pack.out) or "none"
    return [("What goes", "\n".join(lines)), ("The names that come back", back)]


def _files(pack: Pack) -> list[tuple[str, str]]:
    """The script that the scheduler runs, and those that it runs; values of --env are not shown."""
    job = pack.jobs[0][0]
    shown = [("job.sh", job.script), ("setup", job.path / "setup"), ("script", job.path / "script")]
    return [(name, path.read_text()) for name, path in shown if path.exists()]


def _some(labels: list[str]) -> str:
    return ", ".join(labels[:5]) + (", …" if len(labels) > 5 else "")
