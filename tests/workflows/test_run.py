"""Runs of tasks by whichever worker: waited for, failed, stopped and continued."""
# ruff: noqa: N802 - Pydra makes classes of these functions

from __future__ import annotations

import asyncio
import ctypes
import os
import stat
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydra.engine  # noqa: F401 - before its workers, or they can't be imported
import pytest
from pydra.compose import python, workflow

from pydra_oar_jupyter.core.errors import OarError, RequestError
from pydra_oar_jupyter.workflows.errors import RunStopped, TaskFailed
from pydra_oar_jupyter.workflows.runs.run import Run, run, runs, submit
from pydra_oar_jupyter.workflows.snapshot import RunState
from tests.waiting import wait_until
from tests.workflows.conftest import LONG, settled
from tests.workflows.flows import Broken, Doubles, Ends, Lost, Nested, Step, Total, Twice
from tests.workflows.runs import counts

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.workflows.conftest import Trace


def test_a_run_is_a_future(start: Callable[..., Run], place: Path) -> None:
    gate = place / "gate"
    one = start(Twice(x=3, gate=str(gate)))
    assert not one.done()
    assert one.state is RunState.RUNNING
    assert one.outputs is None
    with pytest.raises(TimeoutError, match="goes on"):
        one.result(0.01)
    wait_until(lambda: counts(one) == {"done": 1, "running": 1}, LONG)
    assert [node.name for node in one.progress.nodes] == ["first", "second"]
    assert repr(one) == f"<Run {one.id} of Twice on cf: running, 1 of 2 tasks done>"
    gate.touch()
    assert one.result(LONG).out == 12
    assert one.outputs.out == 12
    assert one.wait().state is one.state is RunState.DONE
    assert one.done()
    assert (one.name, one.worker, one.errors, one.jobs) == ("Twice", "cf", (), [])
    assert "second" in one.graph.svg


def test_a_run_can_be_awaited(start: Callable[..., Run], place: Path) -> None:
    gate = place / "gate"

    async def both() -> tuple[Any, Any]:
        one = start(Twice(x=3, gate=str(gate)))
        try:
            await asyncio.wait_for(one, 0.01)  # who gives up ends nothing
        except TimeoutError:
            gate.touch()
        return await asyncio.gather(one, start(Step(x=2).split(x=[1, 2, 3])))

    twice, split = asyncio.run(both())
    assert twice.out == 12
    assert split.out == [2, 4, 6]


def test_several_runs_at_once_share_what_they_compute(
    start: Callable[..., Run], place: Path, trace: Trace
) -> None:
    gate = place / "gate"
    tasks = [Twice(x=x, trace=str(trace), gate=str(gate)) for x in (1, 1, 10)]
    all_ = [start(task) for task in tasks]
    wait_until(lambda: trace.ran == {1: 1, 2: 1, 10: 1, 20: 1}, LONG)
    gate.touch()
    assert [one.result(LONG).out for one in all_] == [4, 4, 40]
    assert trace.ran == {1: 1, 2: 1, 10: 1, 20: 1}
    assert runs() == sorted(all_, key=lambda one: one.created, reverse=True)
    assert all(run(one.id) is one for one in all_)


@pytest.mark.parametrize("worker", ["cf", "debug"])
def test_a_failure_tells_which_task_and_its_traceback(
    start: Callable[..., Run], worker: str
) -> None:
    one = start(Ends(hows=["raise", "well"]), worker)
    with pytest.raises(TaskFailed) as failed:
        one.result(LONG)
    first, *rest = str(failed.value).splitlines()
    assert first == "End[0] (how='raise') failed: Lost: nothing is left of 'raise'"
    assert rest[0].startswith("Traceback")
    assert any('raise Lost(f"nothing is left' in line for line in rest)
    assert not hasattr(failed.value, "__notes__")
    assert one.state is RunState.FAILED
    assert [task.name for task in one.errors] == ["End[0]"]
    assert one.outputs is None


def test_the_rest_goes_on_after_a_failure_and_only_that_is_made_up_for(
    start: Callable[..., Run], place: Path, trace: Trace
) -> None:
    one = start(Broken(xs=[1, 2], trace=str(trace), need=str(place / "need")))
    with pytest.raises(TaskFailed, match=r"^broken\[0\] .* FileNotFoundError") as failed:
        one.result(LONG)
    assert failed.value.__notes__ == [
        "1 other task has failed as well: the run's `errors` has them."
    ]
    assert counts(one) == {"failed": 2, "done": 2, "not run": 1}
    (place / "need").touch()
    again = one.resume()
    assert again.result(LONG).after == 6
    assert trace.ran == {1: 2, 2: 2, 1000: 1, 2000: 1}


