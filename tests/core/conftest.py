"""Jobs of sh for the tests of the core."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pydra_oar_jupyter.core.jobs import all_jobs
from pydra_oar_jupyter.core.request import Request
from pydra_oar_jupyter.core.script import job_script
from pydra_oar_jupyter.core.spool import JobSpec

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydra_oar_jupyter.core.job import Job


@pytest.fixture
def run(spool: Path, backend: str, tmp_path: Path) -> Callable[..., list[Job]]:
    """Submit jobs of sh: their scripts, and oarsub's options; their handles."""

    def submit(*works: str, options: str = "-l core=1", name: str = "test") -> list[Job]:
        jobs = all_jobs()
        directories = []
        for work in works:
            directory = jobs.spool.new_job()
            request = Request.parse(options)
            directory.script.write_text(
                job_script(directory, work, signal=(request.checkpoint and (request.signal or 12)))
            )
            words = tuple(request.words())
            spec = JobSpec(name, "script", words, str(spool.parent), work)
            jobs.spool.add_job(directory, spec)
            directories.append(directory)
        return jobs.submit(directories, backend)

    return submit
