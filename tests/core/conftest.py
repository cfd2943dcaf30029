"""Jobs of sh for the tests of the core, and a way to watch and disturb OAR's commands."""

from __future__ import annotations

import os
import stat
from collections import Counter
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


class Commands:
    """A prefix for OAR's commands that notes each call, and holds up those it is told to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "calls"
        self.log.touch()
        self.script = folder / "prefix"
        self.script.write_text(
            "#!/bin/sh\n"
            f'echo "$1" >>{self.log}\n'
            f'if [ -e {folder}/fail-"$1" ]; then\n'
            '    echo "DB connection error, exiting." >&2; exit 25\n'
            "fi\n"
            f'while [ -e {folder}/hang-"$1" ]; do sleep 0.1; done\n'
            f'[ ! -e {folder}/mute-"$1" ] || exec "$@" >/dev/full 2>&1\n'
            'exec "$@"\n'
        )
        self.script.chmod(stat.S_IRWXU)

    def __getitem__(self, command: str) -> int:
        """How often it was called."""
        return Counter(self.log.read_text().split())[command]

    def set(self, fault: str, command: str) -> None:
        """``fail``, ``hang``, or ``mute`` as on a full disk, from now on."""
        (self.folder / f"{fault}-{command}").touch()

    def clear(self, fault: str, command: str) -> None:
        (self.folder / f"{fault}-{command}").unlink()


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """OAR's commands, counted; for the backend ``oar``, before its first use."""
    folder = tmp_path / "commands"
    folder.mkdir()
    found = Commands(folder)
    monkeypatch.setenv("PYDRA_OAR_PREFIX", os.fspath(found.script))
    return found
