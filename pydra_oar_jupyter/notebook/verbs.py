"""What ``%oar`` does alone in a line: help, config, jobs, get, logs, forget, nodes."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.backend import get_backend
from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.jobs import all_jobs
from pydra_oar_jupyter.core.outcome import Ending
from pydra_oar_jupyter.notebook.config import configure, settings
from pydra_oar_jupyter.notebook.line import expand, no_such_verb
from pydra_oar_jupyter.notebook.lookup import find
from pydra_oar_jupyter.notebook.scheduler import Parser
from pydra_oar_jupyter.notebook.tables import HOST_COLUMNS, OWN_COLUMNS, Column, Table, host_rows
from pydra_oar_jupyter.notebook.usage import usage

if TYPE_CHECKING:
    from collections.abc import Callable

    from IPython.core.interactiveshell import InteractiveShell

    from pydra_oar_jupyter.core.job import Job
    from pydra_oar_jupyter.notebook.config import OarConfig

# What %oar forget spares if it is told no number of days.
_DAYS = 30.0
FILTERS: dict[str, Callable[[Job], bool]] = {
    "waiting": lambda job: not job.done() and job.state.pending,
    "running": lambda job: not job.done() and not job.state.pending,
    "ended": lambda job: job.done(),
    "failed": lambda job: bool(job.outcome and not job.outcome.ok),
}


def act(shell: InteractiveShell, config: OarConfig, line: str) -> Any:
    """Do what the line says.

    Raises:
        RequestError: it says nothing that is known.
    """
    verb, _, rest = line.strip().partition(" ")
    match verb:
        case "" | "help" | "--help" | "-h":
            sys.stdout.write(usage() + "\n")
        case "config":
            return _config(config, rest)
        case "jobs":
            return _jobs(rest)
        case "nodes":
            return _nodes(config, rest)
        case "get":
            return _get(shell, config, expand(rest, shell.user_ns))
        case "logs":
            _logs(shell, config, expand(rest, shell.user_ns))
        case "forget":
            _forget(rest)
        case _:
            verbs = ["config", "forget", "get", "help", "jobs", "logs", "nodes"]
            raise no_such_verb("oar", line, verbs, "A cell as a job")
    return None


def _config(config: OarConfig, text: str) -> Table:
    if text.strip():
        configure(config, text)
    traits = config.traits(config=True)
    rows = [
        {"key": key, "value": value, "what": traits[key].help}
        for key, value in settings(config).items()
    ]
    return Table((Column("key", "Setting"), Column("value", "Value"), Column("what", "")), rows)


def _jobs(line: str) -> Any:
    parser = Parser("oar jobs")
    parser.add_argument("filter", nargs="*")
    parser.add_argument("-n", type=int, default=20, metavar="COUNT")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("-J", "--json", action="store_true")
    parser.add_argument("--df", action="store_true")
    asked = parser.read(line)
    found = all_jobs().all()
    for word in asked.filter:
        wanted = FILTERS.get(word)
        found = [job for job in found if (wanted(job) if wanted else word in job.name)]
    found = [job for job in found if asked.backend in (None, job.backend.name)]
    hidden = 0 if asked.all or asked.json or asked.df else max(0, len(found) - asked.n)
    table = Table(
        OWN_COLUMNS, [own_row(job) for job in found[: len(found) - hidden]],
        "No jobs from notebooks." if not asked.filter else "No such jobs.",
    )  # fmt: skip
    if asked.json:
        return table.to_dicts()
    if asked.df:
        return table.to_dataframe()
    if hidden:
        sys.stdout.write(f"The {asked.n} newest of {len(found)}; --all shows all.\n")
    return table


def own_row(job: Job) -> dict[str, Any]:
    """A job for a table of `OWN_COLUMNS`."""
    outcome = job.outcome
    return {
        "id": job.id,
        "name": job.name,
        "state": job.state,
        "how": str(outcome).partition("\n")[0] if outcome else "",
        "node": job.node,
        "submitted": job.spec.created,
        "started": job.started,
        "ended": job.ended,
        "took": job.ended - job.started if job.started and job.ended else None,
        "exit_code": job.exit_code,
        "backend": job.backend.name,
        "kind": job.kind,
        "source": job.spec.source,
        "refused": bool(outcome and outcome.ending is Ending.REFUSED),
    }


def _nodes(config: OarConfig, line: str) -> Any:
    parser = Parser("oar nodes")
    parser.add_argument("-J", "--json", action="store_true")
    parser.add_argument("--df", action="store_true")
    asked = parser.read(line)
    rows = host_rows(get_backend(asked.backend or config.backend_name).resources())
    table = Table(HOST_COLUMNS, rows, "No hosts.")
    return table.to_dicts() if asked.json else table.to_dataframe() if asked.df else table


def _get(shell: InteractiveShell, config: OarConfig, line: str) -> Any:
    from pydra_oar_jupyter.notebook.cell import collect

    parser = Parser("oar get")
    parser.add_argument("job")
    asked = parser.read(line)
    return collect(shell, config, find(asked.job, shell.user_ns, asked.backend))


def _logs(shell: InteractiveShell, config: OarConfig, line: str) -> None:
    from pydra_oar_jupyter.notebook.cell import follow

    parser = Parser("oar logs")
    parser.add_argument("job")
    parser.add_argument("-f", "--follow", action="store_true")
    asked = parser.read(line)
    for job in find(asked.job, shell.user_ns, asked.backend):
        follow(shell, config, job, to_end=asked.follow)


def _forget(text: str) -> None:
    try:
        days = float(text.strip() or _DAYS)
    except ValueError:
        days = -1.0
    if not 0 <= days < math.inf:
        raise RequestError(
            f"{text.strip()!r} is no number of days.", hint="Such as %oar forget 30."
        )
    count = all_jobs().forget(days * 86400)
    jobs = "1 job" if count == 1 else f"{count or 'no'} jobs"
    sys.stdout.write(f"Removed {jobs} that ended more than {days:g} days ago, with all files.\n")
