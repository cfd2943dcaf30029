"""The verb ``details``: all that is known of one row."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.clean import plain
from pydra_oar_jupyter.monitor.details.jobs import array_details, job_details, other_details
from pydra_oar_jupyter.monitor.details.runs import node_details, run_details, task_details
from pydra_oar_jupyter.monitor.keys import Array, Node, OtherJob, PairioJob, Task, find
from pydra_oar_jupyter.workflows.runs.run import Run

if TYPE_CHECKING:
    from pydra_oar_jupyter.monitor.details import Details
    from pydra_oar_jupyter.monitor.keys import Thing

# The longest traceback, of which the end is told, and the longest of the other texts, in letters.
_ERROR, _TEXT = 100_000, 10_000


def details(*, key: str) -> dict[str, Any]:
    """All that is known of a row, the scheduler's history of it too, if that answers.

    Args:
        key: of the row.

    Returns:
        ``Details`` of the protocol. Texts have no control characters but ends of lines and tabs.

    Raises:
        RequestError: it is no key.
        OarError: there is no such row (any more).
    """
    told = _of(find(key))
    error = told.error if len(told.error) <= _ERROR else f"…{told.error[-_ERROR:]}"
    found: dict[str, Any] = _fit({**asdict(told), "error": ""})
    return {**found, "key": key, "error": plain(error)}


def _of(thing: Thing) -> Details:
    match thing:
        case Array():
            return array_details(thing)
        case Run():
            return run_details(thing)
        case Node():
            return node_details(thing)
        case Task():
            return task_details(thing)
        case OtherJob():
            return other_details(thing)
        case PairioJob():
            from pydra_oar_jupyter.monitor.details.pairio import pairio_details

            return pairio_details(thing.id)
    return job_details(thing)


def _fit(value: Any) -> Any:
    """The same, with texts that can be shown as they are."""
    if isinstance(value, dict):
        return {name: _fit(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_fit(one) for one in value]
    return plain(value[:_TEXT]) if isinstance(value, str) else value
