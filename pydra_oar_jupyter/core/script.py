"""The script that the scheduler runs for a job, whatever the job is."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydra_oar_jupyter.core.spool import JobDirectory

# It is for /bin/sh, and BASH_ENV goes first: OAR points it at a file that sources ~/.bashrc,
# and a ~/.bashrc that runs a bash script would then start itself again without end.
_TEMPLATE = """\
#!/bin/sh
# Written by pydra_oar_jupyter; run by the scheduler on the job's first node.
unset BASH_ENV ENV
job={job}
exec 3>&1 4>&2 >>"$job/stdout" 2>>"$job/stderr" </dev/null
tell() {{ # An event, with the time in seconds since the epoch.
    printf '{{"event": "%s", "time": %s, %s}}\\n' "$1" "$(date +%s.%N)" "$2" >>"$job/events"
}}
[ -r "$OAR_NODEFILE" ] && read -r host <"$OAR_NODEFILE" || host=$(uname -n)
tell start "\\"host\\": \\"$host\\", \\"pid\\": $$, \\"job_id\\": ${{OAR_JOB_ID:-0}}"
{run}
tell exit "\\"code\\": $code"
{copy}exit $code
"""


_RUN = """\
(
{work}
) 3>&- 4>&-
code=$?"""

# OAR sends the checkpoint's signal to the first process alone, which is this shell.
_RUN_AND_FORWARD = """\
trap 'kill -{signal} "$work"' {signal}
(
trap - {signal}
{work}
) 3>&- 4>&- &
work=$!
while wait "$work"; code=$?; kill -0 "$work" 2>&-; do :; done"""


def job_script(
    job: JobDirectory, work: str, *, copy_output: bool = False, signal: int | None = None
) -> str:
    """The text of ``job.sh``.

    Args:
        job: the job's directory.
        work: lines of sh that do the work, in a shell of their own; its exit code is the job's.
        copy_output: whether the job's output also goes, at its end, to the files that the
            request named with ``-O`` and ``-E``.
        signal: the signal that the request wants at its checkpoint; the work gets it.
    """
    run = _RUN.format(work=work)
    if signal:
        run = _RUN_AND_FORWARD.format(work=work, signal=signal)
    copy = 'cat "$job/stdout" >&3\ncat "$job/stderr" >&4\n' if copy_output else ""
    return _TEMPLATE.format(job=shlex.quote(str(job.path)), run=run, copy=copy)
