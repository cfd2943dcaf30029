"""The text of ``%oar``: every option, from the tables that parsing follows."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.options import OPTIONS as OARSUB
from pydra_oar_jupyter.notebook.options import OPTIONS as OURS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydra_oar_jupyter.core.options import Option

_HEAD = """\
%%oar [options]        the cell runs as a job: what it reads goes, what it assigns comes back
%oar get JOB           wait for a job; its output, names and value come here
%oar jobs [FILTER …]   the jobs submitted from notebooks: waiting, running, ended, failed, a name
%oar logs JOB [-f]     what a job has printed; -f follows it
%oar forget [DAYS]     remove jobs that ended more than 30 or so many days ago, with all their files
%oar nodes             the cluster's hosts
%oar config            the session's defaults; %oar config KEY VALUE, KEY=VALUE … or reset
%oarsub %oarstat %oardel %oarhold %oarresume %oarnodes   as at the prompt

Example:
    %%oar -l host=1/core=2,walltime=0:30
    spectrum = np.linalg.svd(data, compute_uv=False)

In a cell, a bar moves here for a loop over progress(items); from pydra_oar_jupyter import progress.
A $name in the line stands for the notebook's variable of that name, if it is a text or a number.
"""


def usage() -> str:
    """All options, each with an example."""
    shown = [option for option in OARSUB if not option.refused]
    return "\n".join(
        [_HEAD, "Options of %%oar:", *_lines(OURS), "", "Options of oarsub:", *_lines(shown)]
    )


def _lines(options: Iterable[Option]) -> Iterable[str]:
    for option in options:
        short = f"-{option.short}, " if option.short else ""
        yield f"  {short}--{option.long} {option.metavar}".rstrip()
        yield textwrap.fill(option.help, 92, initial_indent=" " * 8, subsequent_indent=" " * 8)
        yield f"        {option.example}"
