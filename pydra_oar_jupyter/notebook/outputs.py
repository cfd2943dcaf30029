"""What a job shows, shown here: items of its replay to IPython."""

from __future__ import annotations

import sys
from html import escape
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.cells.replay import Clear, Display, Error, Note, Stream, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from IPython.core.interactiveshell import InteractiveShell

    from pydra_oar_jupyter.cells.replay import Item
    from pydra_oar_jupyter.notebook.area import StatusArea


class Outputs:
    """The output below a cell's status area.

    Attributes:
        value: the representation of the cell's value, once that is known; it is shown last,
            together with the value itself.
    """

    def __init__(self, shell: InteractiveShell, area: StatusArea) -> None:
        self._publisher: Any = shell.display_pub
        self._area = area
        self._clear_first = False
        self.value: Value | None = None

    def show(self, items: Sequence[Item]) -> None:
        """Show what a job does, as it does it."""
        for item in items:
            match item:
                case Clear(wait=True):
                    self._clear_first = True
                case Clear():
                    self._clear()
                case Value():
                    self.value = item
                case Stream(name, text):
                    self._before()
                    (sys.stdout if name == "stdout" else sys.stderr).write(text)
                case Note(text):
                    sys.stderr.write(f"{text}\n")
                case Display(data, metadata, transient, update):
                    if not update:  # an update changes what is there already
                        self._before()
                    self._publisher.publish(data, metadata, transient=transient, update=update)
        sys.stdout.flush()
        sys.stderr.flush()

    def show_element(self, label: str, items: Sequence[Item]) -> None:
        """Show all that one element of an array did, below a line that says which; if anything."""
        if not any(isinstance(item, Stream | Display | Error) for item in items):
            return
        html = f'<div style="font-size:90%;font-weight:bold;margin-top:.6em">{escape(label)}</div>'
        self._publisher.publish({"text/plain": f"── {label} ──", "text/html": html})
        cleared = max((at for at, item in enumerate(items) if isinstance(item, Clear)), default=-1)
        self.show([item for item in items[cleared + 1 :] if not isinstance(item, Value | Error)])
        for item in items:
            if isinstance(item, Error):
                sys.stderr.write(f"{item.name}: {item.message}\n")
        sys.stderr.flush()

    def _before(self) -> None:
        """Clear what is to be cleared when something comes."""
        if self._clear_first:
            self._clear()

    def _clear(self) -> None:
        # It clears the status area too, which is put back at once.
        self._clear_first = False
        self._publisher.clear_output(wait=True)
        self._area.again()


def show_value(shell: InteractiveShell, value: object, shown: Value | None) -> None:
    """Make it this cell's value (``Out``, ``_``), with the representation from the node."""
    if shown is None:
        return
    if value is None:  # it could not come: at least it is seen
        shell.display_pub.publish(shown.data, shown.metadata)
        return
    # What IPython's display hook does, but for working out the representation.
    hook: Any = shell.displayhook
    hook.check_for_underscore()
    hook.start_displayhook()
    hook.write_output_prompt()
    hook.update_user_ns(value)
    hook.fill_exec_result(value)
    hook.write_format_data(shown.data, shown.metadata)
    hook.log_output(shown.data)
    hook.finish_displayhook()
