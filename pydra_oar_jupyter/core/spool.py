"""The spool: a directory for each job, on a file system that the nodes share.

::

    ~/.pydra_oar/                    0700, as all below it
      jobs/<id>/                     a job
        spec.json                      what was asked; written last: without it, it's no job yet
        job.sh                         what the scheduler runs
        payload.pkl, element.pkl       what goes in (cells)
        stdout, stderr                 as the job writes them
        events                         a JSON object a line, as they happen
        result.pkl                     what comes back
        end.json                       how it ended, once that is known for sure
      submissions/<id>/              jobs that left together
        submission.json                which, to whom, and the scheduler's ids once known
        params                         a line for each job of an array
        answer                         what the submitting command printed
        oarsub                         the process of that command (backend oar)
        <job id>.out, <job id>.err     what the scheduler itself wrote around the job

Files that are replaced are written by atomic renames, so that a reader sees the old or the
new one. A submission is written down before it is sent and its id is part of the jobs' name:
after a crash at any instant, asking the scheduler once tells what became of it.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.errors import SpoolError
from pydra_oar_jupyter.core.files import (
    checked,
    names_in,
    private_directory,
    read_json,
    write_atomically,
)
from pydra_oar_jupyter.core.origin import Origin, read_facts
from pydra_oar_jupyter.core.process import identity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Digits and letters that are not mistaken for one another.
_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"
_TAG = re.compile(rf"~[{_ALPHABET}]{{10}}\Z")
_SUBMISSION = "submission.json"
# How long a job may be packed, in seconds.
_PACKING = 86400.0


def spool_root() -> Path:
    """Where the spool is: PYDRA_OAR_SPOOL, else ``~/.pydra_oar``."""
    return Path(os.environ.get("PYDRA_OAR_SPOOL") or "~/.pydra_oar").expanduser().absolute()


def own_name(told: str) -> str:
    """The name that a job was given, of the one that the scheduler tells (`Submission.tag`)."""
    return _TAG.sub("", told)


def _new_id() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(10))


@dataclass(frozen=True)
class JobSpec:
    """What a job is to be, as it is written in its directory.

    Attributes:
        name: what people call it.
        kind: what it is to the part that made it (``cell``, ``script`` …).
        words: the request, as oarsub's words.
        directory: where it runs on the node.
        script: the lines of sh that do its work.
        origin: where it came from.
        group: jobs of one group are submitted together, as one array; their names may differ.
        run: the id of Pydra's run that it does a part of; "" for none, or if nobody knows.
        created: seconds since the epoch.
    """

    name: str
    kind: str
    words: tuple[str, ...]
    directory: str
    script: str
    origin: Origin = field(default_factory=Origin)
    group: str = ""
    run: str = ""
    created: float = field(default_factory=time.time)

    @property
    def source(self) -> str:
        """Where it came from, for people: the notebook and the cell."""
        return self.origin.label


class _File:
    """The path of a file in a job's directory, made when it is asked for."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, job: JobDirectory, _: object) -> Path:
        return job.path / self._name


class JobDirectory:
    """One job's directory. Attributes are the paths of its files."""

    spec_file = _File("spec.json")
    script = _File("job.sh")
    payload = _File("payload.pkl")
    element = _File("element.pkl")
    stdout = _File("stdout")
    stderr = _File("stderr")
    events = _File("events")
    result = _File("result.pkl")
    end_file = _File("end.json")

    def __init__(self, path: Path) -> None:
        self.path = path
        self.id = path.name

    def __repr__(self) -> str:
        return f"JobDirectory({str(self.path)!r})"

    @property
    def spec(self) -> JobSpec:
        """What was asked.

        Raises:
            SpoolError: it can't be read, or is of another version.
        """
        return read_facts(self.spec_file, JobSpec, "words")

    def read_end(self) -> dict[str, Any] | None:
        """How it ended, as `write_end` wrote it; None while it is not known."""
        path = self.end_file
        return read_json(path) if path.exists() else None

    def write_end(self, end: dict[str, Any]) -> None:
        """Note for good how it ended."""
        write_atomically(self.end_file, json.dumps(end))


