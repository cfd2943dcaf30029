"""``JobMonitor()``: all jobs, live, in a cell's output."""

from __future__ import annotations

from contextlib import suppress

from pydra_oar_jupyter.core.errors import SpoolError
from pydra_oar_jupyter.core.jobs import all_jobs
from pydra_oar_jupyter.notebook.tables import OWN_COLUMNS, Table
from pydra_oar_jupyter.notebook.verbs import own_row
from pydra_oar_jupyter.notebook.widgets.base import MonitorWidget

# How many jobs a saved notebook shows.
_SHOWN = 20


class JobMonitor(MonitorWidget):
    """All of your jobs, live: how they are, what they print, what can be done with them.

    The same as in JupyterLab's side panel: cells, arrays, Pydra runs and Pairio jobs in one table,
    a chart of the cluster, and resources picked by eye. Jobs go on when it is closed. A saved
    notebook keeps a table of the newest jobs as they were when the cell ran.

    Raises:
        SpoolError: the spool can't be made, or others can enter it.
    """

    def __init__(self) -> None:
        super().__init__("monitor")

    def _forms(self) -> tuple[str, str]:
        rows = []
        for job in all_jobs().all()[:_SHOWN]:
            with suppress(SpoolError):  # its files can't be read: the live table tells of it
                rows.append(own_row(job))
        table = Table(OWN_COLUMNS, rows, "No jobs from notebooks.")
        return repr(table), table._repr_html_()
