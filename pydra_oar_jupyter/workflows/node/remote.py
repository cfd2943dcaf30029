"""What runs on the compute node: one task, or a whole workflow with its tasks on the job's cores.

It imports Pydra and what the task needs; all else waits until it is used.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from pydra.engine.job import Job as PydraJob

    from pydra_oar_jupyter.core.spool import JobDirectory

# The exit code of a task that has left its result. (What a task runs may end the process with 0.)
FINISHED = 83


def main() -> NoReturn:
    """Run the task of the job whose directory is the command's argument."""
    gc.disable()  # until the task runs: what is imported stays
    from pydra_oar_jupyter.core.spool import JobDirectory
    from pydra_oar_jupyter.workflows.worker.sources import know_sources

    directory = JobDirectory(Path(sys.argv.pop()))
    facts = json.loads((directory.path / "task.json").read_text())
    sys.path[:0] = [place for place in facts["path"] if place not in sys.path]
    know_sources(facts["sources"])
    _take_locks(directory, facts)
    try:
        job = _load(directory)
    except Exception as error:
        _leave(_fail(directory, error, unloadable=True))
    gc.freeze()  # else the first collection goes through all of it
    gc.enable()
    code = FINISHED
    try:
        if facts["whole"]:
            from pydra_oar_jupyter.workflows.node.whole import run_whole

            run_whole(job, directory, facts)
        else:
            job.run(rerun=facts["rerun"])
    except BaseException as error:
        if not isinstance(error, Exception):  # sys.exit: Pydra has saved that as a success
            (job.cache_dir / "_result.pklz").unlink(missing_ok=True)
        code = _fail(directory, error)
    _leave(code)


def _take_locks(directory: JobDirectory, facts: dict[str, Any]) -> None:
    """Say which process this is; and if the scheduler ran the job before, it does so no more."""
    from pydra_oar_jupyter.workflows.worker import locks

    root = Path(facts["caches"][0])
    own = locks.locks_of(root / facts["checksum"])
    locks.clear_locks(directory, root.glob("*.lock") if facts["whole"] else own)
    locks.note_process(directory)
    if words := locks.held_elsewhere(own[0]):
        sys.stderr.write(f"{words}\n")
        sys.stderr.flush()


def _load(directory: JobDirectory) -> PydraJob[Any]:
    import cloudpickle
    import pydra.engine.job  # noqa: F401 - before its workers, or they can't be imported

    from pydra_oar_jupyter.core.files import open_private

    with os.fdopen(open_private(directory.payload), "rb") as file:
        job: PydraJob[Any] = cloudpickle.load(file)
    job.task  # noqa: B018 - it is pickled by itself, and loaded with the job
    return job


def _fail(directory: JobDirectory, error: BaseException, *, unloadable: bool = False) -> int:
    """Leave the exception for whoever waits; and in the job's output, for whoever looks there."""
    from pydra_oar_jupyter.core.pickles import save
    from pydra_oar_jupyter.workflows.worker.traces import lines_of, tell

    told = tell(error) | {"unloadable": unloadable, "python": sys.executable}
    sys.stderr.write("\n".join(lines_of(told["trace"])) + "\n")
    save(directory.result, {"<error>": error}, told, namespace={})
    return 1


def _leave(code: int) -> NoReturn:
    """Leave without taking everything down piece by piece, and past threads that go on."""
    import atexit

    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
