"""What is known of Pydra's runs, of their nodes and of their tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.errors import OarError
from pydra_oar_jupyter.monitor.details import Details, origin_of
from pydra_oar_jupyter.monitor.details.jobs import job_details
from pydra_oar_jupyter.monitor.keys import job_of
from pydra_oar_jupyter.monitor.logs import STREAMS, file_of
from pydra_oar_jupyter.workflows.counts import in_words
from pydra_oar_jupyter.workflows.runs.results import failed_tasks
from pydra_oar_jupyter.workflows.snapshot import RunState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydra_oar_jupyter.monitor.keys import Node, Task
    from pydra_oar_jupyter.workflows.runs.run import Run
    from pydra_oar_jupyter.workflows.snapshot import TaskFacts

_ADVICE = {
    RunState.INTERRUPTED: "The process that ran it is gone.",
    RunState.CANCELLED: "It was stopped.",
    RunState.FAILED: "Mend the task that failed.",
}


def run_details(run: Run) -> Details:
    """Of a run.

    Raises:
        OarError: its files can't be read (any more).
    """
    snapshot = run.progress
    told = _of_job(run)
    told.folder, told.origin = str(run.directory), origin_of(run.origin)
    told.facts = []
    told.fact("Worker", run.worker)
    told.fact("Tasks", in_words(snapshot.counts))
    told.fact("Job", snapshot.job)
    told.fact("Result", snapshot.cache_dir)
    told.fact("Trouble", snapshot.trouble)
    told.error = "\n".join(filter(None, (snapshot.error, _first(failed_tasks(snapshot)))))
    if snapshot.state in _ADVICE:
        told.advice = (
            f"{_ADVICE[snapshot.state]} run({run.id!r}).resume() goes on from what is in the cache."
        )
    return told


def node_details(node: Node) -> Details:
    """Of a node of a run."""
    facts, run = node.facts, node.run
    told = Details(folder=str(run.directory), origin=origin_of(run.origin))
    told.fact("Task", facts.task)
    told.fact("Tasks", in_words(facts.counts))
    told.fact("Split over", ", ".join(facts.split))
    told.fact("Combined by", ", ".join(facts.combined))
    told.fact("After", ", ".join(facts.after))
    failed = failed_tasks(run.progress)
    told.error = _first([task for task in failed if task.node[: len(facts.path)] == facts.path])
    return told


def task_details(task: Task) -> Details:
    """Of a task, with its job's if it has one.

    Raises:
        OarError: its job's files can't be read (any more).
    """
    facts = task.facts
    told = _of_job(task)
    of_job, told.facts = told.facts, []
    told.origin = origin_of(task.run.origin)
    told.fact("Task", facts.name)
    told.fact("Inputs", facts.inputs)
    told.fact("State", facts.state)
    if of_job:
        told.fact("Job", facts.job)
        told.facts += of_job
    else:
        told.fact("Host", facts.host)
    told.error = facts.traceback or facts.error or told.error
    return told


def _of_job(thing: Run | Task) -> Details:
    """What is known of the one job behind it, if there is one."""
    try:
        if job := job_of(thing):
            return job_details(job)
    except OarError:  # its files were removed at this moment
        pass
    return Details(streams=[stream for stream in STREAMS if file_of(thing, stream)])


def _first(failed: Sequence[TaskFacts]) -> str:
    """The first of the tasks that failed, with its traceback."""
    if not failed:
        return ""
    task = failed[0]
    which = f"{task.name} ({task.inputs})" if task.inputs else task.name
    more = f"\n(and {len(failed) - 1} more)" if len(failed) > 1 else ""
    return f"{which} failed: {task.traceback or task.error}{more}"
