"""Tab in the magic lines: options, and what can follow them."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.array import JobArray
from pydra_oar_jupyter.core.backend import BACKENDS
from pydra_oar_jupyter.core.job import Job
from pydra_oar_jupyter.core.options import OPTIONS as OARSUB
from pydra_oar_jupyter.notebook.options import OPTIONS as OURS
from pydra_oar_jupyter.notebook.pairio_options import OPTIONS as PAIRIOS
from pydra_oar_jupyter.notebook.pydra_options import OPTIONS as PYDRAS
from pydra_oar_jupyter.notebook.pydra_options import workers
from pydra_oar_jupyter.notebook.scheduler import PARSERS
from pydra_oar_jupyter.workflows.runs.run import Run, runs
from pydra_oar_jupyter.workflows.snapshot import RunState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydra_oar_jupyter.notebook.config import OarConfig
    from pydra_oar_jupyter.notebook.site import Site

# A line of ours up to the cursor: the magic (or #OAR in a script), and what follows it.
_LINE = re.compile(
    r"^\s*(?:[^%#'\"]*=\s*)?(?:%{1,2}(?P<magic>oar\w*|pydra|pairio)|#(?P<script>OAR))\s(?P<rest>.*)$"
)
# An option and the beginning of its value, at the cursor.
_VALUE = re.compile(r"""(?:^|\s)(--?[\w-]+)(?:\s+|=)("[^"]*|'[^']*|[^\s"']*)$""")
_OPTION = re.compile(r"(?:^|\s)(--?[\w-]*)$")
_TYPES = (
    "besteffort", "idempotent", "deploy", "cosystem", "noop", "container", "inner=",
    "timesharing", "token:", "deadline=",
)  # fmt: skip
_VERBS = ("config", "forget", "get", "jobs", "logs", "nodes")
_RUN_VERBS = ("cancel", "get", "resume", "runs")
# The options of ours in the first line of a cell.
_IN_CELLS = {"oar": OURS, "pydra": PYDRAS, "pairio": PAIRIOS}


def completions(line: str, names: Mapping[str, Any], config: OarConfig, site: Site) -> list[str]:
    """What can stand at the end of this line in place of its last `fragment`.

    Args:
        line: the line with the magic, up to the cursor.
        names: the notebook's names.
        config: the session's settings.
        site: where the jobs would run.
    """
    match = _LINE.match(line)
    if not match:
        return []
    magic = "oar" if match["script"] else match["magic"]
    rest = match["rest"]
    cell = bool(match["script"]) or "%%" in line[: match.start("rest")]
    begun = fragment(line)
    found = _possible(magic, rest, names, config, site, cell=cell)
    return [text for text in found if text.startswith(begun) and text != begun]


def fragment(line: str) -> str:
    """The part of the line before the cursor that a completion replaces."""
    if option := _OPTION.search(line):
        return option[1]
    match = re.search(r"\w[\w.-]*$|$", line)
    return match[0] if match else ""


def _possible(
    magic: str, rest: str, names: Mapping[str, Any], config: OarConfig, site: Site, *, cell: bool
) -> Iterable[str]:
    if magic in PARSERS:
        actions = PARSERS[magic]._actions
        flags = [flag for action in actions for flag in action.option_strings]
        if _OPTION.search(rest):
            return flags
        value = _VALUE.search(rest)
        if value and value[1] == "--backend":
            return sorted(BACKENDS)
        if magic == "oarnodes":
            return site.hosts()
        if magic == "oarstat" and not (value and value[1] in ("-j", "--job")):
            return []
        return _jobs(names, site, every=magic == "oarstat")
    if magic == "oar" and not cell:
        return _verb(rest, names, config, site)
    if magic == "pydra" and not cell:
        return _run_verb(rest, names)
    if magic == "pairio" and not cell:
        from pydra_oar_jupyter.notebook.pairio.complete import in_line

        return in_line(rest, names, option=bool(_OPTION.search(rest)))
    ours = _IN_CELLS.get(magic, ())
    oarsubs = () if magic == "pairio" else OARSUB
    if _OPTION.search(rest):
        shown = [*ours, *(option for option in oarsubs if not option.refused)]
        return [f"--{option.long}" for option in shown] + [
            f"-{option.short}" for option in shown if option.short
        ]
    if value := _VALUE.search(rest):
        word = value[1]
        for option in (*ours, *oarsubs):
            if word in (f"--{option.long}", f"-{option.short}") and option.metavar:
                return _values(option.field, value[2], names, site)
    return []


def _verb(rest: str, names: Mapping[str, Any], config: OarConfig, site: Site) -> Iterable[str]:
    verb, space, after = rest.partition(" ")
    if not space:
        return _VERBS
    if verb in ("get", "logs"):
        return ["-f"] if verb == "logs" and _OPTION.search(rest) else _jobs(names, site, every=True)
    if verb == "config":
        key = re.match(r"\s*(\w+)[\s=]", after)
        if key:
            return sorted(BACKENDS) if key[1] == "backend" else []
        return [*sorted(config.trait_names(config=True)), "reset"]
    if verb == "jobs":
        return ["--json", "--df", "--all", "-n"] if _OPTION.search(rest) else _FILTERS
    return ["--json", "--df"] if verb == "nodes" and _OPTION.search(rest) else []


def _run_verb(rest: str, names: Mapping[str, Any]) -> Iterable[str]:
    verb, space, _ = rest.partition(" ")
    if not space:
        return _RUN_VERBS
    if verb == "runs":
        return ["--json", "--df", "--all", "-n"] if _OPTION.search(rest) else [*RunState]
    return _runs(names, every=verb != "cancel") if verb in _RUN_VERBS else []


def _runs(names: Mapping[str, Any], *, every: bool) -> list[str]:
    """Ids of runs, the newest first, and variables with handles."""
    ids = [run.id for run in runs() if every or not run.done()]
    held = [
        name for name, one in names.items() if isinstance(one, Run) and not name.startswith("_")
    ]
    return [*ids, *held]


_FILTERS = ("waiting", "running", "ended", "failed")


def _values(field: str, begun: str, names: Mapping[str, Any], site: Site) -> Iterable[str]:
    """What an option's value can be, at the cursor."""
    match field:
        case "resources":
            properties = site.properties() or []
            if begun.rfind("{") > begun.rfind("}"):
                return properties
            if re.search(r"=\w*$", begun):
                return ("ALL", "BEST", "BESTHALF")
            levels = [name for name in properties if name not in ("state", "jobs", "type")]
            return [f"{name}=" for name in levels] + ["walltime=", "nodes="]
        case "properties":
            return site.properties() or []
        case "queue":
            return site.queues() or ("default", "besteffort")  # OAR does not tell; each has these
        case "types":
            return _TYPES
        case "after" | "after_jobs":
            return _jobs(names, site, every=False)
        case "backend":
            return sorted(BACKENDS)
        case "worker":
            return workers()
        case "takes" | "brings":
            return [name for name in names if not name.startswith("_")]
        case "env":
            return sorted(os.environ)
        case "service":
            from pydra_oar_jupyter.notebook.pairio.complete import services

            return services()
        case "shell":
            return ("bash", "sh", "zsh", "python3", "Rscript")
    return ()


def _jobs(names: Mapping[str, Any], site: Site, *, every: bool) -> list[str]:
    """Numbers of jobs, the newest first, and variables with handles."""
    ids = [str(job.id) for job in site.jobs() if every or not job.done()]
    held = [
        name
        for name, value in names.items()
        if isinstance(value, Job | JobArray) and not name.startswith("_")
    ]
    return [*ids, *held]
