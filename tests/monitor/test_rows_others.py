"""Jobs of the cluster that were not submitted from here."""

from __future__ import annotations

import getpass
import itertools
import re
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from pydra_oar_jupyter.core.backend import get_backend
from pydra_oar_jupyter.core.script import job_script
from pydra_oar_jupyter.core.spool import JobSpec, Spool
from pydra_oar_jupyter.monitor.keys import other_key
from pydra_oar_jupyter.monitor.rows.others import Others
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pydra_oar_jupyter.core.job import Job
    from pydra_oar_jupyter.core.state import JobStatus
    from tests.monitor.conftest import Viewer


@pytest.fixture
def questions(backend: str, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When the scheduler was asked for everybody's jobs."""
    ask, asked = get_backend(backend).jobs, []

    def noted(**how: Any) -> list[JobStatus]:
        if how.get("everyone"):
            asked.append(time.monotonic())
        return ask(**how)

    monkeypatch.setattr(get_backend(backend), "jobs", noted)
    return asked


@pytest.fixture
def other(spool: Path, backend: str) -> Iterator[int]:
    """The id of a job that this spool does not have."""
    if backend == "oar":
        command = ["oarsub", "-n", "<i>by hand</i>", "-l", "core=1,walltime=0:05", "sleep 120"]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found = re.search(r"OAR_JOB_ID=(\d+)", said)
        assert found
        id_ = int(found[1])
    else:
        folder = Spool(spool.parent / "other")
        job = folder.new_job()
        job.script.write_text(job_script(job, "sleep 120"))
        folder.add_job(job, JobSpec("by hand", "script", ("-l", "core=1"), "/tmp", "sleep 120"))
        (id_,) = get_backend("local").submit(folder.new_submission("local", [job]))
    yield id_
    get_backend(backend).delete([id_])
    wait_until(lambda: get_backend(backend).status([id_])[id_].state.final)


def test_other_jobs_are_shown_while_they_are_wanted(
    other: int, viewer: Viewer, backend: str, submit: Callable[..., list[Job]]
) -> None:
    (own,) = submit("sleep 60")
    own.submitted(60)
    key = other_key(backend, other)
    viewer.follow(everyone=True)
    row = viewer.row(key)
    assert (row["kind"], row["id"], row["backend"]) == ("other", str(other), backend)
    assert row["owner"] == getpass.getuser()
    assert row["mine"]
    assert "cancel" in row["can"]
    assert other_key(backend, own.id or 0) not in viewer.rows
    viewer.follow()
    viewer.until(lambda: key not in viewer.rows)
    viewer.follow(everyone=True)
    viewer.until(lambda: key in viewer.rows)
    own.cancel()


@pytest.mark.parametrize("backend", ["local"])
def test_own_jobs_are_none_of_them_whatever_new_jobs_are_given_to(
    other: int,
    viewer: Viewer,
    backend: str,
    submit: Callable[..., list[Job]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (own,) = submit("sleep 60")
    own.submitted(60)
    monkeypatch.setenv("PYDRA_OAR_BACKEND", "oar")
    viewer.follow(everyone=True)
    viewer.row(other_key(backend, other))
    assert other_key(backend, own.id or 0) not in viewer.rows
    own.cancel()


def test_nobody_is_asked_unless_they_are_wanted(
    viewer: Viewer, questions: list[float], submit: Callable[..., list[Job]]
) -> None:
    (job,) = submit("true")
    viewer.follow()
    job.wait(60)
    viewer.until(lambda: [row["tone"] for row in viewer.rows.values()] == ["done"])
    assert not questions
    viewer.follow(everyone=True)
    wait_until(lambda: questions)


@pytest.mark.parametrize(
    "backend", [pytest.param("oar", marks=pytest.mark.cluster)], indirect=True
)  # the embedded cluster always answers
def test_a_scheduler_that_does_not_answer_is_told(
    spool: Path, backend: str, monkeypatch: pytest.MonkeyPatch, viewer: Viewer
) -> None:
    monkeypatch.setenv("PYDRA_OAR_PREFIX", "/bin/false")
    viewer.follow(everyone=True)
    viewer.until(lambda: viewer.pushes("trouble"))
    assert viewer.pushes("trouble")[0]["message"]


def test_an_answer_is_good_for_a_while(spool: Path, questions: list[float]) -> None:
    others = Others(every=0.3)

    def asked_thrice() -> bool:
        others.rows(set())
        return len(questions) >= 3

    wait_until(asked_thrice)
    assert all(after - before >= 0.3 for before, after in itertools.pairwise(questions))
