"""Pydra's own Submitter where a loop runs, as in a notebook's cells."""
# ruff: noqa: N802 - Pydra makes classes of these functions

from __future__ import annotations

import asyncio
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pydra.engine  # noqa: F401 - before its workers, or they can't be imported
import pytest
from pydra.compose import python
from pydra.engine.submitter import Submitter

from pydra_oar_jupyter.workflows.runs import hook
from pydra_oar_jupyter.workflows.runs.run import Run, runs
from pydra_oar_jupyter.workflows.snapshot import RunState, TaskState
from tests.waiting import wait_until
from tests.workflows.conftest import LONG, settled
from tests.workflows.flows import End, Step, Twice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.workflows.conftest import Trace

# Of the test that shows how it is without the hook.
pytestmark = pytest.mark.filterwarnings("ignore:coroutine 'Worker.submit' was never awaited")

PYDRAS = Submitter.submit


class Seen:
    """What shows runs: it notes them, and their states when it is entered and left."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self.states: list[tuple[RunState, RunState]] = []
        self.during: Callable[[Run], None] = lambda run: None

    @contextmanager
    def observe(self, run: Run) -> Iterator[None]:
        self.runs.append(run)
        first = run.state
        try:
            self.during(run)
            yield
        finally:
            self.states.append((first, run.state))


@pytest.fixture
def seen() -> Iterator[Seen]:
    """The hook attached, with an observer."""
    found = Seen()
    hook.attach(found.observe)
    yield found
    hook.detach()
    assert Submitter.submit is PYDRAS


def in_a_cell(work: Callable[[], Any]) -> Any:
    """Do it where a loop runs, which it blocks as cells do."""

    async def cell() -> Any:
        return work()

    return asyncio.run(cell())


@pytest.fixture
def cache(place: Path) -> Path:
    return place / "cache"


ONCE = [(RunState.RUNNING, RunState.DONE)]


def test_without_it_a_submitter_fails_there(cache: Path) -> None:
    with pytest.raises(RuntimeError, match="loop is already running"):
        in_a_cell(lambda: Twice(x=1)(worker="cf", cache_root=cache))


@pytest.mark.parametrize("worker", ["cf", "debug"])
def test_a_submitter_works_and_is_seen(seen: Seen, spool: Path, cache: Path, worker: str) -> None:
    def cell() -> None:
        loop = asyncio.get_running_loop()
        with Submitter(worker=worker, cache_root=cache) as sub:
            result = sub(Twice(x=1))
            assert (result.outputs.out, result.errored) == (4, False)
            assert sub(Step(x=3).split(x=[1, 2])).outputs.out == [2, 4]
            assert sub.loop is sub.worker.loop is loop

    in_a_cell(cell)
    assert seen.states == 2 * ONCE
    assert [run.name for run in seen.runs] == ["Twice", "Step"]
    assert seen.runs[0].progress.counts == {TaskState.DONE: 2}
    assert seen.runs[1].result().out == [2, 4]
    assert not (spool / "runs").exists()  # they were quick


def test_the_worker_oar_works_there(seen: Seen, cache: Path) -> None:
    def cell() -> None:
        with Submitter(worker="oar", cache_root=cache, oarsub_args="-l core=1") as sub:
            assert sub(Twice(x=1)).outputs.out == 4

    in_a_cell(cell)
    assert seen.states == ONCE
    assert [job.name for job in seen.runs[0].jobs] == ["first", "second"]


def test_failures_are_pydras_own(seen: Seen, cache: Path) -> None:
    def cell() -> None:
        with pytest.raises(RuntimeError, match=r"(?s)failed @ .*Lost: nothing is left"):
            End(how="raise")(worker="cf", cache_root=cache)
        with pytest.raises(Exception, match=r"^nothing is left") as raised:
            End(how="raise")(worker="debug", cache_root=cache)
        assert type(raised.value).__name__ == "Lost"
        with Submitter(worker="cf", cache_root=cache) as sub:
            result = sub(End(how="raise"))
            assert result.errored
            assert "Lost" in "".join(result.errors["error message"])
            with pytest.raises(ValueError, match="Mandatory field"):
                sub(End())

    in_a_cell(cell)
    assert seen.states == 3 * [(RunState.RUNNING, RunState.FAILED)]


def test_a_failure_of_before_is_not_taken_for_a_new_one(
    seen: Seen, cache: Path, place: Path
) -> None:
    need = place / "need"

    def cell() -> None:
        with Submitter(worker="cf", cache_root=cache) as sub:
            assert sub(Step(x=2, need=str(need)).split(x=[1, 2, 3])).errored
            need.touch()
            assert sub(Step(x=2, need=str(need)).split(x=[1, 2, 3])).outputs.out == [2, 4, 6]

    in_a_cell(cell)


@pytest.mark.parametrize("worker", ["cf", "debug"])
def test_an_interrupt_cancels_the_run_and_is_raised_on(
    seen: Seen, cache: Path, place: Path, trace: Trace, worker: str
) -> None:
    gate = place / "gate"

    def interrupt(run: Run) -> None:
        def wait() -> None:
            wait_until(lambda: trace.ran[2], LONG)
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

        threading.Thread(target=wait).start()

    seen.during = interrupt

    def cell() -> None:
        with (
            Submitter(worker=worker, cache_root=cache) as sub,
            pytest.raises(KeyboardInterrupt),
        ):
            sub(Twice(x=1, trace=str(trace), gate=str(gate)))
        gate.touch()
        seen.during = lambda run: None
        with Submitter(worker=worker, cache_root=cache) as sub:
            assert sub(Twice(x=1, trace=str(trace), gate=str(gate))).outputs.out == 4

    # asyncio.run has a way of its own with interrupts, which a kernel has not.
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        loop.run_until_complete(_as_coroutine(cell))
    assert seen.states == [(RunState.RUNNING, RunState.CANCELLED), *ONCE]
    assert settled(cache)
    assert trace.ran == {1: 1, 2: 2}


async def _as_coroutine(work: Callable[[], Any]) -> Any:
    return work()


def test_an_interrupt_of_what_shows_a_run_cancels_it_as_well(
    seen: Seen, cache: Path, place: Path, trace: Trace
) -> None:
    def fail(run: Run) -> None:
        wait_until(lambda: trace.ran[2], LONG)
        raise KeyboardInterrupt

    seen.during = fail

    def cell() -> None:
        with Submitter(worker="cf", cache_root=cache) as sub, pytest.raises(KeyboardInterrupt):
            sub(Twice(x=1, trace=str(trace), gate=str(place / "gate")))

    in_a_cell(cell)
    assert seen.runs[0].state is RunState.CANCELLED
    assert settled(cache)


@python.define
def Outer(x: int, worker: str, cache: str) -> int:
    """A task that runs another one."""
    return int(Twice(x=x)(worker=worker, cache_root=cache).out)


@pytest.mark.parametrize("inner", ["cf", "debug"])
def test_a_task_that_submits_another_is_seen_once(seen: Seen, cache: Path, inner: str) -> None:
    outer = Outer(x=1, worker=inner, cache=str(cache))
    assert in_a_cell(lambda: outer(worker="debug", cache_root=cache)).out == 4
    assert [run.name for run in seen.runs] == ["Outer"]


def test_a_subclass_stays_what_it_is(seen: Seen, cache: Path) -> None:
    class Mine(Submitter):
        graphs = 0

        async def expand_workflow_async(self, *arguments: Any, **options: Any) -> None:
            Mine.graphs += 1
            await super().expand_workflow_async(*arguments, **options)

    def cell() -> None:
        with Mine(worker="cf", cache_root=cache) as sub:
            assert sub(Twice(x=1)).outputs.out == 4

    in_a_cell(cell)
    assert Mine.graphs == 1


def test_scripts_and_threads_are_left_alone(seen: Seen, cache: Path) -> None:
    assert Twice(x=1)(worker="cf", cache_root=cache).out == 4
    assert Twice(x=2)(worker="debug", cache_root=cache).out == 8
    assert seen.runs == []


def test_a_run_that_takes_longer_is_found_afterwards(
    seen: Seen, spool: Path, cache: Path, place: Path
) -> None:
    def open_the_gate(run: Run) -> None:
        def wait() -> None:
            wait_until(lambda: runs() == [run], LONG)
            (place / "gate").touch()

        threading.Thread(target=wait).start()

    seen.during = open_the_gate
    in_a_cell(lambda: Twice(x=1, gate=str(place / "gate"))(worker="cf", cache_root=cache))
    assert [run.state for run in runs()] == [RunState.DONE]
    assert runs()[0].resume().result(LONG).out == 4


def test_attaching_again_takes_the_latest_observer(seen: Seen, cache: Path) -> None:
    latest = Seen()
    hook.attach(latest.observe)
    in_a_cell(lambda: Twice(x=1)(worker="cf", cache_root=cache))
    assert (seen.runs, len(latest.runs)) == ([], 1)


def test_what_others_have_put_in_place_stays(seen: Seen, cache: Path) -> None:
    ours = Submitter.submit

    def theirs(self: Any, *arguments: Any, **options: Any) -> None:
        ours(self, *arguments, **options)

    Submitter.submit = theirs  # type: ignore[method-assign]
    try:
        hook.detach()
        assert Submitter.submit is theirs
        assert Twice(x=1)(worker="cf", cache_root=cache).out == 4
        assert seen.runs == []
    finally:
        Submitter.submit = ours  # type: ignore[method-assign]
        hook.attach(seen.observe)
