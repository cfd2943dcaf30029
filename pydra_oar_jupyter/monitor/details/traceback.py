"""The traceback that a failed job has left."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.errors import OarError
from pydra_oar_jupyter.core.pickles import Pickles
from pydra_oar_jupyter.workflows.worker.traces import lines_of

if TYPE_CHECKING:
    from pydra_oar_jupyter.core.job import Job


def traceback_of(job: Job) -> str:
    """What its code has raised, as it looked on the node; "" if it has raised nothing.

    Nothing is unpickled: it stands beside the pickles, as plain data.
    """
    with suppress(OarError, KeyError, TypeError, ValueError), Pickles(job.directory.result) as left:
        facts = left.facts
        if job.kind == "pydra":
            return "\n".join(lines_of(facts["trace"]))
        if job.kind == "cell" and facts["error"]:
            return "\n".join(map(str, facts["error"]["traceback"]))
    return ""
