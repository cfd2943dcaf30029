"""Jobs of any kind on their way into the spool: written there whole, then submitted together."""

from __future__ import annotations

import dataclasses
import secrets
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.files import write_atomically
from pydra_oar_jupyter.core.jobs import all_jobs
from pydra_oar_jupyter.core.origin import Origin
from pydra_oar_jupyter.core.script import job_script
from pydra_oar_jupyter.core.spool import JobSpec, Submission

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydra_oar_jupyter.core.job import Job
    from pydra_oar_jupyter.core.request import Request
    from pydra_oar_jupyter.core.spool import JobDirectory

# The signal that OAR sends for --checkpoint where --signal names no other: SIGUSR2.
_CHECKPOINT = 12


@dataclass
class Pack:
    """Jobs whose files are in the spool, and which nobody has submitted.

    Attributes:
        request: what is asked for them.
        spec: what they have in common.
        jobs: their directories, and what each is to be.
        labels: what tells them apart, in words; empty for a job alone.
        out: the names that come back, as far as the code tells.
    """

    request: Request
    spec: JobSpec
    jobs: list[tuple[JobDirectory, JobSpec]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    out: Sequence[str] = ()

    def add(self) -> JobDirectory:
        """The directory for one more job; `work` must follow."""
        job = all_jobs().spool.new_job()
        self.jobs.append((job, self.spec))
        return job

    def work(self, lines: str, name: str = "") -> None:
        """Say what the last job does, and what people call it if it has a name of its own."""
        job, _ = self.jobs[-1]
        text = job_script(
            job,
            lines,
            copy_output=bool(self.request.stdout or self.request.stderr),
            signal=self.request.checkpoint and (self.request.signal or _CHECKPOINT),
        )
        write_atomically(job.script, text)
        self.jobs[-1] = (
            job,
            dataclasses.replace(
                self.spec, script=lines, name=self.request.name or name or self.spec.name
            ),
        )

    def drop(self, at: int = -1) -> None:
        """Take a job back, with its files: the last one, or another."""
        job, _ = self.jobs.pop(at)
        all_jobs().spool.discard(job)

    def submit(self, backend: str) -> list[Job]:
        """Hand them to the tracker; their handles at once."""
        for job, spec in self.jobs:
            all_jobs().spool.add_job(job, spec)
        return all_jobs().submit([job for job, _ in self.jobs], backend)

    def submission(self, backend: str) -> Submission:
        """The submission that they would become; it is not written down."""
        path = all_jobs().spool.root / "submissions" / "…"
        jobs = [job for job, _ in self.jobs]
        return Submission(path, backend, self.spec.words, self.spec.directory, jobs, self.spec.name)

    def discard(self) -> None:
        """Remove their files."""
        for job, _ in self.jobs:
            all_jobs().spool.discard(job)


@contextmanager
def whole(pack: Pack) -> Iterator[None]:
    """Leave nothing in the spool if packing fails."""
    try:
        yield
    except BaseException:
        pack.discard()
        raise


def new_pack(
    request: Request,
    kind: str,
    name: str,
    origin: Origin | None = None,
    *,
    array: bool,
    run: str = "",
) -> Pack:
    """An empty one. Of the request, what a submission says itself is left to it."""
    rest = dataclasses.replace(
        request, name=None, directory=None, array=None, array_param_file=None, scanscript=False
    )
    spec = JobSpec(
        name=request.name or name,
        kind=kind,
        words=tuple(rest.words()),
        directory=str(Path.cwd() / Path(request.directory or "").expanduser()),
        script="",
        origin=origin or Origin(),
        group=secrets.token_hex(8) if array else "",
        run=run,
    )
    return Pack(request, spec)
