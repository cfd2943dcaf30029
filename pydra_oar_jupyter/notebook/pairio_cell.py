"""The way of a ``%%pairio`` cell: read the line, run the cell for its job, submit that, show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.notebook.area import StatusArea
from pydra_oar_jupyter.notebook.here import run_here
from pydra_oar_jupyter.notebook.line import expand
from pydra_oar_jupyter.notebook.pairio_options import parse
from pydra_oar_jupyter.notebook.stop import in_full
from pydra_oar_jupyter.pairio.needed import need_pairio

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from pydra_oar_jupyter.notebook.config import OarConfig
    from pydra_oar_jupyter.pairio.client.handle import PairioJob


def run(shell: InteractiveShell, config: OarConfig, line: str, cell: str) -> Any:
    """Run the job that a cell ends with; its handle is the cell's value.

    Raises:
        RequestError: the line, the cell or the job is wrong; nothing was submitted.
        PairioError: the service can't be asked or won't, or the job failed.
        BaseException: what the cell has raised.
    """
    asked = parse(expand(line, shell.user_ns))
    need_pairio(service=False)
    from pydra_oar_jupyter.notebook.pairio import lent, shown
    from pydra_oar_jupyter.notebook.pairio.reach import reach

    area = StatusArea(shell)
    connection = reach(area)
    names = lent.apps(connection, asked.service)
    value = run_here(shell, cell, lent.WANTED, shown.PLUMBING, names)
    if value is None and _asks_for_help(cell):
        return None
    submission = lent.submission(value, asked, connection)

    jobs: list[PairioJob] = []
    with shown.attended(jobs, area, keep=asked.keep):
        in_full(lambda: jobs.append(submission()))
        if asked.detach:
            shown.follow_on(area, jobs[0])
            return shown.show_job(shell, jobs[0], "goes on: %pairio job shows its output")
        shown.attend(area, jobs[0], config.max_output)
        hook: Any = shell.displayhook
        quiet = hook.semicolon_at_end_of_expression(cell)
        return shown.finished(shell, jobs[0], quiet=quiet)


def _asks_for_help(cell: str) -> bool:
    """Whether its last line is such as ``hello_world?``, which IPython has shown already."""
    last = cell.rstrip().rpartition("\n")[2].strip()
    return last.startswith("?") or last.endswith("?")
