"""When a job could start at the earliest, by what is known of all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydra_oar_jupyter.backends.local.schedule import Timetable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pydra_oar_jupyter.backends.local.cluster import Cluster
    from pydra_oar_jupyter.backends.local.schedule import Alternative
    from pydra_oar_jupyter.core.state import Allocation


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
    timetable = Timetable(cluster, now)
    for one in allocations:
        if one.state.final or (one.besteffort and not besteffort):
            continue
        # One that is past its walltime is about to end.
        stop = one.stop if one.forecast else max(one.stop, now + 1)
        if stop > now:
            timetable.reserve(max(one.start, now), stop, cluster.set_of(one.resources))
    start = timetable.place(alternatives, now, 0)
    return start.time if start else None