@dataclass
class Submission:
    """Jobs that leave together: one call of the scheduler.

    Attributes:
        path: its directory in the spool.
        backend: the backend's name.
        words: the request that all share, as oarsub's words.
        directory: where the jobs run.
        jobs: their directories, in the array's order.
        name: what people call it.
        kind: what they are to the part that made them.
        ids: the scheduler's ids in the same order, once known.
        refused: why the scheduler refused it, or "".
        sender: the process that sends it (`core.process.identity`).
        created: seconds since the epoch.
    """

    path: Path
    backend: str
    words: tuple[str, ...]
    directory: str
    jobs: list[JobDirectory]
    name: str
    kind: str = ""
    ids: list[int] = field(default_factory=list)
    refused: str = ""
    sender: str = field(default_factory=lambda: identity(os.getpid()))
    created: float = field(default_factory=time.time)

    @property
    def id(self) -> str:
        """Its id in the spool."""
        return self.path.name

    @property
    def tag(self) -> str:
        """The name that the scheduler gets: it ends with ``~`` and the submission's id."""
        return f"{self.name}~{self.id}"

    @property
    def answer(self) -> Path:
        """What the submitting command prints: it is there even if the kernel died meanwhile."""
        return self.path / "answer"

    @property
    def params(self) -> Path:
        """A line for each job: what follows ``/bin/sh`` in its command."""
        return self.path / "params"

    def write(self) -> None:
        """Write it down, whole."""
        facts = {
            "backend": self.backend,
            "words": self.words,
            "directory": self.directory,
            "jobs": [job.id for job in self.jobs],
            "name": self.name,
            "kind": self.kind,
            "ids": self.ids,
            "refused": self.refused,
            "sender": self.sender,
            "created": self.created,
        }
        write_atomically(self.path / _SUBMISSION, json.dumps(facts))

    def reload(self) -> None:
        """Take what its sender has written since."""
        read = read_json(self.path / _SUBMISSION)
        self.ids, self.refused = read["ids"], read["refused"]


class Spool:
    """All jobs of this user. Its directories are made when they are first needed."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or spool_root()

    def new_job(self) -> JobDirectory:
        """An empty directory for a job. `add_job` makes it a job; until then it is not listed."""
        private_directory(self.root)
        return JobDirectory(private_directory(self.root / "jobs" / _new_id()))

    def add_job(self, job: JobDirectory, spec: JobSpec) -> None:
        """Write down what the job is to be, after all its other files."""
        write_atomically(job.spec_file, json.dumps(asdict(spec)))

    def discard(self, job: JobDirectory) -> None:
        """Remove a job's directory, with all that is in it."""
        shutil.rmtree(job.path, ignore_errors=True)

    def new_submission(self, backend: str, jobs: Sequence[JobDirectory]) -> Submission:
        """Write down that these jobs are about to be sent, before they are."""
        spec = jobs[0].spec
        path = private_directory(self.root / "submissions" / _new_id())
        words, place = spec.words, spec.directory
        # The jobs of an array may be called by what it is, and their place in it: fit[3].
        name = spec.name.partition("[")[0] if len(jobs) > 1 else spec.name
        submission = Submission(path, backend, words, place, list(jobs), name, spec.kind)
        submission.write()
        return submission

    def submissions(self) -> Iterator[Submission]:
        """All submissions that can be read, in no order."""
        for id_ in self.submission_ids():
            with suppress(SpoolError):
                if submission := self.submission(id_):
                    yield submission

    def submission_ids(self) -> list[str]:
        """The ids of all submissions, in no order."""
        return names_in(self.root / "submissions")

    def submission(self, id_: str) -> Submission | None:
        """The submission of that id; None if it was never written down, and nothing was sent.

        Raises:
            SpoolError: it can't be read.
        """
        path = self.root / "submissions" / id_
        try:
            if not os.path.lexists(path / _SUBMISSION):
                return None
            read = read_json(path / _SUBMISSION)
            folder = self.root / "jobs"
            jobs = [JobDirectory(folder / job_id) for job_id in read.pop("jobs")]
            found = Submission(path, jobs=jobs, **{**read, "words": tuple(read["words"])})
            if not all(isinstance(id_, int) for id_ in found.ids):
                raise TypeError(f"ids are {found.ids!r:.80}")
            return checked(found)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SpoolError(f"{path} can't be read, or is of another version: {error!r}") from None

    def job_ids(self) -> list[str]:
        """The ids of all jobs' directories, in no order."""
        return names_in(self.root / "jobs")

    def job(self, id_: str) -> JobDirectory:
        """The directory of that id."""
        return JobDirectory(self.root / "jobs" / id_)

    def remove_ended(self, before: float) -> list[str]:
        """Remove the jobs that ended before that time, in seconds since the epoch; their ids.

        With them go submissions of which nothing is left, and what kernels that died while they
        packed have left behind.
        """
        removed = []
        for id_ in self.job_ids():
            job = self.job(id_)
            if _ended_before(job, before):
                self.discard(job)
                removed += [] if job.path.exists() else [id_]
        for submission in list(self.submissions()):
            self.discard_empty(submission)
        return removed

    def discard_empty(self, submission: Submission) -> None:
        """Remove a submission's directory if none of its jobs' is left."""
        if not any(job.path.exists() for job in submission.jobs):
            shutil.rmtree(submission.path, ignore_errors=True)


def _ended_before(job: JobDirectory, before: float) -> bool:
    try:
        if job.end_file.exists():
            return job.end_file.stat().st_mtime < before
        packed = job.spec_file.exists()
        return not packed and job.path.stat().st_mtime < min(before, time.time() - _PACKING)
    except OSError:
        return False
