"""An embedded cluster in a directory of its own, which no process outlives."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pydra_oar_jupyter.backends.local import Backend
from pydra_oar_jupyter.core.request import Request
from pydra_oar_jupyter.core.script import job_script
from pydra_oar_jupyter.core.spool import JobSpec, Spool, Submission
from pydra_oar_jupyter.core.state import JobState, JobStatus
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Machine:
    """The embedded cluster, and jobs of sh on it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.spool = Spool(home / "spool")
        self.backend = Backend()

    @property
    def log(self) -> Path:
        return self.spool.root / "local" / f"{os.uname().nodename}.log"

    def submission(self, works: Sequence[str], options: str = "") -> Submission:
        request = Request.parse(options)
        words = tuple(request.words())
        jobs = []
        for work in works:
            job = self.spool.new_job()
            signal = request.checkpoint and (request.signal or 12)
            job.script.write_text(job_script(job, work, signal=signal))
            self.spool.add_job(job, JobSpec("test", "script", words, str(self.home), work))
            jobs.append(job)
        return self.spool.new_submission("local", jobs)

    def submit(self, work: str, options: str = "") -> int:
        return self.backend.submit(self.submission([work], options))[0]

    def array(self, works: Sequence[str], options: str = "") -> list[int]:
        return self.backend.submit(self.submission(works, options))

    def status(self, id_: int) -> JobStatus:
        return self.backend.status([id_])[id_]

    def state(self, id_: int) -> JobState:
        return self.status(id_).state

    def running(self, id_: int) -> JobStatus:
        wait_until(lambda: self.state(id_) is JobState.RUNNING)
        return self.status(id_)

    def ended(self, *ids: int) -> list[JobStatus]:
        def all_ended() -> list[JobStatus] | None:
            statuses = self.backend.status(ids)
            found = [statuses[id_] for id_ in ids]
            return found if all(status.state.final for status in found) else None

        return wait_until(all_ended) if ids else []

    def processes(self) -> dict[int, str]:
        """All processes that have to do with this cluster, with their names."""
        found = {}
        for entry in Path("/proc").glob("[1-9]*"):
            try:
                about = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
                name = (entry / "comm").read_text().strip()
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            inside = str(self.spool.root).encode() in about and int(entry.name) != os.getpid()
            if inside and state != "Z":
                found[int(entry.name)] = name
        return found


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """Two hosts of two cores; at its end, nothing may be left of it."""
    home = tmp_path / "a home"
    home.mkdir()
    monkeypatch.setenv("PYDRA_OAR_SPOOL", str(home / "spool"))
    monkeypatch.setenv("PYDRA_OAR_LOCAL", "2x2")
    machine = Machine(home)
    yield machine
    live = [status.id for status in machine.backend.jobs()]
    machine.backend.delete(live)
    machine.ended(*live)
    wait_until(lambda: not machine.processes())
    if machine.log.exists():
        assert machine.log.read_text() == ""
