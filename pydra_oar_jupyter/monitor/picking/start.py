"""When a job could start at the earliest, by what is known of all others."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING

from pydra_oar_jupyter.backends.local.schedule import Timetable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pydra_oar_jupyter.backends.local.cluster import Cluster
    from pydra_oar_jupyter.backends.local.schedule import Alternative
    from pydra_oar_jupyter.core.state import Allocation


# With more jobs than this, each time is looked at to 1/64 of how far it is.
_MANY = 500


def earliest(
    cluster: Cluster,
    alternatives: Sequence[Alternative],
    allocations: Iterable[Allocation],
    now: float,
    *,
    besteffort: bool = False,
) -> float | None:
    """The first time from which on one of the alternatives is free for its walltime.

    As OAR does, that alternative is taken which ends first.

    Args:
        cluster: what there is.
        alternatives: what is wanted.
        allocations: who has what, and will have.
        now: seconds since the epoch.
        besteffort: whether it has to wait for besteffort jobs: to others these give way.

    Returns:
        Seconds since the epoch, not before ``now``; None for never.
    """
    taken: dict[tuple[float, float], list[int]] = defaultdict(list)
    firm = [one for one in allocations
            if not one.state.final and (besteffort or not one.besteffort)]  # fmt: skip
    for one in firm:
        # One that is past its walltime is about to end.
        stop = one.stop if one.forecast else max(one.stop, now + 1)
        if stop > now:
            if len(firm) > _MANY:
                stop = now + _rounded(stop - now)
            taken[max(one.start, now), stop].extend(one.resources)
    timetable = Timetable(cluster, now)
    for (begin, stop), resources in taken.items():
        timetable.reserve(begin, stop, cluster.set_of(set(resources)))
    start = timetable.place(alternatives, now, 0)
    return start.time if start else None


def _rounded(seconds: float) -> float:
    """Up, to six binary digits."""
    unit = 2.0 ** (math.floor(math.log2(seconds)) - 6)
    return math.ceil(seconds / unit) * unit
