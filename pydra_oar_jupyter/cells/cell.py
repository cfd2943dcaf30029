"""Packing a cell into its job's directory.

Beside what the spool names there: ``env`` (exports, 0600, as they may be secrets), ``setup``
(what a login shell runs) and ``script`` (a shell cell's text).
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.errors import PackingError, RequestError
from pydra_oar_jupyter.core.files import unwritable, write_atomically
from pydra_oar_jupyter.core.pickles import save

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from pydra_oar_jupyter.core.spool import JobDirectory

_RUN = """\
{python} -P -m pydra_oar_jupyter.runner "$job"
code=$?
if [ $code -ne 0 ] && ! [ -e "$job/result.pkl" ]; then
    {python} -P -c 'import pydra_oar_jupyter.runner' || printf '%s\\n' {advice} >&2
fi
exit $code"""
_STEP = """\
{{ {line}
}} || {{ code=$?; printf '%s\\n' {words} >&2; exit $code; }}
"""


@dataclass(frozen=True)
class Surroundings:
    """What a cell finds around it on the node.

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
            run: lines of sh that run the cell, with ``$job`` for the directory.

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


@dataclass(frozen=True)
class PythonCell:
    """A cell that IPython runs.

    Attributes:
        code: the cell below the line of its magic.
        send: the names that go, with their objects.
        out: the names that come back; None for those that it assigns.
        changes: names whose objects it may change in place.
        words: all identifiers of the code.
        count: its number in the notebook.
        sources: the cells that its functions are from: number and text, by their code's file name.
        python: the interpreter.
        around: what it finds on the node.
    """

    code: str
    send: Mapping[str, object]
    out: Sequence[str] | None = None
    changes: Collection[str] = ()
    words: Collection[str] = ()
    count: int = 1
    sources: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    python: str = sys.executable
    around: Surroundings = Surroundings()

    def write(self, job: JobDirectory, namespace: dict[str, Any], kept: Collection[str]) -> str:
        """Pack it into a job's directory; return the lines of sh that run it.

        Args:
            job: the job's directory.
            namespace: the notebook's names.
            kept: those of them that never go (see `shells_own`).

        Raises:
            PackingError: names can't be pickled; it tells all of them.
            SpoolError: the directory can't be written.
        """
        facts = {
            "code": self.code,
            "out": None if self.out is None else list(self.out),
            "changes": sorted(self.changes),
            "count": self.count,
            "sources": self.sources,
            "path": _places(),
        }
        failed = save(
            job.payload,
            self.send,
            facts,
            namespace=namespace,
            follow=True,
            kept=kept,
            words=self.words,
        )
        _refuse(failed)
        return self._run(job)

    def write_element(
        self,
        job: JobDirectory,
        like: JobDirectory,
        element: Mapping[str, object],
        namespace: dict[str, Any],
    ) -> str:
        """Pack it with names of its own beside the payload of another job that runs the same.

        Args:
            job: the job's directory.
            like: a job's directory that `write` has filled; it can be the same.
            element: the names that only this job gets, with their objects.
            namespace: the notebook's names.

        Raises:
            PackingError: names can't be pickled.
            SpoolError: the directory can't be written.
        """
        try:
            if job.path != like.path:
                _link(like.payload, job.payload)
        except OSError as error:
            raise unwritable(job.payload, error) from error
        _refuse(save(job.element, element, {}, namespace=namespace))
        return self._run(job)

    def _run(self, job: JobDirectory) -> str:
        advice = f"To run cells there, install pydra-oar-jupyter in {self.python}"
        run = _RUN.format(python=shlex.quote(self.python), advice=shlex.quote(advice))
        return self.around.write(job, run)


@dataclass(frozen=True)
class ShellCell:
    """A cell that is a script.

    Attributes:
        code: the script.
        run_with: the words that run it, such as ``bash -e``.
        around: what it finds on the node.
        arguments: the script's.
    """

    code: str
    run_with: Sequence[str]
    around: Surroundings = Surroundings()
    arguments: Sequence[str] = ()

    def write(self, job: JobDirectory) -> str:
        """Pack it into a job's directory; return the lines of sh that run it.

        Raises:
            SpoolError: the directory can't be written.
        """
        script = job.path / "script"
        write_atomically(script, self.code.rstrip("\n") + "\n")
        run = shlex.join([*self.run_with, str(script), *self.arguments])
        return self.around.write(job, f"exec {run}")


def _refuse(failed: Mapping[str, str]) -> None:
    if failed:
        several = (
            "\n  ".join(["", *failed.values()]) if len(failed) > 1 else next(iter(failed.values()))
        )
        raise PackingError(
            f"These can't go to the job: {several}\nNothing was submitted. Make them in the cell "
            "itself, or name with --in what is to go.",
            next(iter(failed)),
        )


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # some file systems have no hard links
        shutil.copyfile(source, target)
        target.chmod(0o600)


def _places() -> list[str]:
    """Where the notebook imports from, beside what its interpreter has of itself."""
    own = {Path(path).resolve() for path in sysconfig.get_paths().values()}
    own |= {Path(prefix).resolve() / "lib" for prefix in (sys.prefix, sys.base_prefix)}
    places = dict.fromkeys(str(Path(place).absolute()) for place in sys.path)
    return [
        place
        for place in places
        if not any(part in {"site-packages", "dist-packages"} for part in Path(place).parts)
        and not any(Path(place).resolve().is_relative_to(path) for path in own)
    ]
