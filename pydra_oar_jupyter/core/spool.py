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
        <job id>.out, <job id>.err     what the scheduler itself wrote around the job

Files that are replaced are written by atomic renames, so that a reader sees the old or the
new one. A submission is written down before it is sent and its id is part of the jobs' name:
after a crash at any instant, asking the scheduler once tells what became of it.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import shutil
import stat
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.errors import SpoolError
from pydra_oar_jupyter.core.process import identity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Digits and letters that are not mistaken for one another.
_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"
_SUBMISSION = "submission.json"
# How long a job may be packed, in seconds.
_PACKING = 86400.0


def spool_root() -> Path:
    """Where the spool is: PYDRA_OAR_SPOOL, else ``~/.pydra_oar``."""
    return Path(os.environ.get("PYDRA_OAR_SPOOL") or "~/.pydra_oar").expanduser().absolute()


def write_atomically(path: Path, text: str) -> None:
    """Write a file that readers see whole, or not at all; only its owner can read it.

    Raises:
        SpoolError: it can't be written.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError) -> SpoolError:
    """The error for a file of the spool that can't be written."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    advice = "Make room there" if full else "Mend its rights"
    return SpoolError(
        f"{path} can't be written: {error.strerror}. {advice}, or choose another place for the "
        "spool with PYDRA_OAR_SPOOL (on a file system that the nodes share)."
    )


def open_private(path: Path) -> int:
    """A descriptor to read a file that only this user can have written.

    Raises:
        SpoolError: it belongs to another account, others can write it, it is a link, or it
            can't be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.EACCES and path.exists():
            raise _untrusted(path, path.lstat()) from None
        raise SpoolError(f"{path} can't be read: {error.strerror}.") from None
    facts = os.fstat(descriptor)
    if facts.st_uid == os.getuid() and not facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return descriptor
    os.close(descriptor)
    raise _untrusted(path, facts)


def _untrusted(path: Path, facts: os.stat_result) -> SpoolError:
    if facts.st_uid == os.getuid() and not facts.st_mode & 0o022:
        return SpoolError(f"{path} can't be read: Permission denied. Try: chmod u+r {path}")
    return SpoolError(
        f"{path} is not trusted: it belongs to account {facts.st_uid} and its mode is "
        f"{stat.filemode(facts.st_mode)}, so somebody else may have written it. It was not "
        "opened. Look who did that; the job has to run again."
    )


def _private_directory(path: Path) -> Path:
    """Make a directory that only this user can enter, and refuse one that others can."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        facts = path.stat()
    except OSError as error:
        raise unwritable(path, error) from error
    if facts.st_uid != os.getuid() or facts.st_mode & 0o077:
        raise SpoolError(
            f"{path} holds pickles and must be yours alone: it belongs to account {facts.st_uid} "
            f"and its mode is {stat.filemode(facts.st_mode)}. Try: chmod 700 {path}"
        )
    return path


def _read_json(path: Path) -> dict[str, Any]:
    with os.fdopen(open_private(path), "rb", buffering=0) as file:
        read: dict[str, Any] = json.loads(file.readall())
    return read


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
        source: where it came from, for people: the notebook and the cell.
        group: jobs of one group are submitted together, as one array.
        created: seconds since the epoch.
    """

    name: str
    kind: str
    words: tuple[str, ...]
    directory: str
    script: str
    source: str = ""
    group: str = ""
    created: float = field(default_factory=time.time)


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
        """What was asked."""
        read = _read_json(self.spec_file)
        return JobSpec(**{**read, "words": tuple(read["words"])})

    def read_end(self) -> dict[str, Any] | None:
        """How it ended, as `write_end` wrote it; None while it is not known."""
        path = self.end_file
        return _read_json(path) if path.exists() else None

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
        read = _read_json(self.path / _SUBMISSION)
        self.ids, self.refused = read["ids"], read["refused"]


class Spool:
    """All jobs of this user. Its directories are made when they are first needed."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or spool_root()

    def new_job(self) -> JobDirectory:
        """An empty directory for a job. `add_job` makes it a job; until then it is not listed."""
        _private_directory(self.root)
        return JobDirectory(_private_directory(self.root / "jobs" / _new_id()))

    def add_job(self, job: JobDirectory, spec: JobSpec) -> None:
        """Write down what the job is to be, after all its other files."""
        facts = {name: getattr(spec, name) for name in JobSpec.__dataclass_fields__}
        write_atomically(job.spec_file, json.dumps(facts))

    def discard(self, job: JobDirectory) -> None:
        """Remove a job's directory, with all that is in it."""
        shutil.rmtree(job.path, ignore_errors=True)

    def new_submission(self, backend: str, jobs: Sequence[JobDirectory]) -> Submission:
        """Write down that these jobs are about to be sent, before they are."""
        spec = jobs[0].spec
        path = _private_directory(self.root / "submissions" / _new_id())
        words, place = spec.words, spec.directory
        submission = Submission(path, backend, words, place, list(jobs), spec.name, spec.kind)
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
        return _list(self.root / "submissions")

    def submission(self, id_: str) -> Submission | None:
        """The submission of that id; None if it was never written down, and nothing was sent.

        Raises:
            SpoolError: it can't be read.
        """
        path = self.root / "submissions" / id_
        try:
            if not os.path.lexists(path / _SUBMISSION):
                return None
            read = _read_json(path / _SUBMISSION)
            folder = self.root / "jobs"
            jobs = [JobDirectory(folder / job_id) for job_id in read.pop("jobs")]
            return Submission(path, jobs=jobs, **{**read, "words": tuple(read["words"])})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SpoolError(f"{path} can't be read, or is of another version: {error!r}") from None

    def job_ids(self) -> list[str]:
        """The ids of all jobs' directories, in no order."""
        return _list(self.root / "jobs")

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
            if not any(job.path.exists() for job in submission.jobs):
                shutil.rmtree(submission.path, ignore_errors=True)
        return removed


def _ended_before(job: JobDirectory, before: float) -> bool:
    try:
        if job.end_file.exists():
            return job.end_file.stat().st_mtime < before
        packed = job.spec_file.exists()
        return not packed and job.path.stat().st_mtime < min(before, time.time() - _PACKING)
    except OSError:
        return False


def _list(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise SpoolError(
            f"{folder} can't be read: {error.strerror}. The jobs go on; mend its rights "
            f"(chmod -R u+rwX {folder.parent}) and ask again."
        ) from error
