"""What a task is given, in a few words."""

from __future__ import annotations

import reprlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydra.engine.job import Job as PydraJob

_LONGEST = 80  # characters, of one value and of all
# What a task has beside its inputs proper: its code.
_CODE = {"function", "constructor", "executable"}


class _Short(reprlib.Repr):
    """Values in one short line; large ones are not written out for it."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = 40
        self.maxlist = self.maxtuple = self.maxdict = self.maxset = 4

    def repr_instance(self, value: Any, level: int) -> str:
        shape = getattr(value, "shape", None)
        if isinstance(shape, tuple):  # arrays and tables, whose repr may take long
            return f"<{type(value).__name__} {'×'.join(map(str, shape))}>"
        return super().repr_instance(value, level)


def inputs_in_words(job: PydraJob[Any]) -> str:
    """Such as ``x=3, y='a'``; inputs with their default are left out."""
    import attrs

    parts = []
    for field in attrs.fields(type(job.task)):
        value = getattr(job.task, field.name, None)
        if field.name.startswith("_") or field.name in _CODE or value is None:
            continue
        if isinstance(value, str | int | float | bool) and value == field.default:
            continue
        parts.append(f"{field.name}={_short(value)}")
    words = ", ".join(parts)
    return words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"


def _short(value: object) -> str:
    try:
        return " ".join(_SHORT.repr(value).split())
    except Exception:  # it is the user's
        return f"<{type(value).__name__}>"


_SHORT = _Short()
