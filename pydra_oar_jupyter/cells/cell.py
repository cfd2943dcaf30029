"""Packing a cell into its job's directory.

Beside what the spool and `core.surroundings` name there: ``script``, a shell cell's text.
"""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.errors import PackingError
from pydra_oar_jupyter.core.files import link, unwritable, write_atomically
from pydra_oar_jupyter.core.pickles import save
from pydra_oar_jupyter.core.surroundings import Surroundings, import_places

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
    around: Surroundings = field(default_factory=Surroundings)

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
            "path": import_places(),
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
                link(like.payload, job.payload)
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
    around: Surroundings = field(default_factory=Surroundings)
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
