"""The rows of all runs, kept up to date."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.spool import spool_root
from pydra_oar_jupyter.monitor.changes import kept, turned
from pydra_oar_jupyter.monitor.rows.lookout import Lookout
from pydra_oar_jupyter.monitor.rows.runs import inner_rows, run_row
from pydra_oar_jupyter.workflows.runs.directories import RunDirectory
from pydra_oar_jupyter.workflows.runs.run import runs

if TYPE_CHECKING:
    from collections.abc import Collection

    from pydra_oar_jupyter.monitor.changes import Changed
    from pydra_oar_jupyter.monitor.rows import Row
    from pydra_oar_jupyter.workflows.runs.run import Run


@dataclass(eq=False)
class _Seen:
    """A run as it was looked at last.

    Attributes:
        stamp: of its snapshot's file then.
        ended: whether that was its end.
        open: whether its nodes and tasks are among the rows.
        shown: its rows, by their keys.
    """

    run: Run
    stamp: int = -1
    ended: bool = False
    open: bool = False
    shown: dict[str, Row] = field(default_factory=dict)


class AllRuns:
    """Looks at runs whose snapshot was written anew. Used from one thread.

    Attributes:
        ids: of all runs.
    """

    def __init__(self) -> None:
        self.ids: frozenset[str] = frozenset()
        self._lookout = Lookout(spool_root() / "runs")
        self._seen: dict[str, _Seen] = {}

    def look(self, opened: Collection[str]) -> Changed:
        """What has changed since the last time; None for a row that is gone.

        Args:
            opened: the keys of rows whose children are wanted.

        Raises:
            SpoolError: the runs can't be listed.
        """
        changed: Changed = self._list() if self._lookout.due() else {}
        wanted = {_run_of(key) for key in opened}
        for id_, seen in self._seen.items():
            wants = id_ in wanted
            if seen.ended and seen.open == wants:
                continue
            stamp = _stamp(seen.run)
            if stamp == seen.stamp and seen.open == wants and not seen.run.done():
                continue
            shown: dict[str, Row] | None = None
            with suppress(Exception):  # removed, or it can't be used: the others must not wait
                shown = self._look_at(seen, opened=wants)
            if shown is None:
                continue
            changed |= turned(seen.shown, shown)
            seen.shown, seen.stamp, seen.open = shown, stamp, wants
        return changed

    def _look_at(self, seen: _Seen, *, opened: bool) -> dict[str, Row]:
        snapshot = seen.run.progress
        top = run_row(seen.run, snapshot)
        inner = inner_rows(seen.run, snapshot) if opened else {}
        seen.ended = snapshot.state.final
        return kept(seen.shown, {top["key"]: top, **inner})

    def _list(self) -> Changed:
        begun = time.monotonic()
        found = {run.id: run for run in runs()}
        changed: Changed = {}
        for id_ in self._seen.keys() - found.keys():
            changed |= dict.fromkeys(self._seen.pop(id_).shown)
        for id_, run in found.items():
            self._seen.setdefault(id_, _Seen(run))
        self.ids = frozenset(found)
        self._lookout.listed(time.monotonic() - begun)
        return changed


def _run_of(key: str) -> str:
    """The id of the run that a run's or a node's key names."""
    kind, _, rest = key.partition(":")
    return rest.partition("/")[0] if kind in ("run", "node") else ""


def _stamp(run: Run) -> int:
    try:
        return RunDirectory(run.directory).snapshot_file.stat().st_mtime_ns
    except OSError:
        return 0
