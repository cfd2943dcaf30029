"""What runs jobs: the verbs that each backend has, and how one is chosen."""

from __future__ import annotations

import importlib
import os
import shutil
from typing import TYPE_CHECKING, Protocol

from pydra_oar_jupyter.core.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pydra_oar_jupyter.core.spool import Submission
    from pydra_oar_jupyter.core.state import Allocation, JobStatus, Resource


class Backend(Protocol):
    """A scheduler, seen from the front end.

    Calls block, for seconds at times; the tracker makes them outside its loop. Each raises
    `Unreachable` when no usable answer came (it may be asked again) and `BackendError` when
    the answer was no.
    """

    name: str
    # The shortest and the longest pause between two questions, in seconds.
    polls: tuple[float, float]

    def submit(self, submission: Submission) -> list[int]:
        """Submit its jobs, as one array if there are several; their ids in the same order.

        Raises:
            Refused: nothing was submitted, and why.
            Unreachable: it is not known whether it was; `find` tells.
        """

    def find(self, submission: Submission) -> list[int]:
        """The ids of a submission whose answer was lost, in order; empty if it never arrived."""

    def command(self, submission: Submission) -> str:
        """What `submit` would do, as a person would type it."""

    def status(self, ids: Collection[int]) -> dict[int, JobStatus]:
        """The state of these jobs, ended ones too, in one question.

        Jobs that replace one of them (resubmitted after a preemption) come with it. An id
        that the scheduler does not know is left out.
        """

    def jobs(self, *, everyone: bool = False) -> list[JobStatus]:
        """The jobs that have not ended: this user's, or everyone's."""

    def resources(self) -> list[Resource]:
        """What the cluster consists of."""

    def schedule(self, since: float, until: float) -> list[Allocation]:
        """Who has which resources between two times (seconds since the epoch), and who will.

        Jobs that wait and have no planned start are left out.
        """

    def queues(self) -> list[str]:
        """The names of the queues that take jobs; empty when that can't be told."""

    def delete(self, ids: Sequence[int]) -> None:
        """Delete jobs, running or not. Those that have ended already are left."""

    def hold(self, ids: Sequence[int]) -> None:
        """Keep waiting jobs from starting."""

    def resume(self, ids: Sequence[int]) -> None:
        """Let held or suspended jobs go on."""


# Each backend is one module with a class named Backend in it, imported when it is first used.
BACKENDS = {
    "oar": "pydra_oar_jupyter.backends.oar",
    "local": "pydra_oar_jupyter.backends.local",
}
_made: dict[str, Backend] = {}


def default_backend() -> str:
    """The backend's name when none is given: PYDRA_OAR_BACKEND, else what the machine has."""
    return os.environ.get("PYDRA_OAR_BACKEND") or ("oar" if shutil.which("oarsub") else "local")


def get_backend(name: str | None = None) -> Backend:
    """The backend of that name; one for each name, made at its first use.

    Raises:
        RequestError: there is none of that name.
    """
    name = name or default_backend()
    if name not in BACKENDS:
        raise RequestError(
            f"There is no backend {name!r}.", hint=f"There are: {', '.join(sorted(BACKENDS))}."
        )
    if name not in _made:
        _made[name] = importlib.import_module(BACKENDS[name]).Backend()
    return _made[name]
