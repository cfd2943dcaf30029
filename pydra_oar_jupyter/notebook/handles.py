"""How handles of jobs and runs look as the value of a cell."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydra_oar_jupyter.core.array import JobArray
    from pydra_oar_jupyter.core.job import Job
    from pydra_oar_jupyter.notebook.status import View
    from pydra_oar_jupyter.workflows.runs.run import Run
    from pydra_oar_jupyter.workflows.snapshot import RunSnapshot, TaskFacts

_NAMES = (
    ("pydra_oar_jupyter.core.job", "Job"),
    ("pydra_oar_jupyter.core.array", "JobArray"),
    ("pydra_oar_jupyter.workflows.runs.run", "Run"),
    ("pydra_oar_jupyter.workflows.snapshot", "RunSnapshot"),
)

_TASK = ("pydra_oar_jupyter.workflows.snapshot", "TaskFacts")


def register(formatters: Any) -> None:
    """Tell IPython's formatters, by name: the classes need not be imported for it."""
    forms = (
        (_job_html, _plain),
        (_array_html, _plain),
        (_run_html, _run_plain),
        (_snapshot_html, _snapshot_plain),
    )
    for (module, name), (html, plain) in zip(_NAMES, forms, strict=True):
        formatters["text/html"].for_type_by_name(module, name, html)
        formatters["text/plain"].for_type_by_name(module, name, plain)
    formatters["text/plain"].for_type_by_name(*_TASK, _task_plain)


def unregister(formatters: Any) -> None:
    """Forget it."""
    for mime in ("text/html", "text/plain"):
        for module, name in _NAMES:
            formatters[mime].pop(f"{module}.{name}", None)
    formatters["text/plain"].pop(".".join(_TASK), None)


def advice(job: Job | JobArray) -> str:
    """How to get what it computes; "" if there is nothing to get."""
    from pydra_oar_jupyter.core.array import JobArray

    first = job[0] if isinstance(job, JobArray) else job
    return f"%oar get {first.id} brings its output, names and value" if first.id is not None else ""


def _plain(job: Job | JobArray, printer: Any, _cycle: bool) -> None:
    printer.text(repr(job))
    if text := advice(job):
        printer.text(f"\n{text}")


def _job_html(job: Job) -> str:
    from pydra_oar_jupyter.notebook.wait import live_view

    return _html(live_view([job], array=False), job)


def _array_html(jobs: JobArray) -> str:
    from pydra_oar_jupyter.notebook.wait import live_view

    return _html(live_view(jobs.jobs, array=True), jobs)


def _run_html(run: Run) -> str:
    return _snapshot_html(run.progress)


def _run_plain(run: Run, printer: Any, cycle: bool) -> None:
    if len(printer.stack) > 1:  # in a list, such as that of runs()
        printer.text(repr(run))
    else:
        _snapshot_plain(run.progress, printer, cycle)


def _snapshot_html(snapshot: RunSnapshot) -> str:
    from pydra_oar_jupyter.notebook.runs.view import run_bundle

    return run_bundle(snapshot)["text/html"]


def _snapshot_plain(snapshot: RunSnapshot, printer: Any, _cycle: bool) -> None:
    from pydra_oar_jupyter.notebook.runs.view import run_bundle

    printer.text(run_bundle(snapshot)["text/plain"])


def _task_plain(task: TaskFacts, printer: Any, _cycle: bool) -> None:
    """As one line, for there may be many of them in a tuple."""
    from pydra_oar_jupyter.notebook.runs.tasks import in_one_line

    printer.text(in_one_line(task, time.time()))


def _html(view: View, shown: Job | JobArray) -> str:
    """With the time if that will change, as it stays in the notebook; and what to do next."""
    from pydra_oar_jupyter.notebook.status import render
    from pydra_oar_jupyter.notebook.words import clock

    now = time.time()
    parts = view.parts if shown.done() else (*view.parts, f"as of {clock(now, now)}")
    return render(replace(view, parts=parts, note=advice(shown)))["text/html"]
