"""The place above a cell's output where its status stands."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING

from pydra_oar_jupyter.notebook.status import render

if TYPE_CHECKING:
    from collections.abc import Callable

    from IPython.core.interactiveshell import InteractiveShell

    from pydra_oar_jupyter.notebook.status import View

# The shortest time between two updates, in seconds.
_SHORTEST = 0.25


class StatusArea:
    """Shows views, each in place of the one before; in a terminal, the changes line by line."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._publish = shell.display_pub.publish
        self._rich = hasattr(shell, "kernel")
        self._id = uuid.uuid4().hex
        self._view: View | None = None
        self._next = 0.0

    def refresh(self, make: Callable[[], View]) -> None:
        """Show what this makes, if it is time; making it takes a twentieth of the time at most."""
        start = time.monotonic()
        if start < self._next:
            return
        self.show(make())
        self._next = start + max(_SHORTEST, 20 * (time.monotonic() - start))

    def show(self, view: View) -> None:
        """Show it now, if it differs."""
        if view == self._view:
            return
        shown, self._view = self._view, view
        if self._rich:
            place = {"display_id": self._id}
            self._publish(render(view), transient=place, update=shown is not None)
        elif shown is None or (shown.tone, shown.parts[:2]) != (view.tone, view.parts[:2]):
            self._publish({"text/plain": render(view)["text/plain"].partition("\n")[0]})

    def again(self) -> None:
        """Show it anew, after the cell's output was cleared."""
        if self._rich and self._view is not None:
            self._publish(render(self._view), transient={"display_id": self._id})
