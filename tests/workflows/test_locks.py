"""Locks in Pydra's cache: those of the dead go, all others stay."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from pydra_oar_jupyter.core.backend import get_backend
from pydra_oar_jupyter.core.spool import JobDirectory
from pydra_oar_jupyter.workflows.worker.locks import clear_locks, locks_of
from tests.waiting import wait_until
from tests.workflows.conftest import LONG
from tests.workflows.flows import Step, Twice

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.workflows.conftest import Going, Trace

    Go = Callable[..., Going]

HERE = socket.gethostname()


@pytest.fixture
def job(tmp_path: Path) -> JobDirectory:
    """A job that ran in processes 41 and 42 of this host."""
    directory = JobDirectory(tmp_path / "job")
    (directory.path / "processes").mkdir(parents=True)
    for pid in (41, 42):
        (directory.path / "processes" / f"{pid}@{HERE}").touch()
    return directory


@pytest.mark.parametrize(
    ("content", "cleared"),
    {
        f"42\n{HERE}\n": True,
        f"41\n{HERE}?container\n12345\n": True,
        f"43\n{HERE}\n": False,  # another process
        "42\nanother-host\n": False,
        f"4\n{HERE}\n": False,
        "": False,  # of an older filelock, or half written
        "no lock": False,
        "\xff": False,
    }.items(),
)
def test_a_lock_goes_with_the_process_that_held_it(
    job: JobDirectory, tmp_path: Path, content: str, cleared: bool
) -> None:
    locks = locks_of(tmp_path / "python-1f")
    assert [lock.name for lock in locks] == ["python-1f.lock", "python-1f_save.lock"]
    locks[0].write_text(content, encoding="latin-1")
    locks[1].write_text(f"42\n{HERE}\n")
    clear_locks(job, locks)
    assert [lock.exists() for lock in locks] == [not cleared, False]


def test_of_a_job_that_is_not_known_to_have_run_nothing_is_cleared(tmp_path: Path) -> None:
    lock = tmp_path / "python-1f.lock"
    lock.write_text(f"42\n{HERE}\n")
    clear_locks(JobDirectory(tmp_path / "gone"), [lock])
    (tmp_path / "job").mkdir()
    clear_locks(JobDirectory(tmp_path / "job"), [lock])
    assert lock.exists()


def test_who_is_waited_for_is_told(
    go: Go, place: Path, caplog: pytest.LogCaptureFixture, trace: Trace
) -> None:
    flow = Twice(x=1, trace=str(trace))
    cache = place / "cache"
    cache.mkdir()
    theirs = [cache / f"{task._checksum}.lock" for task in (flow, Step(x=1, trace=str(trace)))]
    theirs[0].write_text("42\nelsewhere\n")
    theirs[1].touch()  # its process was killed before it could write down which it is
    os.utime(theirs[1], (0, 0))
    run = go(flow)
    words = "is held by process 42 on elsewhere"
    wait_until(lambda: f"{theirs[0]} {words}" in caplog.text, LONG)
    theirs[0].unlink()
    (job,) = run.jobs(1)
    wait_until(lambda: f"{theirs[1]} is held by a process that did not" in job.stderr, LONG)
    assert not trace.ran
    theirs[1].unlink()
    assert run.outputs.out == 4


def test_a_task_is_computed_again_though_its_job_died_on_another_host(
    go: Go, place: Path, trace: Trace
) -> None:
    """Where filelock could not know whether who holds the lock lives."""
    gate = place / "gate"
    task = Step(x=3, trace=str(trace), gate=str(gate))
    first = go(task)
    (job,) = first.jobs(1)
    wait_until(lambda: trace.ran, LONG)
    (lock,) = first.locks
    pid = int(lock.read_text().split()[0])
    lock.write_text(f"{pid}\nelsewhere\n")
    (noted,) = (job.directory.path / "processes").iterdir()
    assert noted.name == f"{pid}@{HERE}"
    noted.rename(noted.with_name(f"{pid}@elsewhere"))
    get_backend().delete([job.submitted()])
    assert first.failures.keys() == {"Step"}
    assert first.locks == []
    gate.touch()
    assert go(task).outputs.out == 6
    assert trace.ran == {3: 2}
