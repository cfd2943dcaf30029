"""What ``%pairio`` does alone in a line: help, services, apps, jobs, job, cancel."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.clean import plain
from pydra_oar_jupyter.core.units import duration
from pydra_oar_jupyter.notebook.area import StatusArea
from pydra_oar_jupyter.notebook.line import expand, no_such_verb
from pydra_oar_jupyter.notebook.scheduler import Parser
from pydra_oar_jupyter.notebook.tables import Column, Table, moment
from pydra_oar_jupyter.notebook.usage import pairio_usage
from pydra_oar_jupyter.pairio.needed import need_pairio

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from IPython.core.interactiveshell import InteractiveShell

    from pydra_oar_jupyter.notebook.config import OarConfig
    from pydra_oar_jupyter.pairio.client.connection import Connection
    from pydra_oar_jupyter.pairio.client.handle import PairioJob

VERBS = ("apps", "cancel", "help", "job", "jobs", "services")
_SERVICES = (
    Column("service", "Service"),
    Column("owner", "Owner"),
    Column("apps", "Apps"),
)
_APPS = (
    Column("processor", "Processor"),
    Column("inputs", "Inputs"),
    Column("parameters", "Parameters"),
    Column("outputs", "Outputs"),
    Column("description", ""),
)
_JOBS = (
    Column("id", "Job"),
    Column("processor", "Processor"),
    Column("state", "State"),
    Column("tags", "Tags"),
    Column("client", "Compute client"),
    Column("created", "Created", moment),
    Column("took", "Ran", duration),
    Column("error", "Error"),
)


def act(shell: InteractiveShell, config: OarConfig, line: str) -> Any:
    """Do what the line says.

    Raises:
        RequestError: it says nothing that is known.
        OarError: the service can't be asked, or it won't.
    """
    verb, _, rest = line.strip().partition(" ")
    if verb in ("", "help", "--help", "-h"):
        sys.stdout.write(pairio_usage() + "\n")
        return None
    if verb not in VERBS:
        raise no_such_verb("pairio", line, VERBS, "A cell whose job is to be run")
    asked = _parser(verb).read(expand(rest, shell.user_ns))
    need_pairio(service=False)
    from pydra_oar_jupyter.notebook.pairio.reach import reach

    connection = reach(StatusArea(shell))
    match verb:
        case "services":
            return _services(connection, asked)
        case "apps":
            return _apps(connection, asked)
        case "jobs":
            return _jobs(connection, asked)
        case "cancel":
            for word in asked.job:
                _cancel(find_job(word, shell.user_ns, connection))
            return None
    return _follow(shell, config, find_job(asked.job[0], shell.user_ns, connection))


def find_job(word: str, names: Mapping[str, Any], connection: Connection) -> PairioJob:
    """A job by its id, or by the variable that holds its handle.

    Raises:
        PairioError: there is none.
    """
    from pydra_oar_jupyter.pairio.client import PairioJob, job

    value = names.get(word)
    return value if isinstance(value, PairioJob) else job(word, connection=connection)


def _parser(verb: str) -> Parser:
    parser = Parser(f"pairio {verb}", backend=False)
    if verb in ("job", "cancel"):
        parser.add_argument("job", nargs="+" if verb == "cancel" else 1)
        return parser
    if verb == "apps":
        parser.add_argument("service", nargs="?")
    if verb == "jobs":
        parser.add_argument("filter", nargs="*")
        parser.add_argument("--service", metavar="NAME")
        parser.add_argument("--user", metavar="USER")
        parser.add_argument("-n", type=int, default=20, metavar="COUNT")
        parser.add_argument("--all", action="store_true")
    parser.add_argument("-J", "--json", action="store_true")
    parser.add_argument("--df", action="store_true")
    return parser


def _services(connection: Connection, asked: argparse.Namespace) -> Any:
    from pydra_oar_jupyter.pairio.client import service, services

    rows = [
        {
            "service": one.serviceName,
            "owner": one.userId,
            "apps": ", ".join(
                app.__name__ for app in service(one.serviceName, connection=connection)
            ),
        }
        for one in services(connection=connection)
    ]
    return _formed(Table(_SERVICES, rows, "No services."), asked)


def _apps(connection: Connection, asked: argparse.Namespace) -> Any:
    from pydra_oar_jupyter.notebook.pairio.reach import default_service
    from pydra_oar_jupyter.pairio.client import apps

    found = apps(asked.service or default_service(), connection=connection)
    rows = []
    for app in found:
        for processor in app:
            facts = processor.specification
            rows.append(
                {
                    "processor": f"{app.__name__}.{processor.__name__}",
                    "inputs": ", ".join(one.name for one in facts.inputs),
                    "parameters": ", ".join(one.name for one in facts.parameters),
                    "outputs": ", ".join(one.name for one in facts.outputs),
                    "description": facts.description,
                }
            )
    return _formed(Table(_APPS, rows, "No apps."), asked)


def _jobs(connection: Connection, asked: argparse.Namespace) -> Any:
    from pydra_oar_jupyter.notebook.pairio.reach import default_service
    from pydra_oar_jupyter.pairio.client import apps, jobs
    from pydra_oar_jupyter.pairio.models import JobStatus

    name = asked.service or default_service()
    words = set(asked.filter)
    states = words & set(JobStatus)
    known = {app.__name__ for app in apps(name, connection=connection)} if words - states else set()
    filters: dict[str, Any] = {"serviceName": name, "userId": asked.user}
    filters["tags"] = sorted(words - states - known) or None
    if len(one_app := words & known) == 1:
        filters["appName"] = min(one_app)
    filters["status"] = sorted(states) or None
    whole = asked.all or asked.json or asked.df
    found = jobs(connection=connection, limit=None if whole else asked.n + 1, **filters)
    rows = [
        _row(one) for one in found
        if (not states or one.snapshot.status in states)
        and (not one_app or one.snapshot.jobDefinition.appName in one_app)
    ]  # fmt: skip
    shown = rows if whole else rows[: asked.n]
    table = Table(_JOBS, shown, "No such jobs." if words else "No jobs.")
    if len(shown) < len(rows):
        sys.stdout.write(f"The {asked.n} newest; --all shows all.\n")
    return _formed(table, asked)


def _row(one: PairioJob) -> dict[str, Any]:
    job = one.snapshot
    began = job.timestampStartedSec
    ended = job.timestampFinishedSec or (0.0 if job.status.ended else time.time())
    return {
        "id": job.jobId,
        "processor": one.name,
        "state": "cancelled" if job.canceled else job.status.value,
        "tags": ", ".join(job.tags),
        "client": job.computeClientName or "",
        "created": job.timestampCreatedSec,
        "took": max(0.0, ended - began) if began and ended else None,
        "error": "" if job.canceled else job.error or "",
    }


def _formed(table: Table, asked: argparse.Namespace) -> Any:
    if asked.json:
        return table.to_dicts()
    return table.to_dataframe() if asked.df else table


def _cancel(found: PairioJob) -> None:
    """Cancel a job, and say what came of it."""
    found.cancel()
    job = found.snapshot
    came = "is cancelled" if job.canceled else f"has {job.status.value} already"
    sys.stdout.write(f"Job {job.jobId} ({plain(found.name)}) {came}.\n")


def _follow(shell: InteractiveShell, config: OarConfig, found: PairioJob) -> None:
    """Show a job to its end; an interrupt leaves it as it is."""
    from pydra_oar_jupyter.notebook.pairio.shown import attend, attended, finished

    area = StatusArea(shell)
    with attended([found], area, keep=True):
        attend(area, found, config.max_output)
        finished(shell, found)