@workflow.define
def Unmakeable(x: int) -> int:
    raise ZeroDivisionError("while it is made")


def test_what_pydra_raises_itself_is_raised_as_it_is(start: Callable[..., Run]) -> None:
    one = start(Unmakeable(x=1))
    with pytest.raises(ZeroDivisionError, match="while it is made"):
        one.result(LONG)
    assert one.progress.error == "ZeroDivisionError: while it is made"


def test_a_task_that_ends_its_process_ends_no_kernel(
    start: Callable[..., Run], place: Path
) -> None:
    one = start(Ends(hows=["sys.exit"]))
    with pytest.raises(OarError):
        one.result(LONG)
    assert one.state is RunState.FAILED
    assert settled(place / "cache")


@python.define
def Sleeper(pids: str) -> int:
    """Starts a command that does not end, and notes its process."""
    with subprocess.Popen(["sleep", "1000"]) as command:
        Path(pids).write_text(f"{os.getpid()} {command.pid}")
        return command.wait()


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_cancel_ends_the_processes_with_all_that_they_started(
    start: Callable[..., Run], place: Path
) -> None:
    pids = place / "pids"
    one = start(Sleeper(pids=str(pids)))
    found = [
        int(pid) for pid in wait_until(lambda: pids.exists() and pids.read_text(), LONG).split()
    ]
    assert all(map(alive, found))
    one.cancel()
    assert one.wait(LONG).state is RunState.CANCELLED
    wait_until(lambda: not any(map(alive, found)), LONG)
    one.cancel()
    assert one.state is RunState.CANCELLED
    with pytest.raises(RunStopped, match=f"Run {one.id} of Sleeper was cancelled"):
        one.result()
    assert settled(place / "cache")


@workflow.define
def Deep(x: int, trace: str, gate: str) -> int:
    """A step, and a workflow that waits in a workflow."""
    first = workflow.add(Step(x=x, trace=trace), name="before")
    return workflow.add(Twice(x=first.out, trace=trace, gate=gate), name="inner").out


def test_a_cancelled_run_goes_on_from_the_cache(
    start: Callable[..., Run], place: Path, trace: Trace
) -> None:
    gate = place / "gate"
    one = start(Deep(x=1, trace=str(trace), gate=str(gate)))
    wait_until(lambda: trace.ran == {1: 1, 2: 1, 4: 1}, LONG)
    one.cancel()
    assert one.wait(LONG).state is RunState.CANCELLED
    assert settled(place / "cache")
    # They were failures from the beginning, for others who wait for the same.
    stopped = list((place / "cache").glob("workflow-*"))
    assert len(stopped) == 2
    assert all((folder / "_error.pklz").exists() for folder in stopped)
    gate.touch()
    again = one.resume()
    assert again.result(LONG).out == 8
    assert trace.ran == {1: 1, 2: 1, 4: 2}


def test_a_lock_goes_even_if_its_holder_had_no_time_to_sign_it(
    start: Callable[..., Run], place: Path, trace: Trace
) -> None:
    one = start(Step(x=1, trace=str(trace), gate=str(place / "gate")))
    wait_until(lambda: trace.ran == {1: 1}, LONG)
    [lock] = (place / "cache").glob("*.lock")
    lock.write_text("")
    one.cancel()
    one.wait(LONG)
    assert settled(place / "cache")


def test_cancelling_one_leaves_another_of_the_same_alone(
    start: Callable[..., Run], place: Path, trace: Trace
) -> None:
    gate = place / "gate"
    one, other = (start(Twice(x=1, trace=str(trace), gate=str(gate))) for _ in range(2))
    wait_until(lambda: trace.ran[2] == 1, LONG)
    one.cancel()
    assert one.wait(LONG).state is RunState.CANCELLED
    gate.touch()
    assert other.result(LONG).out == 4


