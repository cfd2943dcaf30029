"""What a task is given, in a few words."""

from __future__ import annotations

import os
import reprlib
import sys
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from pydra.engine.job import Job as PydraJob

_LONGEST = 80  # characters, of all
# What a task has beside its inputs proper: its code.
_CODE = {"function", "constructor", "executable"}


def inputs_in_words(job: PydraJob[Any], split: Collection[str] = ()) -> str:
    """Such as ``x=3, y='a'``; inputs with their default are left out.

    Args:
        job: the task.
        split: the inputs in which it differs from others of its node: they come first, and always.
    """
    import attrs

    parts = []
    fields = [field for field in attrs.fields(type(job.task)) if field.name not in _CODE]
    for field in sorted(fields, key=lambda field: field.name not in split):
        value = getattr(job.task, field.name, None)
        if field.name.startswith("_") or value is None:
            continue
        plain = isinstance(value, str | int | float | bool)
        if plain and value == field.default and field.name not in split:
            continue
        parts.append(f"{field.name}={_short(value)}")
    words = ", ".join(parts)
    return words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"


class _Short(reprlib.Repr):
    """Values in one short line. Large ones are not written out for it, whatever holds them."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 3
        self.maxstring = self.maxother = 40
        self.maxlist = self.maxtuple = self.maxdict = self.maxset = 4

    def repr_instance(self, value: Any, level: int) -> str:
        for kind in (str, list, tuple, dict, set):
            if isinstance(value, kind):
                text: str = getattr(self, f"repr_{kind.__name__}")(value, level)
                return text
        name = type(value).__name__
        if isinstance(value, bytes | bytearray):
            return f"<{name} {len(value)}>"
        if isinstance(value, os.PathLike):
            return self.repr_str(os.fspath(value), level)
        shape = getattr(value, "shape", None)
        if shape == () and hasattr(value, "item"):  # a number of numpy's
            return self.repr1(value.item(), level)
        if isinstance(shape, tuple):  # arrays and tables
            return f"<{name} {'×'.join(map(str, shape))}>"
        if isinstance(value, Enum):
            return f"{name}.{value.name}"
        if isinstance(value, type) or callable(value):
            return str(getattr(value, "__name__", f"<{name}>"))
        if type(value).__module__.split(".")[0] in sys.stdlib_module_names:
            return super().repr_instance(value, level)
        # What somebody else's repr takes is not known: it is not called.
        fields = _fields(value) if level > 0 else ()
        parts = ", ".join(f"{field}={self.repr1(of, level - 1)}" for field, of in fields)
        return f"{name}({parts})" if parts else f"<{name}>"


def _fields(value: Any) -> Iterator[tuple[str, Any]]:
    """The first fields of an object of attrs or of a data class."""
    attributes = getattr(type(value), "__attrs_attrs__", None)
    names = getattr(type(value), "__dataclass_fields__", ())
    first = islice((field.name for field in attributes) if attributes else names, 4)
    return ((name, getattr(value, name)) for name in first)


def _short(value: object) -> str:
    try:
        return " ".join(_SHORT.repr(value).split())
    except Exception:  # it is the user's
        return f"<{type(value).__name__}>"


_SHORT = _Short()
