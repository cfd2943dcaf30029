"""Pydra's audit of a run, without what it does to the whole process."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from pydra.utils.messenger import AuditFlag

if TYPE_CHECKING:
    from pydra.engine.audit import Audit
    from pydra.engine.job import Job as PydraJob


class _InPlace:
    """An audit that records nothing, and so need not go to the workflow's folder."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    def __getattr__(self, name: str) -> Any:
        return getattr(self._audit, name)

    def __reduce__(self) -> tuple[Any, ...]:
        """It is pickled as the one that it stands for: nodes and readers of caches know Pydra's."""
        return copy.copy, (self._audit,)

    def start_audit(self, odir: Any) -> None:
        """Begin; the working directory stays what it is."""
        self._audit.odir = odir


def keep_place(job: PydraJob[Any]) -> None:
    """Keep a run, and the runs in it, from changing the working directory of this process.

    Pydra does so for as long as a workflow goes, wherever other threads expect to be: notebooks
    with cells that open files, and other runs. (Tasks still have a directory of their own.)
    """
    places: tuple[Any, ...] = (job, job.submitter)
    for place in places:
        if place is None or isinstance(place.audit, _InPlace):
            continue
        if place.audit.audit_flags == AuditFlag.NONE:
            place.audit = _InPlace(place.audit)
