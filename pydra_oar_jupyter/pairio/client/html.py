"""The pieces of what handles show in a cell: HTML without script, legible on dark and light."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.clean import linkable, xml
from pydra_oar_jupyter.core.tones import COLOURS, MARKS
from pydra_oar_jupyter.pairio.models import JobStatus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydra_oar_jupyter.core.tones import Tone
    from pydra_oar_jupyter.pairio import models

_MONO = "font-family:var(--jp-code-font-family,monospace);font-size:92%"
_PRE = (
    f"{_MONO};line-height:1.35;margin:.2em 0;padding:.4em .7em;max-height:24em;overflow:auto;"
    "white-space:pre-wrap;overflow-wrap:anywhere;background:rgba(128,128,128,.1);border-radius:4px"
)
_CELL = "text-align:left;padding:.15em .8em .15em 0;vertical-align:top"
_TONES: dict[JobStatus, Tone] = {
    JobStatus.PENDING: "waiting",
    JobStatus.STARTING: "waiting",
    JobStatus.RUNNING: "running",
    JobStatus.COMPLETED: "done",
    JobStatus.FAILED: "failed",
}


def link(url: str, words: str) -> str:
    """A link, if it is one to a page: nothing else becomes one."""
    if not linkable(url):
        return xml(words)
    return f'<a href="{xml(url)}" target="_blank" rel="noopener noreferrer">{xml(words)}</a>'


def block(*parts: str) -> str:
    """Something on lines of its own; the parts are HTML."""
    return f'<div style="font-size:90%;line-height:1.5">{"".join(parts)}</div>'


def pre(words: str) -> str:
    """As programs write."""
    return f'<pre style="{_PRE}">{xml(words)}</pre>'


def mono(words: str) -> str:
    """A name that a program gave."""
    return f'<span style="{_MONO}">{xml(words)}</span>'


def faint(words: str) -> str:
    """What is told beside the point."""
    return f'<span style="opacity:.75">{xml(words)}</span>' if words else ""


def tone(job: models.PairioJob) -> Tone:
    """How a job's status looks."""
    return "stopped" if job.canceled else _TONES[job.status]


def marked(job: models.PairioJob) -> str:
    """A job's status, with its mark and colour."""
    kind = tone(job)
    mark = f'<span style="color:{COLOURS[kind]};font-weight:bold">{MARKS[kind]}</span>'
    return f'<span style="white-space:nowrap">{mark} {xml(in_a_word(job))}</span>'


def in_a_word(job: models.PairioJob) -> str:
    """A job's status, told apart for people."""
    if job.canceled:
        return "cancelled"
    if job.status is JobStatus.PENDING and not job.isRunnable:
        return "waiting for other jobs"
    return job.status.value


def table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Headings are text, cells are HTML."""
    head = "".join(f'<th style="{_CELL};opacity:.75">{xml(one)}</th>' for one in headings)
    body = "".join(
        "<tr>" + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in row) + "</tr>"
        for row in rows
    )
    return (
        '<div style="overflow-x:auto"><table style="border-collapse:collapse;font-size:90%">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
