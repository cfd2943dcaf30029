"""The embedded cluster: this machine's cores as an OAR of one's own, where there is no oarsub.

::

    Backend --> admission           a submission as rows, or why it is refused
       |
       v
    rounds --> schedule, cluster    who starts, who gives way: one transaction
       |
       v
    processes --> supervisor        one small process for each job that runs

Everything stands in one SQLite file (`store`). There is no daemon: whoever changes something
runs a round, which are the client and a job's supervisor at the job's end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydra_oar_jupyter.backends.local.backend import Backend

__all__ = ["Backend"]


def __getattr__(name: str) -> type[Backend]:
    """Import the front end when it is asked for: a supervisor does without it."""
    if name != "Backend":
        raise AttributeError(name)
    from pydra_oar_jupyter.backends.local.backend import Backend

    return Backend
