"""What a job finds around it on the node: environment, setup, and places to import from.

It is written into the job's directory: ``env`` (exports, 0600, as they may be secrets) and
``setup`` (what a login shell runs).
"""

from __future__ import annotations

import re
import shlex
import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydra_oar_jupyter.core.spool import JobDirectory

_STEP = """\
{{ {line}
}} || {{ code=$?; printf '%s\\n' {words} >&2; exit $code; }}
"""


@dataclass(frozen=True)
class Surroundings:
    """What a job finds around it on the node.

    Attributes:
        env: variables of the environment; their values are in no command line.
        setup: lines of shell that a login bash runs first; one that fails ends the job.
    """

    env: Mapping[str, str] = field(default_factory=dict)
    setup: Sequence[str] = ()

    def write(self, job: JobDirectory, run: str) -> str:
        """Write what is needed; return the lines of sh that do it all.

        Args:
            job: the job's directory.
            run: lines of sh that do the work, with ``$job`` for the directory.

        Raises:
            RequestError: a variable's name is not one.
            SpoolError: the directory can't be written.
        """
        for name, value in self.env.items():
            if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) or "\0" in value:
                raise RequestError(f"--env: {name!r} can't be a variable of the environment.")
        if self.env:
            exports = [f"export {name}={shlex.quote(self.env[name])}\n" for name in self.env]
            write_atomically(job.path / "env", "".join(exports))
            run = f'. "$job/env"\n{run}' if not self.setup else run
        if not self.setup:
            return run
        steps = [
            _STEP.format(line=line, words=shlex.quote(f"The setup failed: {line}"))
            for line in self.setup
        ]
        env = '. "$job/env"\n' if self.env else ""
        path = job.path / "setup"
        text = f"job={shlex.quote(str(job.path))}\n{env}{''.join(steps)}{run}\n"
        write_atomically(path, text)
        # BASH_ENV is not there any more: see the job's script.
        return f"exec bash -l {shlex.quote(str(path))}"


def import_places() -> list[str]:
    """Where this process imports from, beside what its interpreter has of itself."""
    own = {Path(path).resolve() for path in sysconfig.get_paths().values()}
    own |= {Path(prefix).resolve() / "lib" for prefix in (sys.prefix, sys.base_prefix)}
    places = dict.fromkeys(str(Path(place).absolute()) for place in sys.path)
    return [
        place
        for place in places
        if not any(part in {"site-packages", "dist-packages"} for part in Path(place).parts)
        and not any(Path(place).resolve().is_relative_to(path) for path in own)
    ]
