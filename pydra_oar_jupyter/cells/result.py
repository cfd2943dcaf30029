"""What a cell's job left, as the notebook takes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.pickles import Pickles
from pydra_oar_jupyter.core.raised import RemoteError, place_of, show_as_there

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydra_oar_jupyter.core.spool import JobDirectory


@dataclass(frozen=True)
class CellResult:
    """What a cell's job left.

    Attributes:
        value: the value of its last expression.
        names: what comes back, by name.
        deleted: names that the cell was given and deleted.
        missing: what can't come back, and why, by name.
        error: the exception that ended it, ready to be raised.
    """

    value: object = None
    names: Mapping[str, Any] = field(default_factory=dict)
    deleted: tuple[str, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    error: BaseException | None = None


def read_result(job: JobDirectory, namespace: dict[str, Any]) -> CellResult:
    """Read what a job left, once it is done.

    Args:
        job: its directory.
        namespace: the notebook's names: the globals of functions that come back.

    Raises:
        SpoolError: there is no result, it is not whole, or somebody else may have written it.
        PackingError: it was made by another version of Python.
    """
    with Pickles(job.result) as pickles:
        facts = pickles.facts
        objects, missing = pickles.load(namespace)
    missing |= facts["missing"]
    missing.pop("<error>", None)
    if "<value>" in missing:
        missing["the value"] = missing.pop("<value>").replace("<value>", "the value", 1)
    value = objects.pop("<value>", None)
    error = objects.pop("<error>", None)
    if facts["error"]:
        told = facts["error"]
        if not isinstance(error, BaseException):
            error = RemoteError(told["name"], told["message"])
        show_as_there(error, told["traceback"], place_of(job))
    return CellResult(value, objects, tuple(facts["deleted"]), missing, error)
