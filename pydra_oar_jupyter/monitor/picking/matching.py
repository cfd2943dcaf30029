"""Which resources of a cluster a request speaks of."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pydra_oar_jupyter.backends.local.admission import asked
from pydra_oar_jupyter.backends.local.schedule import Alternative
from pydra_oar_jupyter.core.errors import Refused

if TYPE_CHECKING:
    from pydra_oar_jupyter.backends.local.cluster import Cluster
    from pydra_oar_jupyter.core.request import Request


@dataclass(frozen=True, slots=True)
class Match:
    """What of a cluster would do. Sets of resources are bits, as `Cluster` has them.

    Attributes:
        alternatives: any one of them is wanted; of resources that are not dead.
        resources: all that are in one of them.
        ignored: conditions that can't be told the truth of here.
    """

    alternatives: tuple[Alternative, ...]
    resources: int
    ignored: tuple[str, ...] = ()

    def within(self, some: int) -> tuple[Alternative, ...]:
        """The alternatives, of these resources only."""
        return tuple(
            replace(one, groups=tuple((within & some, levels) for within, levels in one.groups))
            for one in self.alternatives
        )


def match(cluster: Cluster, request: Request) -> Match:
    """What of a cluster would do for a request.

    OAR's conditions are evaluated by SQLite: those that it does not understand are left out.
    What OAR's own admission rules add to a request is added.
    """
    ignored: list[str] = []

    def where(condition: str) -> int:
        try:
            return cluster.matching(condition)
        except Refused:
            ignored.append(condition)
            return cluster.all

    everywhere = where(request.properties or "") & _admitted(cluster, request)
    alternatives = []
    for groups, walltime in asked(request):
        sets = []
        for sql, levels in groups:
            within = everywhere & where(sql)
            if not re.search(r"\btype\b", f"{request.properties} {sql}", re.IGNORECASE):
                within &= cluster.having(lambda one: one.get("type") in (None, "default"))
            sets.append((within, tuple((name, count) for name, count in levels)))
        alternatives.append(Alternative(tuple(sets), walltime))
    union = 0
    for one in alternatives:
        for within, _ in one.groups:
            union |= within
    return Match(tuple(alternatives), union, tuple(dict.fromkeys(ignored)))


def alive(cluster: Cluster) -> int:
    """The resources that can be used now."""
    return cluster.having(lambda one: one["state"] == "Alive")


def _admitted(cluster: Cluster, request: Request) -> int:
    """By OAR's default admission rules, for a job of these types."""
    wanted = {"besteffort": "YES"} if "besteffort" in request.types else {}
    wanted |= {"deploy": "YES"} if "deploy" in request.types else {}
    wanted |= {"drain": "NO", "desktop_computing": "NO"}
    return cluster.having(
        lambda one: (
            one["state"] != "Dead"
            and all(one.get(name) in (None, value) for name, value in wanted.items())
        ),
    )
