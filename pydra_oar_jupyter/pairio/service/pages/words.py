"""How jobs and numbers are told on the pages: filters of the templates."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.clean import linkable, printed
from pydra_oar_jupyter.core.tones import MARKS
from pydra_oar_jupyter.core.units import duration, in_bytes
from pydra_oar_jupyter.pairio import states

if TYPE_CHECKING:
    from pydra_oar_jupyter.core.tones import Tone
    from pydra_oar_jupyter.pairio.service.tables import Job


def tone(job: Job) -> Tone:
    """How a job's status looks."""
    return states.tone(job.status, canceled=job.canceled)


def mark(job: Job) -> str:
    """The shape of a job's status."""
    return MARKS[tone(job)]


def status(job: Job) -> str:
    """A job's status, told apart for people."""
    return states.in_words(job.status, canceled=job.canceled, waits=job.unmet > 0)


def size(number: float | None) -> str:
    """Bytes, where they are known."""
    return "" if number is None else in_bytes(number)


def when(seconds: float) -> str:
    """A time in UTC, for people."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"


def iso(seconds: float) -> str:
    """A time for programs."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def told(value: object) -> str:
    """A parameter's value: a string as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


FILTERS = {
    "tone": tone,
    "mark": mark,
    "status": status,
    "printed": printed,
    "size": size,
    "duration": duration,
    "when": when,
    "iso": iso,
    "told": told,
}
TESTS = {"linkable": linkable}
