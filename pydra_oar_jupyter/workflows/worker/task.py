"""A Pydra task as a job: packed into its directory, and its handle.

Beside what the spool and `core.surroundings` name there: ``task.json``, what is to be run how,
and ``result.pkl`` if it fails, with the exception.
"""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.errors import JobFailed, OarError, PackingError
from pydra_oar_jupyter.core.files import read_json, unwritable, write_atomically
from pydra_oar_jupyter.core.job import Job
from pydra_oar_jupyter.core.outcome import Ending
from pydra_oar_jupyter.core.pickler import say
from pydra_oar_jupyter.core.pickles import Pickles
from pydra_oar_jupyter.core.raised import place_of, show_as_there
from pydra_oar_jupyter.core.state import JobState
from pydra_oar_jupyter.workflows.errors import SubmissionError, TaskFailed
from pydra_oar_jupyter.workflows.inputs import inputs_in_words
from pydra_oar_jupyter.workflows.node.remote import FINISHED
from pydra_oar_jupyter.workflows.worker.sources import sources_in
from pydra_oar_jupyter.workflows.worker.traces import lines_of, to_raise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydra.engine.job import Job as PydraJob

    from pydra_oar_jupyter.core.outcome import Outcome
    from pydra_oar_jupyter.core.spool import JobDirectory

TASK = "task.json"
# Not by -m: that imports runpy first.
_RUN = """\
{python} -P -c 'from pydra_oar_jupyter.workflows.node.remote import main; main()' "$job"
code=$?
case $code in
{done}) exit 0 ;;
0) printf '%s\\n' {unfinished} >&2; exit {failed} ;;
esac
if [ $code -ne 0 ] && ! [ -e "$job/result.pkl" ]; then
    {python} -P -c 'import pydra.engine.job, pydra_oar_jupyter' || printf '%s\\n' {advice} >&2
fi
exit $code"""

_UNFINISHED = (
    "The task's process was ended from within, with exit code 0, before there was a result: by "
    "os._exit(0), or by a library that exits."
)


def pack_task(
    directory: JobDirectory,
    job: PydraJob[Any],
    python: str,
    places: Sequence[str],
    *,
    rerun: bool,
    snapshot: Path | None = None,
) -> str:
    """Write a task into a job's directory; return the lines of sh that run it.

    Args:
        directory: the job's directory.
        job: the task as Pydra hands it to its worker.
        python: the interpreter on the node.
        places: where that imports from, beside what it has of itself.
        rerun: whether it runs even if there is a result.
        snapshot: for a whole workflow, the file that is to show how far it is.

    Raises:
        PackingError: it can't be pickled.
        SpoolError: the directory can't be written.
    """
    import cloudpickle

    whole = job.is_async
    try:
        pickled = cloudpickle.dumps(job if whole else _alone(job))
    except Exception as error:
        raise PackingError(
            f"The task {name_of(job)} can't go to a node: {say(error)}\nNothing of it was "
            "submitted. Make what can't be pickled inside of the task."
        ) from error
    facts = {
        "name": name_of(job),
        "inputs": inputs_in_words(job),
        "checksum": job.checksum,
        "caches": [str(cache) for cache in job.all_caches],
        "rerun": rerun,
        "whole": whole,
        "snapshot": snapshot and str(snapshot),
        "path": list(places),
        "sources": sources_in(pickled),
    }
    try:
        descriptor = os.open(directory.payload, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(pickled)
    except OSError as error:
        raise unwritable(directory.payload, error) from error
    write_atomically(directory.path / TASK, json.dumps(facts))
    advice = f"To run Pydra's tasks there, install pydra-oar-jupyter[pydra] in {python}"
    return _RUN.format(
        python=shlex.quote(python),
        done=FINISHED,
        unfinished=shlex.quote(_UNFINISHED),
        failed=os.EX_SOFTWARE,
        advice=shlex.quote(advice),
    )


def _alone(job: PydraJob[Any]) -> PydraJob[Any]:
    """It without its submitter: only workflows need that, and loading it takes a process long."""
    alone: PydraJob[Any] = object.__new__(type(job))  # copy.copy would pickle and load the task
    vars(alone).update(vars(job), submitter=None)
    return alone


def name_of(job: PydraJob[Any]) -> str:
    """Such as ``smooth[3]``; the outermost one is called by its task."""
    name = type(job.task).__name__ if job.name == "main" else str(job.name)
    return name if job.state_index is None else f"{name}[{job.state_index}]"


class TaskJob(Job):
    """A job that runs a Pydra task: its result is the task's outputs."""

    def result(self, timeout: float | None = None) -> Any:
        """Wait until it has ended; the task's outputs.

        Raises:
            JobFailed: it ended without a result (walltime, deletion, a signal …).
            SubmissionError: the scheduler did not take it.
            TaskFailed: its result is not in the cache any more.
            TimeoutError: ``timeout`` seconds have passed; the job goes on.

        Raises what the task raised, if it did.
        """
        outcome = self.wait(timeout)
        if not outcome.ok:
            raise self.error(outcome)
        from pydra.engine.result import load_result

        facts = read_json(self.directory.path / TASK)
        result = load_result(facts["checksum"], [Path(cache) for cache in facts["caches"]])
        if result is None or result.errored:
            place = Path(facts["caches"][0]) / facts["checksum"]
            raise TaskFailed(f"The result of {facts['name']} is not in {place} any more.")
        return result.outputs

    def error(self, outcome: Outcome) -> BaseException:
        """What to raise for it: what the task raised, as it looked on the node, if it did."""
        if outcome.ending is Ending.REFUSED:
            said = str(outcome).removeprefix("OAR refused the job: ")
            return SubmissionError(f"Error returned from oarsub: {said}")
        facts = read_json(self.directory.path / TASK)
        task = f"{facts['name']} ({facts['inputs']})" if facts["inputs"] else facts["name"]
        output = f"Its standard error: {self.directory.stderr}"
        if not self.directory.result.exists():
            message, *rest = str(self.failure(outcome)).split("\n")
            lines = [message, f"The task: {task}", *rest, output]
            if outcome.state is JobState.ERROR:  # ended from outside
                lines.append("Run the same again: what is done is in Pydra's cache.")
            return JobFailed("\n".join(lines), outcome)
        error, lines = self._raised()
        where = f"{place_of(self.directory)}, task {task}. {output}"
        show_as_there(error, lines, where)
        return error

    def _raised(self) -> tuple[BaseException, list[str]]:
        """The exception that the node has left, and its traceback there."""
        import __main__  # functions and classes of the notebook belong to its names

        try:
            with Pickles(self.directory.result) as pickles:
                told = pickles.facts
                objects, _ = pickles.load(vars(__main__))
        except OarError as error:
            return error, [str(error)]
        if told["unloadable"]:
            advice = (
                f"The task can't be loaded on the node: {told['message']}\nIt was looked for with "
                f"{told['python']}. Install there what it imports, or put it into a folder that "
                "the nodes see and this process imports from."
            )
            return TaskFailed(advice), [advice]
        return to_raise(told, objects.get("<error>")), lines_of(told["trace"])
