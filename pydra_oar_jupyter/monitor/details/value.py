"""The value that a cell's job has shown at its end."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.files import tail

if TYPE_CHECKING:
    from pydra_oar_jupyter.core.spool import JobDirectory

# How far before the end of a job's events it is looked for, in bytes.
_TAIL = 1 << 16


def value_of(job: JobDirectory) -> str:
    """The last expression's value as text; "" if there is none, or it is very long."""
    for line in reversed(tail(job.events, _TAIL).splitlines()):
        with suppress(ValueError, RecursionError, KeyError, TypeError):
            event = json.loads(line)
            if event["event"] == "value":
                return str(event["data"]["text/plain"])
    return ""
