"""The texts of ``%oar``, ``%pydra`` and ``%pairio``: every option, from the tables of parsing."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.options import OPTIONS as OARSUB
from pydra_oar_jupyter.notebook.options import OPTIONS as OURS
from pydra_oar_jupyter.notebook.pairio_options import OPTIONS as PAIRIOS
from pydra_oar_jupyter.notebook.pydra_options import OPTIONS as PYDRAS

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
%%pydra [options]      runs one of Pydra's tasks or workflows; %pydra tells more
%%pairio [options]     runs a job of a Pairio service; %pairio tells more

Example:
    %%oar -l host=1/core=2,walltime=0:30
    spectrum = np.linalg.svd(data, compute_uv=False)

In a cell, a bar moves here for a loop over progress(items); from pydra_oar_jupyter import progress.
A $name in the line stands for the notebook's variable of that name, if it is a text or a number.
"""


_PYDRA = """\
%%pydra [options]        run the cell's last expression, a Pydra task; its outputs are the value
%pydra runs [FILTER …]   the runs: running, done, failed, cancelled, interrupted, a name
%pydra get RUN           show a run to its end; its outputs are the value
%pydra cancel RUN …      stop runs, and delete their jobs
%pydra resume RUN        run it again: what is in the cache is not computed once more

Example:
    %%pydra -l host=1/core=2,walltime=1
    Analysis(subjects=["s1", "s2"])

The cell runs here, so that it can define tasks too; only the task goes to the worker. A Submitter
runs in a cell as well, and is shown: %oar config submitters false leaves Pydra as it is. More in
code: from pydra_oar_jupyter import submit, runs, run.
Defaults of %oar config (oarsub's options, backend, setup, env, python) hold for the worker oar.
A $name in the line stands for the notebook's variable of that name, if it is a text or a number.
"""


_PAIRIO = """\
%%pairio [options]      run the cell's last expression, a job of an app; the job is the value
%pairio services        the services
%pairio apps [SERVICE]  the apps of a service, with what they compute and from what
%pairio jobs [FILTER …] the newest jobs: pending, running, completed, failed …, an app, a tag
%pairio job JOB         show a job to its end; it is the value
%pairio cancel JOB …    stop jobs

Example:
    %%pairio --cpus 1 --memory 4 --time 60
    hello_world.hello_world_2(name="world")

The apps of the service are names in the cell; Tab after hello_world. has what they compute, and ?
tells about it. An output of another job can be an input, as in
hello_world.count_characters(input=job.outputs["output"]): that job is waited for.
The cell runs here, so it can compute its arguments; it can end with a PairioJobDefinition as well.
PAIRIO_API_URL names the service, PAIRIO_API_KEY or a file that only you can read has the key.
Without PAIRIO_API_URL, a service of your own runs on this machine for as long as your notebooks do.
"""


def usage() -> str:
    """``%oar``: all options, each with an example."""
    return _usage(_HEAD, "%%oar", OURS)


def pydra_usage() -> str:
    """``%pydra``: all options, each with an example."""
    return _usage(_PYDRA, "%%pydra", PYDRAS)


def pairio_usage() -> str:
    """``%pairio``: all options, each with an example."""
    return "\n".join([_PAIRIO, "Options of %%pairio:", *_lines(PAIRIOS)])


def _usage(head: str, magic: str, ours: Iterable[Option]) -> str:
    shown = [option for option in OARSUB if not option.refused]
    return "\n".join(
        [head, f"Options of {magic}:", *_lines(ours), "", "Options of oarsub:", *_lines(shown)]
    )


def _lines(options: Iterable[Option]) -> Iterable[str]:
    for option in options:
        short = f"-{option.short}, " if option.short else ""
        yield f"  {short}--{option.long} {option.metavar}".rstrip()
        yield textwrap.fill(option.help, 92, initial_indent=" " * 8, subsequent_indent=" " * 8)
        yield f"        {option.example}"
