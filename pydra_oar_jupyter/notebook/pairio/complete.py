"""Tab in ``%%pairio`` cells and ``%pairio`` lines: services, apps, what they compute, jobs."""

from __future__ import annotations

import inspect
import re
import threading
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.errors import OarError
from pydra_oar_jupyter.notebook.pairio_verbs import VERBS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

# How long Tab may take; a service that must be started has it ready the next time. In seconds.
_PATIENCE = 2.0
_STATES = ("pending", "starting", "running", "completed", "failed")
# At the end of a line of code: an app's name, something of an app's, an argument of a call.
_NAME = re.compile(r"(?:^|[^\w.])([A-Za-z_]\w*)$")
_PART = re.compile(r"(?:^|[^\w.])([A-Za-z_]\w*)\.(\w*)$")
_ARGUMENT = re.compile(r"(?:^|[^\w.])([A-Za-z_]\w*)\.(\w+)\((?:[^()]*,)?\s*(\w*)$")


def in_cell(text: str, names: Mapping[str, Any]) -> list[str]:
    """What can follow in a cell, of what it is lent.

    Args:
        text: the cell up to the cursor, from its magic on.
        names: the notebook's own names, which count before those.
    """
    head, _, code = text.partition("\n")
    line = code.rpartition("\n")[2]
    asked = re.search(r"--service[\s=]+(\S+)", head)
    apps = _soon(lambda: _apps(asked[1] if asked else None)) or {}
    lent = {name: app for name, app in apps.items() if name not in names}
    if match := _ARGUMENT.search(line):
        processor = getattr(lent.get(match[1]), match[2], None)
        if not callable(processor):
            return []
        return [f"{one}=" for one in inspect.signature(processor).parameters]
    if match := _PART.search(line):
        app = lent.get(match[1])
        return [one for one in dir(app) if not one.startswith("_")] if app is not None else []
    return list(lent) if _NAME.search(line) else []


def in_line(rest: str, names: Mapping[str, Any], *, option: bool) -> Iterable[str]:
    """What can follow ``%pairio``; ``option``: a hyphen is there."""
    verb, space, _ = rest.partition(" ")
    if not space:
        return VERBS
    if verb == "jobs":
        if option:
            return ["--service", "--user", "--json", "--df", "--all", "-n"]
        return [*_STATES, *(_soon(lambda: _apps(None)) or {})]
    if verb == "apps":
        return ["--json", "--df"] if option else services()
    if verb == "services":
        return ["--json", "--df"] if option else []
    if verb in ("job", "cancel"):
        return _jobs(names, every=verb == "job")
    return []


def services() -> list[str]:
    """The services that there are."""

    def ask() -> list[str]:
        from pydra_oar_jupyter.notebook.pairio.reach import reach
        from pydra_oar_jupyter.pairio.client import services

        return [one.serviceName for one in services(connection=reach())]

    return _soon(ask) or []


def _apps(service: str | None) -> dict[str, Any]:
    from pydra_oar_jupyter.notebook.pairio.lent import apps
    from pydra_oar_jupyter.notebook.pairio.reach import reach

    return apps(reach(), service)


def _jobs(names: Mapping[str, Any], *, every: bool) -> list[str]:
    """Ids of jobs, the newest first, and variables with handles."""

    def ask() -> list[str]:
        from pydra_oar_jupyter.notebook.pairio.reach import default_service, reach
        from pydra_oar_jupyter.pairio.client import PairioJob, jobs

        found = jobs(serviceName=default_service(), limit=50, connection=reach())
        ids = [one.jobId for one in found if every or not one.snapshot.status.ended]
        held = [
            name
            for name, one in names.items()
            if isinstance(one, PairioJob) and not name.startswith("_")
        ]
        return [*ids, *held]

    return _soon(ask) or []


def _soon(ask: Callable[[], Any]) -> Any:
    """What it brings; None if that takes too long or fails."""
    found: list[Any] = []

    def work() -> None:
        try:
            found.append(ask())
        except OarError:
            return  # the cell will say it

    thread = threading.Thread(target=work, name="pairio-complete", daemon=True)
    thread.start()
    thread.join(_PATIENCE)
    return found[0] if found else None
