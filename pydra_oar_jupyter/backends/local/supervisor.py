"""The process beside a job: it starts the job, ends it in time, and notes how it ended.

It is a process of its own for each job, in a session of its own, so that it outlives the kernel.
At the job's end it runs a round and forks the supervisors of the jobs that follow.
"""

from __future__ import annotations

import os
import signal
import time
import traceback
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydra_oar_jupyter.backends.local import ending, processes
from pydra_oar_jupyter.backends.local.alarm import Alarm
from pydra_oar_jupyter.backends.local.ending import Cause
from pydra_oar_jupyter.backends.local.files import (
    job_environment,
    mark_of,
    output_files,
    remove_node_files,
    write_node_files,
)
from pydra_oar_jupyter.backends.local.notify import notify
from pydra_oar_jupyter.backends.local.rounds import Orders, cluster_of, run_round
from pydra_oar_jupyter.backends.local.store import add_event, changing, load, reading
from pydra_oar_jupyter.core.errors import OarError
from pydra_oar_jupyter.core.process import identity

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence

T = TypeVar("T")

# The longest sleep: clocks are set and laptops sleep.
_NAP = 30.0
# Errors like a full disk are waited out.
_RETRY = (0.2, 30.0)

# OAR's words to whom --notify names.
_ABNORMAL = "Job stopped abnormally or an OAR error occured."

_JOB = (
    "SELECT jobs.*, submissions.* "
    "FROM jobs JOIN submissions ON submissions.id = jobs.submission WHERE jobs.id = ?"
)


def main(words: Sequence[str]) -> None:
    """The program: a database, then jobs to supervise, and ``@TIME`` for a round at that time."""
    path = Path(words[0])
    wake = next((float(word[1:]) for word in words[1:] if word.startswith("@")), 0.0)
    obey(path, Orders([int(word) for word in words[1:] if not word.startswith("@")], wake=wake))


def obey(path: Path, orders: Orders) -> None:
    """Carry out what a round has found, in processes that are forked off."""
    for supervisor in orders.stop:
        processes.nudge(supervisor)
    for id_ in orders.launch:
        _fork(partial(_supervise, path, id_), f"oar-job-{id_}")
    if orders.wake:
        _fork(partial(_wait_for, path, orders.wake), "oar-waker")


def _fork(work: Callable[[], None], name: str) -> None:
    """Run a function in a process that has no parent."""
    if child := os.fork():
        os.waitpid(child, 0)
        return
    if os.fork():
        os._exit(0)
    os.setsid()
    with suppress(OSError):
        Path("/proc/self/comm").write_text(name)  # what ps shows
    try:
        work()
    except Exception:
        traceback.print_exc()  # into the log: nobody waits for this process
    finally:
        os._exit(0)


def _insist(path: Path, change: Callable[[sqlite3.Connection], T]) -> T | None:
    """Change the database, as often as it takes; None when it is gone."""
    pause, longest = _RETRY
    while True:
        try:
            with changing(path) as db:
                return change(db)
        except OarError:
            if not path.exists():
                return None
            traceback.print_exc()
        time.sleep(pause)
        pause = min(2 * pause, longest)


def _supervise(path: Path, id_: int) -> None:
    """Run a job from its start to its end, then a round."""
    with Alarm() as alarm:
        claimed = _insist(path, partial(_claim, id_=id_))
        if not claimed:
            return  # it was deleted, or another supervisor has it
        row, resources = claimed
        end = _run(path, row, resources, alarm)
        remove_node_files(row)
        orders = _insist(path, lambda db: (end(db), run_round(db))[1])
    if orders:
        obey(path, orders)


def _claim(db: sqlite3.Connection, id_: int) -> tuple[sqlite3.Row, Sequence[dict[str, Any]]] | None:
    """Take on a job: its row and its resources, or None if it is not to be started."""
    now = time.time()
    claimed = db.execute(
        "UPDATE jobs SET state = 'Running', supervisor = ?, started = ?, scheduled = ? "
        "WHERE id = ? AND state = 'toLaunch'",
        (identity(os.getpid()), now, now, id_),
    )
    if not claimed.rowcount:
        return None
    cluster = cluster_of(db)
    row = db.execute(_JOB, (id_,)).fetchone()
    return row, cluster.members(cluster.set_of(load(row, "resources")))


