"""The lines of the table, as ``js/src/protocol.ts`` has them."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypedDict, cast

from pydra_oar_jupyter.core.clean import line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydra_oar_jupyter.core.tones import Tone

Kind = Literal["cell", "script", "pydra", "array", "run", "node", "task", "pairio", "other"]
Action = Literal["cancel", "hold", "resume", "again"]

# The longest name, and the longest of the other texts, in letters.
_NAME, _TEXT = 200, 500


class Row(TypedDict):
    """One line of the table. What the fields mean stands in ``protocol.ts``.

    Rows are never changed: another takes the place of one that is no longer true.
    """

    key: str
    parent: str
    kind: Kind
    id: str
    name: str
    owner: str
    mine: bool
    backend: str
    state: str
    tone: Tone
    note: str
    node: str
    resources: str
    queue: str
    submitted: float
    scheduled: float
    started: float
    ended: float
    walltime: float
    progress: float
    progressText: str
    counts: dict[Tone, int]
    opens: bool
    can: list[Action]
    source: str
    place: int


class Rows(Protocol):
    """What adds rows of its own, such as those of Pairio's jobs."""

    def rows(self) -> Mapping[str, Row]:
        """All of them by their keys, as far as is known now; it asks nobody and does not wait.

        A row that has not changed is the same object as before.
        """

    def close(self) -> None:
        """Nobody looks any more."""


_EMPTY: dict[str, Any] = {
    "parent": "", "id": "", "owner": "", "mine": True, "backend": "", "note": "", "node": "",
    "resources": "", "queue": "", "submitted": 0.0, "scheduled": 0.0, "started": 0.0, "ended": 0.0,
    "walltime": 0.0, "progress": -1.0, "progressText": "", "counts": {}, "opens": False, "can": [],
    "source": "", "place": 0,
}  # fmt: skip
_NUMBERS = ("submitted", "scheduled", "started", "ended", "walltime", "progress")
_TEXTS = ("id", "owner", "state", "note", "node", "resources", "queue", "progressText", "source")


def row(key: str, kind: Kind, name: str, state: str, tone: Tone, **more: Any) -> Row:
    """A row; fields that are not given are empty.

    No text has control characters, and all numbers are finite, as JSON has no others.
    """
    made = {**_EMPTY, "key": key, "kind": kind, "state": state, "tone": tone, **more}
    made["name"] = line(name, _NAME)
    for field in _NUMBERS:
        if not isfinite(made[field]):
            made[field] = _EMPTY[field]
    for field in _TEXTS:
        if text := made[field]:
            made[field] = line(text, _TEXT)
    return cast("Row", made)  # its fields are Row's, which a test compares
