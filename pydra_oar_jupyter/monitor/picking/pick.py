"""What comes of a choice: its words, how much of the cluster would do, and when it would start."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.backends.local.schedule import choose
from pydra_oar_jupyter.core.errors import Refused, RequestError
from pydra_oar_jupyter.core.request import Request
from pydra_oar_jupyter.monitor.picking.choice import Choice, joined
from pydra_oar_jupyter.monitor.picking.matching import alive, match
from pydra_oar_jupyter.monitor.picking.start import earliest
from pydra_oar_jupyter.monitor.schedulers import scheduler

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydra_oar_jupyter.backends.local.cluster import Cluster
    from pydra_oar_jupyter.monitor.picking.matching import Match
    from pydra_oar_jupyter.monitor.schedulers import Scheduler

NOW, UNKNOWN, NEVER = 0, -1, -2
# Types whose jobs are not placed by what is free alone.
_OTHERWISE = ("inner", "timesharing", "placeholder", "allowed", "token", "postpone", "noop",
              "cosystem")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Picked:
    """The answer. Counts are of hosts and resources; a host is free if all of it that matches is.

    Attributes:
        start: seconds since the epoch, or NOW, UNKNOWN, NEVER.
        note: what is wrong with it, or not known.
    """

    words: str
    matching: tuple[int, int] = (0, 0)
    free: tuple[int, int] = (0, 0)
    start: float = NEVER
    note: str = ""

    def message(self) -> dict[str, Any]:
        """It as it is sent."""
        counts = {"matching": self.matching, "free": self.free}
        return {
            "words": self.words,
            **{name: {"hosts": h, "resources": r} for name, (h, r) in counts.items()},
            "start": self.start,
            "note": self.note,
        }


def pick(*, backend: str, choice: Mapping[str, Any]) -> dict[str, Any]:
    """What comes of a choice on a backend (``Picked``).

    Raises:
        RequestError: there is no such backend, or the choice can't be written in OAR's words.
        BackendError: the scheduler does not answer.
    """
    return _pick(scheduler(backend), Choice.read(choice)).message()


def read(*, words: str) -> dict[str, Any]:
    """What a form shows of oarsub's words (``Choice``).

    Raises:
        RequestError: they are wrong, with the place marked.
    """
    return Choice.of(Request.parse(words)).message()


def _pick(site: Scheduler, choice: Choice) -> Picked:
    cluster = site.cluster()
    names = list(cluster.resources[0]) if cluster.resources else []
    texts = {name for name in names
             if any(isinstance(one[name], str) for one in cluster.resources)}  # fmt: skip
    request = choice.request(texts)
    words = joined(request.words())
    try:
        request.check(queues=site.queues() or None, properties=names)
        found = match(cluster, request)
        start, note = _start(site, cluster, request, found)
    except (RequestError, Refused) as error:
        hint = error.hint if isinstance(error, RequestError) else ""
        message = error.message if isinstance(error, RequestError) else str(error)
        return Picked(words, note=f"{message} {hint}".strip())
    notes = [note, *(f"Not looked at here: {condition}." for condition in found.ignored)]
    if len(request.resources) > 1:
        notes.append("It has alternatives: OAR takes the one that ends first.")
    idle = cluster.set_of(one.id for one in site.resources() if one.free)
    hosts = cluster.values("host") if cluster.resources else []
    there = [one & found.resources for one in hosts if one & found.resources]
    return Picked(
        words,
        (len(there), found.resources.bit_count()),
        (sum(not one & ~idle for one in there), (found.resources & idle).bit_count()),
        start,
        " ".join(filter(None, notes)),
    )


def _start(site: Scheduler, cluster: Cluster, request: Request, found: Match) -> tuple[float, str]:
    """When it would start, and why that is not known or will never be."""
    if not any(choose(cluster, one, cluster.all) for one in found.alternatives):
        return NEVER, "The cluster has not enough such resources."
    usable = found.within(alive(cluster))
    if not any(choose(cluster, one, cluster.all) for one in usable):
        return UNKNOWN, "It needs hosts that can't be used at the moment."
    if why := _otherwise(request):
        return UNKNOWN, why
    now = time.time()
    besteffort = "besteffort" in (request.queue, *request.types)
    schedule = site.schedule(now, math.inf)
    start = earliest(cluster, usable, schedule, now, besteffort=besteffort)
    if start is None:
        return UNKNOWN, "The schedule has no end in sight."
    return (NOW if start <= now else start), ""


def _otherwise(request: Request) -> str:
    """What else than free resources decides when it starts, in words."""
    if request.reservation:
        return "It starts at the date of its reservation, or not at all."
    if request.after:
        return f"It waits for job {request.after[0]}."
    if request.hold:
        return "It waits until it is resumed."
    if request.resubmit:
        return f"It is what job {request.resubmit} was."
    for one in request.types:
        if one.replace(":", "=").split("=")[0] in _OTHERWISE:
            return f"Jobs of the type {one} start by rules of their own."
    return ""
