"""Who starts when and on what: conservative backfilling, as a function of what is known."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pydra_oar_jupyter.backends.local.cluster import Cluster, Levels

# So many waiting jobs get a planned start; those behind them wait until it is their turn.
DEPTH = 200


@dataclass(frozen=True, slots=True)
class Alternative:
    """One ``-l``: groups of (which resources may do, hierarchy), and a walltime in seconds."""

    groups: tuple[tuple[int, Levels], ...]
    walltime: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job that could be started.

    Attributes:
        alternatives: any one of them will do.
        earliest: seconds since the epoch; 0 for at once.
        after: jobs that have to end before, and have not.
        besteffort: whether it takes only what no other wants.
    """

    id: int
    alternatives: tuple[Alternative, ...]
    earliest: float = 0.0
    after: tuple[int, ...] = ()
    besteffort: bool = False


@dataclass(frozen=True, slots=True)
class Holding:
    """A job that has resources, until the given time at the latest."""

    id: int
    resources: int
    until: float
    besteffort: bool = False


@dataclass(frozen=True, slots=True)
class Start:
    """The planned start of a waiting job."""

    time: float
    resources: int
    walltime: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done now, and what is foreseen.

    Attributes:
        starts: of the jobs that a start could be foreseen for.
        launch: those that start now.
        preempt: besteffort jobs that have to go, for one that then starts.
    """

    starts: dict[int, Start]
    launch: list[int]
    preempt: list[int]


def plan(
    cluster: Cluster, holding: Sequence[Holding], waiting: Sequence[Waiting], now: float
) -> Plan:
    """Plan the waiting jobs in their order; none delays one that stands before it.

    Besteffort jobs have to stand last: what they hold is taken from them where another needs
    it now.
    """
    firm = [job for job in holding if not job.besteffort]
    soft = [job for job in holding if job.besteffort]
    timetable = Timetable(cluster, now)
    for holder in firm:
        timetable.reserve(now, holder.until, holder.resources)
    ends = {holder.id: holder.until for holder in holding}
    held = _union(job.resources for job in holding)
    avoid = _union(job.resources for job in soft)
    result = Plan({}, [], [])
    added = False
    for job in waiting:
        if len(result.starts) == DEPTH:
            break
        if job.besteffort and not added:
            added, avoid = True, 0
            for holder in soft:
                timetable.reserve(now, holder.until, holder.resources)
        if not all(id_ in ends for id_ in job.after):
            continue  # it waits for one whose end can't be foreseen
        earliest = max([now, job.earliest, *(ends[id_] for id_ in job.after)])
        start = timetable.place(job.alternatives, earliest, avoid)
        if not start:
            continue  # the cluster has become smaller
        result.starts[job.id] = start
        ends[job.id] = start.time + start.walltime
        if start.time > now or job.after:
            continue
        if not start.resources & held:
            result.launch.append(job.id)
        result.preempt.extend(
            other.id
            for other in soft
            if other.resources & start.resources
            and not job.besteffort
            and other.id not in result.preempt
        )
    return result


class Timetable:
    """Which resources are taken when: steps, each from its time to the next one's."""

    def __init__(self, cluster: Cluster, now: float) -> None:
        self._cluster = cluster
        self._times = [now]
        self._taken = [0]
        # For an alternative, a time that was asked for and the first one that was found: as
        # reservations only add up, none between them will do for the next such job either.
        self._found: dict[Alternative, tuple[float, float]] = {}

    def reserve(self, start: float, end: float, resources: int) -> None:
        """Take these resources from the one time until the other."""
        first, last = self._step(start), self._step(end)
        for i in range(first, last):
            self._taken[i] |= resources

    def _step(self, time: float) -> int:
        """The number of the step that begins at this time, made if there is none."""
        i = bisect_right(self._times, time) - 1
        if self._times[i] < time:
            i += 1
            self._times.insert(i, time)
            self._taken.insert(i, self._taken[i - 1])
        return i

    def place(
        self, alternatives: Iterable[Alternative], earliest: float, avoid: int
    ) -> Start | None:
        """Reserve the alternative that ends first."""
        starts = [s for one in alternatives if (s := self._first(one, earliest, avoid))]
        if not starts:
            return None
        best = min(starts, key=lambda start: start.time + start.walltime)
        self.reserve(best.time, best.time + best.walltime, best.resources)
        return best

    def _first(self, wanted: Alternative, earliest: float, avoid: int) -> Start | None:
        asked, found = self._found.get(wanted, (earliest, earliest))
        time = found if asked <= earliest <= found else earliest
        i = bisect_right(self._times, time) - 1
        while True:
            free = self._cluster.all & ~self._taken_during(i, time + wanted.walltime)
            chosen = choose(self._cluster, wanted, free & ~avoid) or choose(
                self._cluster, wanted, free
            )
            if chosen:
                if earliest <= found:
                    self._found[wanted] = (min(asked, earliest), time)
                return Start(time, chosen, wanted.walltime)
            i += 1
            if i == len(self._times):
                return None
            time = self._times[i]

    def _taken_during(self, first: int, end: float) -> int:
        taken = self._taken[first]
        for i in range(first + 1, len(self._times)):
            if self._times[i] >= end:
                break
            taken |= self._taken[i]
        return taken


def alternatives(
    cluster: Cluster, condition: str, stored: Iterable[tuple[Iterable[tuple[str, Levels]], int]]
) -> tuple[Alternative, ...]:
    """A request on this cluster.

    Args:
        cluster: where it is to run.
        condition: the SQL condition that all resources have to meet, or "".
        stored: for each ``-l`` its groups (SQL condition or "", hierarchy) and its walltime.
    """
    everywhere = cluster.matching(condition)
    return tuple(
        Alternative(
            tuple(
                (everywhere & cluster.matching(own), tuple((name, count) for name, count in levels))
                for own, levels in groups
            ),
            walltime,
        )
        for groups, walltime in stored
    )


def choose(cluster: Cluster, wanted: Alternative, free: int) -> int:
    """Free resources for all groups of an alternative; 0 if there are not enough."""
    chosen = 0
    for within, levels in wanted.groups:
        got = cluster.choose(levels, within & ~chosen, free & ~chosen)
        if not got:
            return 0
        chosen |= got
    return chosen


def _union(sets: Iterable[int]) -> int:
    union = 0
    for one in sets:
        union |= one
    return union
