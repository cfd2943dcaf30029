"""oarsub, oarstat, oardel, oarhold, oarresume and oarnodes, as at the prompt."""

from __future__ import annotations

import argparse
import dataclasses
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from pydra_oar_jupyter.core.array import JobArray
from pydra_oar_jupyter.core.backend import get_backend
from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.pack import new_pack
from pydra_oar_jupyter.core.request import Request
from pydra_oar_jupyter.core.surroundings import Surroundings
from pydra_oar_jupyter.notebook.lookup import job_ids
from pydra_oar_jupyter.notebook.packing import pack_script
from pydra_oar_jupyter.notebook.tables import (
    HOST_COLUMNS,
    RESOURCE_COLUMNS,
    STATUS_COLUMNS,
    Table,
    details,
    host_rows,
    status_row,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydra_oar_jupyter.core.job import Job
    from pydra_oar_jupyter.core.origin import Origin
    from pydra_oar_jupyter.notebook.config import OarConfig


class Parser(argparse.ArgumentParser):
    """Arguments of a line magic; what is wrong is a `RequestError`."""

    def __init__(self, name: str, *, backend: bool = True) -> None:
        super().__init__(f"%{name}", add_help=False, allow_abbrev=False)
        if backend:
            self.add_argument("--backend", metavar="NAME", help="instead of the session's")

    def error(self, message: str) -> NoReturn:
        usage = " ".join(self.format_usage().split()).removeprefix("usage: ")
        raise RequestError(f"{message[:1].upper()}{message[1:]}.", hint=f"Usage: {usage}")

    def read(self, line: str) -> argparse.Namespace:
        """The line's arguments.

        Raises:
            RequestError: they are wrong.
        """
        try:
            words = shlex.split(line)
        except ValueError as error:
            raise RequestError(f"{error}.", text=line, at=max(0, len(line) - 1)) from None
        return self.parse_args(words)


def _formats(parser: Parser) -> Parser:
    parser.add_argument("-J", "--json", action="store_true", help="plain lists and dicts")
    parser.add_argument("--df", action="store_true", help="a DataFrame")
    return parser


def _parsers() -> dict[str, Parser]:
    stat = _formats(Parser("oarstat"))
    stat.add_argument("-u", "--user", nargs="?", const="", metavar="USER", help="jobs of a user")
    stat.add_argument("-j", "--job", action="append", default=[], metavar="JOB", help="these jobs")
    stat.add_argument("-f", "--full", action="store_true", help="all that is known")
    nodes = _formats(Parser("oarnodes"))
    nodes.add_argument("host", nargs="*", help="only these hosts")
    nodes.add_argument("--hosts", action="store_true", help="one row for each host")
    parsers = {"oarstat": stat, "oarnodes": nodes}
    for name in ("oardel", "oarhold", "oarresume"):
        parsers[name] = Parser(name)
        parsers[name].add_argument("job", nargs="+", help="a number, or a variable with a handle")
    return parsers


PARSERS = _parsers()


def oarstat(config: OarConfig, names: Mapping[str, Any], line: str) -> Any:
    """Jobs that have not ended, or those named, ended or not."""
    asked = PARSERS["oarstat"].read(line)
    backend = get_backend(asked.backend or config.backend_name)
    if asked.job:
        ids = job_ids(asked.job, names, backend.name)
        known = backend.status(ids)
        if missing := [str(job_id) for job_id in ids if job_id not in known]:
            raise RequestError(f"{backend.name} knows no job {', '.join(missing)}.")
        found = [known[job_id] for job_id in ids]
    elif asked.user == "":
        found = backend.jobs()
    else:
        found = backend.jobs(everyone=True)
        found = [job for job in found if asked.user in (None, job.owner)]
    rows = [status_row(status) for status in found]
    return _formed(Table(STATUS_COLUMNS, rows, "No jobs."), asked, full=asked.full)


def oarnodes(config: OarConfig, line: str) -> Any:
    """The cluster's resources, or its hosts."""
    asked = PARSERS["oarnodes"].read(line)
    found = get_backend(asked.backend or config.backend_name).resources()
    found = [one for one in found if not asked.host or one.host in asked.host]
    if asked.hosts:
        return _formed(Table(HOST_COLUMNS, host_rows(found), "No hosts."), asked)
    rows = [
        {**one.properties, "id": one.id, "host": one.host, "state": one.state, "jobs": one.jobs}
        for one in found
    ]
    return _formed(Table(RESOURCE_COLUMNS, rows, "No resources."), asked)


def change(verb: str, config: OarConfig, names: Mapping[str, Any], line: str) -> str:
    """Delete, hold or resume jobs; what was done, in words.

    Raises:
        BackendError: the scheduler won't.
    """
    asked = PARSERS[verb].read(line)
    backend = get_backend(asked.backend or config.backend_name)
    ids = job_ids(asked.job, names, backend.name)
    act, done = {
        "oardel": (backend.delete, "Deleted"),
        "oarhold": (backend.hold, "Held"),
        "oarresume": (backend.resume, "Resumed"),
    }[verb]
    act(ids)
    return f"{done}: {', '.join(map(str, ids))}."


def oarsub(config: OarConfig, line: str, origin: Origin) -> Job | JobArray:
    """Submit a command, as oarsub does; its handle, once the scheduler has it.

    Raises:
        RequestError: the line is wrong.
        Refused: the scheduler won't take it.
    """
    request, command = Request.parse_command(line)
    if request.resubmit:
        raise RequestError(
            "--resubmit runs an old job's own command, which would not report here.",
            hint="Submit the command again.",
        )
    if request.scanscript and command:
        request = request.over(_of_script(command))
    request = request.over(config.request)
    # Without a command, a reservation stands until it is over.
    script = command or "while :; do sleep 3600; done"
    array = bool(request.array or request.array_param_file)
    shell = ["/bin/sh", "-c", 'exec "${SHELL:-/bin/sh}" "$0" "$@"'] if command else ["/bin/sh"]
    called = dataclasses.replace(origin, label=f"%oarsub {line}")
    pack = pack_script(
        new_pack(request, "script", "oarsub", called, array=array),
        f'{script} "$@"' if request.array_param_file else script,
        shell,
        Surroundings(config.env, config.setup),
    )
    jobs = pack.submit(config.backend_name)
    for job in jobs:
        job.submitted()
    return JobArray(jobs) if jobs[0].spec.group else jobs[0]


def _of_script(command: str) -> Request:
    path = shlex.split(command)[0]
    try:
        return Request.from_script(Path(path).expanduser().read_text())
    except OSError as error:
        raise RequestError(f"-S: {path} can't be read: {error.strerror}.") from None


def _formed(table: Table, asked: argparse.Namespace, *, full: bool = False) -> Any:
    if asked.json:
        return table.to_dicts()
    if asked.df:
        return table.to_dataframe()
    return details(table.to_dicts()) if full else table
