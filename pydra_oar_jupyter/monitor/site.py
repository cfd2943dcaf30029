"""What can be asked of a site: its properties and their values, its levels, queues and types."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.request import INTERNAL
from pydra_oar_jupyter.monitor.schedulers import scheduler

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydra_oar_jupyter.core.state import Resource

# Columns of OAR's own that say something to a person, where they differ.
_TELLING = {"type", "besteffort", "cpuset", "deploy", "desktop_computing", "drain"}
_SILENT = {*INTERNAL, "jobs"} - _TELLING
# The most values of a property that are sent.
_MOST = 500
# Names that sites give to the levels of their hierarchy, from the outermost in (OAR's manual,
# Grid'5000, GRICAD).
_LEVELS = ("cluster", "switch", "host", "cpu", "gpu", "gpudevice", "gpu_num", "gpunum", "core")
# Job types that OAR itself knows, of those that need no value.
_TYPES = ("besteffort", "idempotent", "deploy", "cosystem", "noop", "container", "timesharing")


def site(*, backend: str) -> dict[str, Any]:
    """What a backend's resources have (``Site``).

    Raises:
        RequestError: there is no such backend.
        BackendError: the scheduler does not answer.
    """
    known = scheduler(backend)
    resources = known.resources()
    free = [one.free for one in resources]
    names = {name for one in resources for name in one.properties}
    shown = [name for name in sorted(names) if name.lower() not in _SILENT]
    properties = [_property(name, resources, free) for name in shown]
    return {
        "backend": known.name,
        "hosts": len({one.host for one in resources}),
        "resources": len(resources),
        "free": sum(free),
        # What is the same everywhere and OAR's own says nothing.
        "properties": [
            one for one in properties if len(one["values"]) > (one["name"].lower() in _TELLING)
        ],
        "levels": [name for name in _LEVELS if name in names or name == "host"],
        "queues": list(known.queues()),
        "types": list(_TYPES),
    }


def _property(name: str, resources: Sequence[Resource], free: Sequence[bool]) -> dict[str, Any]:
    found = Counter(zip((one.properties.get(name) for one in resources), free, strict=True))
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    numeric = True
    for (value, idle), count in found.items():
        if value is None:
            continue
        numeric = numeric and isinstance(value, int | float)
        counts[str(value)][0] += count
        counts[str(value)][1] += count * idle
    return {
        "name": name,
        "numeric": numeric,
        "values": [
            {"value": value, "resources": counts[value][0], "free": counts[value][1]}
            for value in sorted(counts, key=_natural)[:_MOST]
        ],
    }


def _natural(value: str) -> list[tuple[int, float, str]]:
    """``node2`` before ``node10``."""
    parts = re.split(r"(\d+)", value)
    return [(0, float(part), "") if part.isdecimal() else (1, 0.0, part) for part in parts]
