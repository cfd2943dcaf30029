"""Keys of rows: strict forms, and what they find."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydra_oar_jupyter.core.errors import OarError, RequestError
from pydra_oar_jupyter.core.jobs import all_jobs
from pydra_oar_jupyter.monitor import keys
from pydra_oar_jupyter.workflows.runs.directories import Asked, RunFacts, new_directory
from pydra_oar_jupyter.workflows.runs.run import run
from pydra_oar_jupyter.workflows.snapshot import (
    NodeFacts,
    RunSnapshot,
    RunState,
    TaskFacts,
    TaskState,
)
from tests import history
from tests.history import Ended
from tests.monitor.conftest import forget_handles

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydra_oar_jupyter.core.job import Job


@pytest.mark.parametrize(
    "key",
    [
        "", "job", "job:", ":", "job:short", "job:../../../et", "job:AAAAAAAAAA",
        "job:2345678901\n",
        "job:23456789012", "array:..", "array:0123456789abcdeg", "run:0123456", "run:0123456/",
        "node:01234567", "node:01234567/", "node:01234567//a", "node:01234567/a b",
        "node:../01234567/a", "task:01234567/a/b", "task:01234567/<b>", "pairio:1",
        "oar:local/", "oar:local/-1", "oar:local/1;rm", "oar:/1", "oar:local/1.5", "oar:LOCAL/1",
        "oar:local/" + "1" * 19, "shell:ls", "task:01234567/" + "a" * 2000, "job :2345678901",
    ],
)  # fmt: skip
def test_what_is_no_key_is_refused(spool: Path, key: str) -> None:
    with pytest.raises(RequestError):
        keys.find(key)


@given(st.text())
def test_no_text_finds_anything_by_chance(text: str) -> None:
    with pytest.raises(RequestError):
        keys.check(text)


def test_jobs_and_arrays_are_found(submit: Callable[..., list[Job]]) -> None:
    (one,), many = submit("true", name="one"), submit("true", "true", "true")
    for job in (one, *many):
        job.wait(60)
    for _ in range(2):
        found = keys.find(keys.job_key(one.directory.id))
        assert repr(found) == repr(one)
        array = keys.find(keys.array_key(many[0].spec.group))
        assert isinstance(array, keys.Array)
        assert [job.id for job in array.jobs] == [job.id for job in many]
        assert keys.job_of(array) is None
        forget_handles()  # and once more in a new process
    all_jobs().forget(0)
    for key in (keys.job_key(one.directory.id), keys.array_key(many[0].spec.group)):
        with pytest.raises(OarError, match="not there any more"):
            keys.find(key)


def test_a_task_s_job_is_of_its_run_s_backend(spool: Path) -> None:
    """Two backends of one spool may give the same number."""
    for backend in ("local", "oar"):
        history.write(spool, 7, Ended(backend, ago=60), backend=backend)
    for backend in ("local", "oar"):
        directory = new_directory()
        facts = RunFacts("Study", "oar", (), backend=backend)
        directory.create(facts, Asked(None, "oar", {}))
        task = TaskFacts(("fit",), 0, TaskState.DONE, job=7)
        done = RunSnapshot("Study", "oar", RunState.DONE, tasks=(task,))
        done.write(directory.snapshot_file)
        found = run(directory.id)
        (job,) = found.jobs
        assert job.name == backend
        assert keys.job_of(keys.Task(found, task)) == job


@pytest.mark.parametrize("backend", ["local"])
def test_what_was_not_submitted_here_is_named(spool: Path, backend: str) -> None:
    assert keys.find(keys.other_key("local", 12)) == keys.OtherJob("local", 12)
    assert keys.find(keys.pairio_key("0" * 20)) == keys.PairioJob("0" * 20)
    with pytest.raises(RequestError, match="no backend"):
        keys.find("oar:slurm/1")
    with pytest.raises(OarError, match="no run"):
        keys.find(keys.run_key("0" * 8))


NAMES = st.text(min_size=1, max_size=12)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(tuple)


@given(st.lists(st.builds(TaskFacts, PATHS, st.none() | st.integers(0, 9)), max_size=6))
def test_every_task_has_a_key_of_its_own(tasks: list[TaskFacts]) -> None:
    found = keys.task_keys("01234567", RunSnapshot("w", "oar", tasks=tuple(tasks)))
    assert list(found.values()) == tasks
    assert all(keys.check(key)[0] == "task" for key in found)


@given(st.lists(PATHS, max_size=6, unique=True))
def test_every_node_has_a_key_of_its_own(paths: list[tuple[str, ...]]) -> None:
    nodes = [NodeFacts(path) for path in paths]
    found = {keys.node_key("01234567", node.path) for node in nodes}
    assert len(found) == len(nodes)
    assert all(keys.check(key)[0] == "node" for key in found)
