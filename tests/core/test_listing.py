"""Finding jobs again, whatever has become of others in the spool."""

from __future__ import annotations

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from pydra_oar_jupyter.core.errors import OarError
from pydra_oar_jupyter.core.jobs import Jobs, all_jobs, job, jobs
from pydra_oar_jupyter.core.outcome import Ending, Outcome
from pydra_oar_jupyter.core.record import JobRecord
from pydra_oar_jupyter.core.spool import JobDirectory, JobSpec, Spool, Submission

if TYPE_CHECKING:
    from pathlib import Path

LONG_AGO = time.time() - 1000


def submitted(
    spool: Path, *ids: int, ended: bool = True, words: tuple[str, ...] = ()
) -> Submission:
    """A submission of another kernel's, with jobs of these ids."""
    there = Spool(spool)
    directories = []
    for _ in ids:
        directory = there.new_job()
        there.add_job(directory, JobSpec("old", "script", words, "/tmp", "true", created=LONG_AGO))
        directories.append(directory)
    submission = there.new_submission("local", directories)
    submission.ids = list(ids)
    submission.write()
    for directory, job_id in zip(directories, ids, strict=True):
        if ended:
            JobRecord(directory, "local", job_id).end(Outcome(Ending.FINISHED, 0))
    return submission


def damage(submission: Submission, how: str) -> None:
    path = submission.path / "submission.json"
    facts = json.loads(path.read_text())
    if how == "torn":
        path.write_text(path.read_text()[:20])
    elif how == "not ours":
        path.chmod(0o666)
    elif how == "of a later version":
        path.write_text(json.dumps(facts | {"colour": "red"}))
    else:
        path.write_text(json.dumps(facts | {"backend": "slurm"}))


@pytest.mark.parametrize("how", ["torn", "not ours", "of a later version", "of another backend"])
def test_jobs_of_a_submission_that_can_t_be_read_are_not_given_up(spool: Path, how: str) -> None:
    lost, good = submitted(spool, 1, ended=False), submitted(spool, 2)
    damage(lost, how)
    assert [found.id for found in jobs()] == [2]
    assert lost.jobs[0].read_end() is None
    assert job(2).wait(0).ok
    with pytest.raises(OarError, match="Job 1 was not submitted"):
        job(1)
    lost.write()  # mended
    assert good.ids == [2]
    assert {found.id for found in jobs()} == {1, 2}


def test_a_job_that_was_never_sent_is_said_to_be_so(spool: Path) -> None:
    there = Spool(spool)
    directory = there.new_job()
    there.add_job(directory, JobSpec("lost", "script", (), "/tmp", "true", created=LONG_AGO))
    there.new_job()  # its kernel died while it packed: no job yet
    (lost,) = jobs()
    assert lost.wait(0).ending is Ending.NEVER_SENT
    with pytest.raises(OarError, match="never submitted"):
        lost.submitted()


def test_threads_that_look_at_once_find_the_same_handles(spool: Path) -> None:
    for first in range(1, 400, 2):
        submitted(spool, first, first + 1)
    here = all_jobs()
    with ThreadPoolExecutor(4) as threads:
        every, again = threads.submit(here.all), threads.submit(here.all)
        some = list(threads.map(here.get, range(1, 400)))
    assert every.result() == again.result()
    assert set(some) <= set(every.result())


def test_one_job_is_found_without_reading_the_others(spool: Path) -> None:
    """Ten thousand jobs are 0.05 s with a job's own files, and 1.4 s with all of them."""
    subs = [submitted(spool, first, first + 1) for first in range(1, 41, 2)]
    for submission in subs[1:]:
        for directory in submission.jobs:
            directory.spec_file.unlink()
            directory.end_file.unlink()
    found = job(1)
    assert (found.id, found.name) == (1, "old")


def test_a_job_that_was_submitted_again_has_both_ids(spool: Path) -> None:
    submission = submitted(spool, 5, ended=False, words=("-t", "idempotent"))
    record = JobRecord(submission.jobs[0], "local", 5)
    record.set_id(9)
    record.end(Outcome(Ending.FINISHED, 0))
    assert job(5) is job(9)
    assert job(5).id == 9
    assert Jobs(Spool(spool)).get(9).wait(0).ok


def test_a_job_whose_directory_was_removed_is_not_found(spool: Path) -> None:
    submission = submitted(spool, 1, 2)
    Spool(spool).discard(submission.jobs[0])
    assert [found.id for found in jobs()] == [2]
    with pytest.raises(OarError, match="Job 1 was not submitted"):
        job(1)


def test_a_directory_of_jobs_that_can_t_be_listed_is_said_in_words(spool: Path) -> None:
    submitted(spool, 1)
    if os.getuid() == 0:
        pytest.skip("root reads everything: run it as another account")
    (spool / "jobs").chmod(0)
    try:
        with pytest.raises(OarError, match="chmod"):
            jobs()
    finally:
        (spool / "jobs").chmod(0o700)


def test_paths_of_a_job_are_in_its_directory(tmp_path: Path) -> None:
    directory = JobDirectory(tmp_path / "x")
    assert directory.events == tmp_path / "x" / "events"
    assert directory.id == "x"


def test_old_jobs_are_forgotten_with_all_their_files(spool: Path) -> None:
    old, new, going = submitted(spool, 1, 2), submitted(spool, 3), submitted(spool, 4, ended=False)
    mixed = submitted(spool, 5, 6, ended=False)
    there = Spool(spool)
    packing, abandoned = there.new_job(), there.new_job()
    for directory in (*old.jobs, mixed.jobs[0]):
        JobRecord(directory, "local", 1).end(Outcome(Ending.FINISHED, 0))
        os.utime(directory.end_file, (LONG_AGO, LONG_AGO))
    os.utime(abandoned.path, (LONG_AGO - 86400, LONG_AGO - 86400))
    held = job(1)
    assert all_jobs().forget(500) == 4
    left = {directory.path for one in (new, going) for directory in one.jobs}
    left |= {mixed.jobs[1].path, packing.path}
    assert set((spool / "jobs").iterdir()) == left
    kept = {submission.path for submission in (new, going, mixed)}
    assert set((spool / "submissions").iterdir()) == kept
    assert {found.id for found in jobs()} == {3, 4, 6}
    assert held.wait(0).ok
    with pytest.raises(OarError, match="Job 1 was not submitted"):
        job(1)
    assert all_jobs().forget(500) == 0


def test_what_a_link_points_to_is_not_forgotten(spool: Path, tmp_path: Path) -> None:
    submitted(spool, 1)
    (tmp_path / "end.json").write_text("{}")
    os.utime(tmp_path / "end.json", (1, 1))
    (spool / "jobs" / "link").symlink_to(tmp_path)
    assert all_jobs().forget(500) == 0
    assert (tmp_path / "end.json").exists()
