"""Jobs that put something else in the place of their files, and files that are not as written.

They are this user's own, so there is nothing to be kept from them; but one that misbehaves must
not stop the monitor for all the others.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

from pydra_oar_jupyter.monitor.keys import job_key
from tests.conftest import PATIENCE
from tests.monitor.conftest import Problem, forget_handles
from tests.workflows.snapshots import PIPELINE

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


WRONG: list[Any] = [
    "", "[1]", "null", "{}", "[" * 50_000, '{"a": NaN}', {"created": {}}, {"created": "now"},
    {"words": 1}, {"words": [1]}, {"name": ["x"]}, {"ids": "abc"}, {"ids": [None]}, {"jobs": [1]},
    {"state": []}, {"tasks": 1}, {"tasks": [{"node": 1}]}, {"nodes": [1]}, {"started": "x"},
    {"error": {}}, {"caches": [None]}, {"origin": {"label": 1}}, {"job": "x"}, {"run": []},
    {"nodes": [{**asdict(PIPELINE)["nodes"][0], "counts": {"done": 1e400}}]}, {"more": 1},
]  # fmt: skip


def spoil(path: Path, how: Any) -> None:
    """Write something else, or fields of other types, into a file of the spool."""
    text = how if isinstance(how, str) else json.dumps({**json.loads(path.read_text()), **how})
    path.write_text(text)


def problem_of(viewer: Viewer, key: str) -> str:
    """Why there are no details of a row, or ""."""
    try:
        viewer.ask("details", key=key)
    except Problem as problem:
        return str(problem)
    return ""


def new_run(spool: Path, number: int) -> Path:
    """The directory of a run that another process has written."""
    folder = spool / "runs" / f"{number:08x}"
    folder.mkdir(parents=True, mode=0o700)
    facts = {"name": "wf", "worker": "cf", "caches": ["/nowhere"], "process": "", "created": 1.0}
    (folder / "run.json").write_text(json.dumps(facts))
    PIPELINE.write(folder / "snapshot.json")
    return folder


@pytest.mark.parametrize("name", ["spec.json", "end.json", "submission.json"])
def test_jobs_of_which_something_else_is_written_hide_no_other(
    new_viewer: Callable[[], Viewer], submit: Submit, spool: Path, name: str
) -> None:
    bad = [submit("exit 3")[0] for _ in range(3)]
    for job in bad:
        job.wait(PATIENCE)
    (good,) = submit("true")  # not in one submission with these
    good.wait(PATIENCE)
    viewer = new_viewer()
    viewer.follow()
    viewer.row(job_key(good.directory.id))
    files = [
        job.submission.path / name
        if name == "submission.json" and job.submission
        else job.directory.path / name
        for job in bad
    ]
    texts = [file.read_text() for file in files]
    for how in WRONG:
        for file, text in zip(files, texts, strict=True):
            file.write_text(text)
            spoil(file, how)
        forget_handles()
        key = job_key(bad[0].directory.id)
        viewer.session.close()
        viewer = new_viewer()
        viewer.ask("watch", keys=[key])
        viewer.follow()
        viewer.row(job_key(good.directory.id))
        assert "fault" not in problem_of(viewer, key), how


@pytest.mark.parametrize("name", ["run.json", "snapshot.json"])
def test_a_run_of_which_something_else_is_written_hides_no_other(
    new_viewer: Callable[[], Viewer], spool: Path, name: str
) -> None:
    spool.mkdir(mode=0o700, exist_ok=True)
    good = f"run:{new_run(spool, 1).name}"
    node = f"node:{good[4:]}/register"
    for number, how in enumerate(WRONG, 16):
        folder = new_run(spool, number)
        spoil(folder / name, how)
        bad = f"run:{folder.name}"
        viewer = new_viewer()
        viewer.ask("watch", keys=[bad, f"task:{folder.name}/register[3]"])
        viewer.follow(bad, good)
        assert viewer.row(good)["name"] == "wf"
        viewer.row(node)
        assert "fault" not in problem_of(viewer, bad), how
        viewer.session.close()
