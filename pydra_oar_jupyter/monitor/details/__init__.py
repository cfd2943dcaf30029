"""All that is known of one row, by what it stands for: the answers of ``details``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydra_oar_jupyter.core.origin import Origin


@dataclass
class Details:
    """The answer of the protocol by that name, without its key; it says what the fields are.

    The facts are those that the row does not tell: not its times, its node or its queue.
    """

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


def origin_of(origin: Origin) -> dict[str, str] | None:
    """As the protocol has it; None if nothing is known."""
    if not origin.label:
        return None
    return {"notebook": origin.notebook, "cellId": origin.cell, "label": origin.label}