def test_a_run_without_threads_to_stop_ends_before_its_next_task(
    start: Callable[..., Run], place: Path, trace: Trace
) -> None:
    gate = place / "gate"
    here = Path.cwd()
    one = start(Doubles(xs=[1, 2], trace=str(trace), gate=str(gate)), "debug")
    wait_until(lambda: trace.ran == {1: 1}, LONG)
    if own_directory():
        assert Path.cwd() == here
    one.cancel()
    assert one.state is RunState.RUNNING
    gate.touch()
    assert one.wait(LONG).state is RunState.CANCELLED
    assert settled(place / "cache")
    assert one.resume().result(LONG).out == 6
    assert trace.ran == {1: 1, 2: 1}


def own_directory() -> bool:
    """Whether a thread may have a working directory of its own, which some containers forbid."""
    said: list[int] = []
    thread = threading.Thread(target=lambda: said.append(ctypes.CDLL(None).unshare(0x200)))
    thread.start()
    thread.join()
    return said == [0]


def test_rerun_computes_all_again(start: Callable[..., Run], trace: Trace) -> None:
    task = Nested(xs=[1, 10], trace=str(trace))
    for rerun, times in ((False, 1), (False, 1), (True, 2)):
        one = start(task, rerun=rerun)
        assert one.result(LONG).total == 44
        assert trace.ran[100] == times
    assert counts(one) == {"done": 6}


def test_the_worker_oar_raises_what_the_task_raised(
    backend: str, start: Callable[..., Run]
) -> None:
    one = start(Ends(hows=["raise"]), "oar", oarsub_args="-l core=1")
    with pytest.raises(Lost, match="nothing is left"):
        one.result(LONG)
    assert [job.name for job in one.jobs] == ["End[0]"]
    assert one.errors[0].job == one.jobs[0].id


def test_its_files_are_its_owners_alone(start: Callable[..., Run]) -> None:
    one = start(Twice(x=1))
    one.wait(LONG)
    assert stat.S_IMODE(one.directory.stat().st_mode) == 0o700
    files = sorted(one.directory.iterdir())
    assert [path.name for path in files] == ["run.json", "snapshot.json", "task.pklz"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    (one.directory / "task.pklz").chmod(0o622)
    with pytest.raises(OarError, match="not trusted"):
        one.resume()


@python.define
def Plain(x: int, y: str) -> int:
    return x


def plain(x: int) -> int:
    return x


NOT_A_TASK = "^This is no Pydra task but "


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ([Plain], {}, NOT_A_TASK + r"the class Plain.\nGive it its inputs: Plain\(x=…, y=…\)"),
        ([plain], {}, NOT_A_TASK + r"the function plain.\nMake it one with @python"),
        ([3], {}, NOT_A_TASK + "an int: 3"),
        ([None], {}, NOT_A_TASK + "None"),
        ([[Step(x=1)]], {}, NOT_A_TASK + r"a list: .*\nOne run is of one task"),
        ([Plain()], {}, r"^Plain can't run without its inputs 'x' and 'y'.\nSuch as Plain\(x=…, "),
        ([Plain(x=1)], {}, "^Plain can't run without its input 'y'"),
        ([Total(xs=[1]).combine("xs")], {}, "is to be combined by 'xs', but it is not split"),
        ([Step(x=1), "dbug"], {}, r"^Pydra has no worker 'dbug'.\nDid you mean 'debug'\? There "),
        ([Step(x=1), 3], {}, r"^Pydra has no worker 3.\nThere are: cf, debug, oar"),
        ([Step(x=1), "cf"], {"n_prcs": 2}, r"no option 'n_prcs'.\nDid you mean 'n_procs'\? It "),
        ([Step(x=1), "debug"], {"n_procs": 2}, r"no option 'n_procs'.\nIt has none"),
        ([Step(x=1)], {"oarsub_args": "-l core=x"}, "no count of 'core'"),
        ([Step(x=1)], {"loop": None}, "no option 'loop'"),
    ],
)
def test_what_is_wrong_is_said_at_once(
    spool: Path, arguments: list[Any], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(RequestError, match=message):
        submit(*arguments, **options)
    assert runs() == []


def test_a_cache_that_nodes_cannot_see_is_refused_at_once(
    spool: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RequestError, match="on this machine alone"):
        submit(Step(x=1), backend="oar", cache_root="/tmp/cache")
    with pytest.raises(OarError, match=r"There is no run 'x1' here .*runs\(\) has all"):
        run("x1")
