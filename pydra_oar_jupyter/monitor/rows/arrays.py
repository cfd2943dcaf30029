"""Rows of arrays: what their elements come to together."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.state import JobState
from pydra_oar_jupyter.core.tones import MARKS
from pydra_oar_jupyter.monitor.keys import array_key
from pydra_oar_jupyter.monitor.rows import row

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from pydra_oar_jupyter.core.tones import Tone
    from pydra_oar_jupyter.monitor.rows import Action, Row

# An array is in the state of that element which is the most alive.
_ALIVE = {
    state: rank
    for rank, state in enumerate(
        (
            JobState.RUNNING, JobState.FINISHING, JobState.RESUMING, JobState.LAUNCHING,
            JobState.TO_LAUNCH, JobState.TO_ACK_RESERVATION, JobState.WAITING, JobState.SUSPENDED,
            JobState.HOLD, JobState.TO_ERROR, JobState.ERROR, JobState.TERMINATED,
        )
    )
}  # fmt: skip
_TONES: tuple[Tone, ...] = ("running", "waiting", "idle", "failed", "stopped", "cached", "done")


def array_row(group: str, elements: Sequence[Row]) -> Row:
    """The row of an array.

    Args:
        group: the group of its jobs.
        elements: their rows, in the array's order; there is one at least.
    """
    first = elements[0]
    states = Counter(element["state"] for element in elements)
    over = sum(count for state, count in states.items() if JobState(state).final)
    counts = Counter(element["tone"] for element in elements)
    ended = over == len(elements)
    ids = sorted(int(element["id"]) for element in elements if element["id"])
    return row(
        array_key(group),
        "array",
        first["name"].partition("[")[0],
        min(states, key=lambda state: _ALIVE.get(JobState(state), 0)),
        _leading(counts),
        id=f"{ids[0]}–{ids[-1]}" if len(ids) > 1 else "".join(map(str, ids)),
        owner=first["owner"],
        backend=first["backend"],
        note=next((e["note"] for e in elements if e["note"] and e["tone"] == "waiting"), ""),
        node=", ".join(sorted({e["node"] for e in elements if e["node"]})[:3]),
        resources=first["resources"],
        queue=first["queue"],
        submitted=first["submitted"],
        scheduled=_first(e["scheduled"] for e in elements),
        started=_first(e["started"] for e in elements),
        ended=max(e["ended"] for e in elements) if ended else 0.0,
        walltime=first["walltime"],
        progress=over / len(elements),
        progressText=f"{over}/{len(elements)}",
        counts=in_order(counts),
        opens=True,
        can=_can(elements, ended=ended),
        source=first["source"],
    )


def in_order(counts: Mapping[Tone, int]) -> dict[Tone, int]:
    """Those that occur."""
    return {tone: counts[tone] for tone in MARKS if counts.get(tone)}


def _leading(counts: Mapping[Tone, int]) -> Tone:
    """The tone of a group: of what goes on if anything does, else of the worst end."""
    return next((tone for tone in _TONES if counts.get(tone)), "idle")


def _first(times: Iterable[float]) -> float:
    return min((time for time in times if time), default=0.0)


def _can(elements: Collection[Row], *, ended: bool) -> list[Action]:
    """What can be done with some of them; again, once all have ended."""
    there = {action for element in elements for action in element["can"]}
    if not ended:
        there.discard("again")
    order: tuple[Action, ...] = ("cancel", "hold", "resume", "again")
    return [action for action in order if action in there]
