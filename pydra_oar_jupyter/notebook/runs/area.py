"""Shows a run below its cell, live: while the cell waits, and on when that has ended."""

from __future__ import annotations

import contextvars
import threading
import time
import uuid
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.errors import OarError
from pydra_oar_jupyter.notebook.runs.view import SECTIONS, run_bundle
from pydra_oar_jupyter.workflows.counts import over
from pydra_oar_jupyter.workflows.snapshot import TaskState

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from pydra_oar_jupyter.workflows.runs.run import Run
    from pydra_oar_jupyter.workflows.snapshot import RunSnapshot

# The shortest and the longest time between two looks at a run, in seconds.
_SHORTEST, _LONGEST = 0.2, 10.0


class RunArea:
    """The sections of a run's view, each in a place of its own, drawn anew where they changed.

    In a terminal: a line whenever a tenth more of the tasks is done, and all of it at the end.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self._publish: Any = shell.display_pub.publish
        self._rich = hasattr(shell, "kernel")
        self._id = uuid.uuid4().hex
        self._shown: dict[str, tuple[str, str]] = {}
        self._due = dict.fromkeys(SECTIONS, 0.0)
        self._told: object = None
        self._note = ""
        self._look = threading.Event()
        self._thread: threading.Thread | None = None

    def say(self, note: str) -> None:
        """Tell this beside where the run is, until that has ended."""
        self._note = note
        self._due["head"] = 0.0
        self._look.set()

    def follow(self, run: Run) -> None:
        """Show a run to its end, in the background; that takes about a twentieth of the time."""
        self._show(run.progress)
        # What a thread shows in the context of a cell stands below that cell, later ones or not.
        context = contextvars.copy_context()
        self._thread = threading.Thread(
            target=context.run, args=(self._paint, run), name="pydra-paint", daemon=True
        )
        self._thread.start()

    def finish(self) -> None:
        """Wait until the end of a run that has ended is shown."""
        self._look.set()
        if self._thread:
            self._thread.join()

    def _paint(self, run: Run) -> None:
        done = False
        while not done:
            start = time.monotonic()
            done = run.done()
            with suppress(OarError):  # it could not be read; perhaps the next time
                self._show(run.progress)
            spent = time.monotonic() - start
            if not done:
                self._look.wait(max(_SHORTEST - spent, min(20 * spent, _LONGEST)))
                self._look.clear()

    def _show(self, snapshot: RunSnapshot) -> None:
        if self._note and not snapshot.state.final:
            snapshot = replace(snapshot, trouble=self._note)
        if self._rich:
            self._draw(snapshot)
        else:
            self._tell(snapshot)

    def _draw(self, snapshot: RunSnapshot) -> None:
        for name, section in SECTIONS.items():
            now = time.monotonic()
            if now < self._due[name] and not snapshot.state.final:
                continue
            self._due[name] = now + section.pace
            drawn = text, html = section.draw(snapshot, time.time())
            if drawn == self._shown.get(name):
                continue
            # All have a place from the start, in the order in which they are to stand.
            place = {"display_id": f"{self._id}-{name}"}
            data = {"text/plain": text, "text/html": html}
            self._publish(data, transient=place, update=name in self._shown)
            self._shown[name] = drawn

    def _tell(self, snapshot: RunSnapshot) -> None:
        counts = snapshot.counts
        tenths = 10 * over(counts) // max(1, sum(counts.values()))
        told = (snapshot.state, TaskState.FAILED in counts, tenths)
        if told == self._told:
            return
        self._told = told
        text = run_bundle(snapshot)["text/plain"]
        if not snapshot.state.final:
            text = SECTIONS["head"].draw(snapshot, time.time())[0].partition("\n")[0]
        self._publish({"text/plain": text})
