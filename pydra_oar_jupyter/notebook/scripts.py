"""Scripts and commands as jobs: ``%%oar --shell`` and ``%oarsub``."""

from __future__ import annotations

import dataclasses
import os
import secrets
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.script import job_script
from pydra_oar_jupyter.core.spool import JobSpec, write_atomically

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydra_oar_jupyter.core.request import Request
    from pydra_oar_jupyter.core.spool import JobDirectory, Spool


# The signal that OAR sends for --checkpoint where --signal names no other: SIGUSR2.
_CHECKPOINT = 12


def interpreter(script: str, shell: str | None) -> list[str]:
    """The words that run this script: ``shell``, else what its first line says.

    Raises:
        RequestError: neither says anything.
    """
    if shell:
        return shlex.split(shell)
    # As Linux does: a program, and all that follows as one argument.
    words = script.partition("\n")[0].removeprefix("#!").strip().split(None, 1)
    if not words:
        raise RequestError("The first line of the script names no program after #!.")
    return words


def pack_script(
    spool: Spool,
    script: str,
    run_with: Sequence[str],
    request: Request,
    *,
    name: str,
    source: str = "",
    setup: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
) -> list[JobDirectory]:
    """Put a script in the spool, once for each job that the request asks for.

    Raises:
        RequestError: the file of parameters can't be used.
        SpoolError: the spool can't be written.
    """
    spec = JobSpec(
        name=request.name or name,
        kind="script",
        words=job_words(request),
        directory=str(Path.cwd() / Path(request.directory or "").expanduser()),
        script="",
        source=source,
        group=secrets.token_hex(8) if request.array or request.array_param_file else "",
    )
    exports = [f"export {key}={shlex.quote(value)}" for key, value in (env or {}).items()]
    jobs = []
    for parameters in _parameters(request):
        job = spool.new_job()
        write_atomically(job.path / "setup", "\n".join([*exports, *setup, ""]))
        write_atomically(job.path / "script", script)
        command = f'{shlex.join(run_with)} "$job/script" {shlex.join(parameters)}'.rstrip()
        work = f'. "$job/setup"\nexec {command}'
        text = job_script(
            job,
            work,
            copy_output=bool(request.stdout or request.stderr),
            signal=request.checkpoint and (request.signal or _CHECKPOINT),
        )
        write_atomically(job.script, text)
        spool.add_job(job, dataclasses.replace(spec, script=work))
        jobs.append(job)
    return jobs


def job_words(request: Request) -> tuple[str, ...]:
    """The request without what its submission says itself: name, place and number of jobs."""
    rest = dataclasses.replace(
        request, name=None, directory=None, array=None, array_param_file=None, scanscript=False
    )
    return tuple(rest.words())


def _parameters(request: Request) -> list[list[str]]:
    """The arguments of each job."""
    if not request.array_param_file:
        return [[] for _ in range(request.array or 1)]
    path = Path(request.array_param_file).expanduser()
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise RequestError(f"{path} can't be read: {why}.") from None
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            found.append(shlex.split(line))
        except ValueError as error:
            raise RequestError(f"Line {number} of {path}: {error}.", text=line, at=0) from None
    if not found:
        raise RequestError(f"{path} has no line with parameters.")
    return found


def environment(pairs: Sequence[str]) -> dict[str, str]:
    """The variables of ``--env``: ``NAME=VALUE``, or ``NAME`` with this kernel's value.

    Raises:
        RequestError: a name without a value is not set here.
    """
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals and name not in os.environ:
            raise RequestError(
                f"The environment variable {name} is not set here.",
                hint=f"Give its value: --env {name}=…",
            )
        found[name] = value if equals else os.environ[name]
    return found
