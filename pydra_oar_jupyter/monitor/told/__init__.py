"""All that is known of one row, by what it stands for: the answers of ``details``."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.units import duration

if TYPE_CHECKING:
    from pydra_oar_jupyter.core.origin import Origin


@dataclass
class Details:
    """The answer of the protocol by that name, without its key; it says what the fields are."""

    asked: str = ""
    command: str = ""
    folder: str = ""
    directory: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    facts: list[dict[str, str]] = field(default_factory=list)
    dependencies: list[dict[str, str]] = field(default_factory=list)
    origin: dict[str, str] | None = None
    error: str = ""
    advice: str = ""
    streams: list[str] = field(default_factory=list)

    def fact(self, label: str, value: object) -> None:
        """Add one, if there is anything to tell."""
        if value not in (None, "", 0, 0.0):
            self.facts.append({"label": label, "value": str(value)})

    def times(self, submitted: float, started: float, ended: float) -> None:
        """Add when it was submitted, started and ended, with what lies between."""
        self.fact("Submitted", moment(submitted))
        self.fact("Started", moment(started))
        self.fact("Ended", moment(ended))
        if submitted and started >= submitted:
            self.fact("Waited for", duration(started - submitted))
        if started:
            ran = (ended or time.time()) - started
            self.fact("Ran for" if ended else "Running for", duration(ran))


def moment(seconds: float) -> str:
    """The date and time here; "" for 0."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds)) if seconds else ""


def origin_of(origin: Origin) -> dict[str, str] | None:
    """As the protocol has it; None if nothing is known."""
    if not origin.label:
        return None
    return {"notebook": origin.notebook, "cellId": origin.cell, "label": origin.label}
