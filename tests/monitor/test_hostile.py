"""Jobs that put something else in the place of their files, and what they get out of it: nothing.

They are this user's own, so there is nothing to be kept from them; but one that misbehaves must
not stop the monitor for all the others.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pydra_oar_jupyter.monitor.keys import job_key
from tests.conftest import PATIENCE
from tests.monitor.conftest import Problem, forget_handles

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydra_oar_jupyter.core.job import Job
    from tests.monitor.conftest import Viewer

    Submit = Callable[..., list[Job]]

FILES = ("events", "stdout", "stderr", "end.json", "spec.json", "result.pkl")


def replace(path: Path, by: str) -> None:
    """Put a pipe that nobody writes, or a file without an end, there."""
    path.unlink(missing_ok=True)
    if by == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")


@pytest.mark.parametrize("by", ["pipe", "device"])
def test_a_running_job_without_real_files_stops_nobody(
    viewer: Viewer, submit: Submit, spool: Path, by: str
) -> None:
    gate = spool.parent / "gate"
    (bad,) = submit(f"until [ -e {gate} ]; do sleep 0.1; done; exit 3")
    viewer.follow()
    key = job_key(bad.directory.id)
    viewer.until(lambda: viewer.row(key)["tone"] == "running")
    for name in FILES:
        replace(bad.directory.path / name, by)
    viewer.ask("watch", keys=[key])
    (good,) = submit("echo fine")
    viewer.until(lambda: viewer.rows.get(job_key(good.directory.id), {}).get("tone") == "done")
    for stream in ("stdout", "stderr"):
        assert viewer.ask("log", key=key, stream=stream, at=-1, most=100)["text"] == ""
    gate.touch()
    good.wait(PATIENCE)


@pytest.mark.parametrize("by", ["pipe", "device"])
def test_an_ended_job_without_real_files_stops_nobody(
    new_viewer: Callable[[], Viewer], submit: Submit, by: str
) -> None:
    bad, other = submit("exit 3")[0], submit("exit 4")[0]
    for job in (bad, other):
        job.wait(PATIENCE)
    for name in FILES:
        if name not in ("end.json", "spec.json"):
            replace(bad.directory.path / name, by)
        replace(other.directory.path / name, by)
    forget_handles()
    (good,) = submit("echo fine")
    viewer = new_viewer()
    viewer.follow()
    told = viewer.ask("details", key=job_key(bad.directory.id))
    assert "it exited with 3" in " ".join(fact["value"] for fact in told["facts"])
    with pytest.raises(Problem):
        viewer.ask("details", key=job_key(other.directory.id))
    viewer.until(lambda: viewer.rows.get(job_key(good.directory.id), {}).get("tone") == "done")