def _run(
    path: Path, row: sqlite3.Row, resources: Sequence[dict[str, Any]], alarm: Alarm
) -> Callable[[sqlite3.Connection], None]:
    """Start a job and wait for its end; what then has to be noted."""
    id_, node = row["id"], load(row, "nodes")[0]
    directory = row["directory"]
    try:
        os.chdir(directory)
    except OSError:
        why = f"Cannot go into the working directory {directory} of the job on node {node}"
        return _unstarted(row, "WORKING_DIRECTORY", why)
    try:
        write_node_files(row, resources)
        child = _start(row)
    except OSError as error:
        why = f"Cannot create .stdout and .stderr files in {directory} on the node {node} ({error})"
        return _unstarted(row, "OUTPUT_FILES", why)
    os.chdir("/")
    notify(row, "RUNNING", "Job is running.")
    end = _watch(path, row, child, alarm)
    processes.kill_all(mark_of(row), child)
    if isinstance(end, Cause):
        notify(row, "ERROR", _ABNORMAL)
        return partial(ending.end_killed, id_=id_, cause=end)
    notify(row, "END", "Job stopped normally.")
    return partial(ending.end_exited, id_=id_, status=end)


def _unstarted(row: sqlite3.Row, kind: str, why: str) -> Callable[[sqlite3.Connection], None]:
    notify(row, "ERROR", _ABNORMAL)
    return partial(ending.end_unstarted, id_=row["id"], kind=kind, why=why)


def _start(row: sqlite3.Row) -> int:
    """Start the job's script in a session of its own; its process id."""
    environment = job_environment(row)
    out, err = (
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666) for path in output_files(row)
    )
    none = os.open(os.devnull, os.O_RDONLY)
    child = os.fork()
    if not child:
        try:
            os.setsid()
            for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
                with suppress(OSError):
                    signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, ())
            for target, source in enumerate((none, out, err)):
                os.dup2(source, target)
            os.execve("/bin/sh", ["/bin/sh", row["script"]], environment)  # noqa: S606  it is sh
        finally:
            os._exit(127)
    for descriptor in (none, out, err):
        os.close(descriptor)
    return child


def _watch(path: Path, row: sqlite3.Row, child: int, alarm: Alarm) -> int | Cause:
    """Wait for the job's end, or end it: its wait status, or why it was ended."""
    deadline = row["started"] + row["walltime"]
    checkpoint = deadline - row["checkpoint"] if row["checkpoint"] else deadline
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status
        now = time.time()
        if alarm.rang or now >= deadline:
            cause = _asked(path, row["id"]) if alarm.rang else Cause.WALLTIME
            _stop(child, mark_of(row))
            return cause
        if checkpoint <= now:
            checkpoint = deadline
            _checkpoint(path, row, child)
        alarm.sleep(min(checkpoint - now, _NAP))


def _asked(path: Path, id_: int) -> Cause:
    """Why the job is to be ended. Unless it was asked for, the machine is being shut down."""
    try:
        with reading(path) as db:
            row = db.execute("SELECT stop FROM jobs WHERE id = ?", (id_,)).fetchone()
    except OarError:
        return Cause.LOST
    return Cause(row["stop"] or "lost")


def _stop(child: int, mark: str) -> None:
    """End all processes of the job, as OAR does: by SIGKILL, with no word before."""
    processes.kill_all(mark, child)
    os.waitpid(child, 0)


def _checkpoint(path: Path, row: sqlite3.Row, child: int) -> None:
    """Tell the job's first process that its walltime is about to end, as OAR does."""
    processes.send([child], row["signal"])
    id_, node = row["id"], load(row, "nodes")[0]
    why = f"User oar (sarko) requested a checkpoint on the job {id_} on {node}"
    done = f"[sarko] The job {id_} was notified to checkpoint itself (send SIGUSR2) on {node}"

    def note(db: sqlite3.Connection) -> None:
        add_event(db, id_, "CHECKPOINT", why)
        add_event(db, id_, "CHECKPOINT_SUCCESSFULL", done)

    _insist(path, note)


def _wait_for(path: Path, moment: float) -> None:
    """Run a round at that time, unless another process does it then or earlier."""
    me = identity(os.getpid())

    def take(db: sqlite3.Connection) -> bool:
        wakers = db.execute("SELECT process FROM waker WHERE time <= ?", (moment,)).fetchall()
        if any(processes.runs(row["process"]) for row in wakers):
            return False
        db.execute("INSERT INTO waker VALUES (?, ?)", (me, moment))
        return True

    def wake(db: sqlite3.Connection) -> Orders:
        db.execute("DELETE FROM waker WHERE time <= ?", (moment,))
        return run_round(db)

    if not _insist(path, take):
        return
    while (left := moment - time.time()) > 0 and path.exists():
        time.sleep(min(left, _NAP))
    if orders := _insist(path, wake):
        obey(path, orders)
