"""IPython, as a notebook's kernel has it, in a job."""

from __future__ import annotations

import sys
import traceback
import warnings
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from IPython.core import page
from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.profiledir import ProfileDir
from traitlets import Type
from traitlets.config import Config

if TYPE_CHECKING:
    from pathlib import Path

    from pydra_oar_jupyter.runner.events import Events


class Terminated(BaseException):
    """The scheduler asks the job to end. Not an Exception: a cell that catches all goes on."""


def make_shell(directory: Path, events: Events, count: int) -> JobShell:
    """The shell that runs the job's cell, which has no history and no profile.

    Args:
        directory: where IPython may leave its own files if it wants to.
        events: where to tell what is shown.
        count: the number of the cell in the notebook.
    """
    config = Config()
    config.HistoryManager.enabled = False
    config.HistoryManager.hist_file = ":memory:"
    JobShell.events_file = events
    shell: JobShell = JobShell.instance(
        config=config,
        ipython_dir=str(directory),
        profile_dir=_NoProfile(location=str(directory)),
    )
    shell.execution_count = count
    shell.set_hook("show_in_pager", page.as_hook(page.display_page), 90)  # type: ignore[no-untyped-call]
    warnings.filterwarnings("ignore", "To exit: use")  # it has no prompt
    return shell


class _NoProfile(ProfileDir):
    """A profile without its usual directories."""

    def _mkdir(self, *_: object) -> bool:
        return False

    def check_dirs(self) -> None:
        pass

    def check_startup_dir(self, *_: object) -> None:
        pass


class _Compiler(CachingCompiler):
    """Knows cells of the notebook too, by the file names that their code bears."""

    _file = ""

    def know(self, file: str, number: int, text: str) -> None:
        """Show this text, as the cell of that number, in tracebacks."""
        self._file = file
        self.cache(text, number)
        self._file = ""

    def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:
        """The name that code bears."""
        name: str = self._file or super().get_code_name(raw_code, transformed_code, number)
        return name


class _Publisher(DisplayPublisher):
    shell: JobShell

    def publish(
        self,
        data: Any,
        metadata: Any = None,
        source: Any = None,  # noqa: ARG002  # old, and still passed by some
        *,
        transient: Any = None,
        update: bool = False,
        **_: Any,
    ) -> None:
        """Tell that something is displayed."""
        facts = {"data": data, "metadata": metadata or {}, "transient": transient or {}}
        self.shell.events_file.show("display", **facts, update=update)

    def clear_output(self, wait: bool = False) -> None:
        """Tell that the output is cleared."""
        self.shell.events_file.show("clear", wait=wait)


class _ValueHook(DisplayHook):
    shell: JobShell

    def write_output_prompt(self) -> None:
        """The notebook writes it."""

    def write_format_data(
        self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None
    ) -> None:
        """Tell the representation of the last expression's value."""
        self.shell.events_file.show("value", data=format_dict, metadata=md_dict or {})

    def log_output(self, format_dict: dict[str, Any]) -> None:
        """There is no history."""

    def finish_displayhook(self) -> None:
        """Nothing was written."""
        self._is_active = False


class JobShell(InteractiveShell):
    """The shell.

    Attributes:
        events_file: where to tell what is shown.
        rendered: the last traceback, as it was shown.
    """

    compiler_class = _Compiler
    compile: _Compiler
    displayhook_class = Type(_ValueHook)
    display_pub_class = Type(_Publisher)
    events_file: Events
    rendered: list[str] | None = None
    _lines_above = 0

    def run(self, code: str) -> Any:
        """Run the notebook's cell, which is ``code`` below the line of the magic.

        Returns:
            IPython's ExecutionResult.
        """
        lines = code.splitlines()
        # IPython drops empty lines at the top; they count when the person counts.
        empty = next((at for at, line in enumerate(lines) if line.strip()), 0)
        self._lines_above = 1 + empty
        return self.run_cell(code, store_history=True)  # type: ignore[no-untyped-call]

    def transform_cell(self, raw_cell: str) -> str:
        """Make Python of it, with its lines where they are in the notebook's cell."""
        above, self._lines_above = self._lines_above, 0
        python = super().transform_cell(raw_cell)  # type: ignore[no-untyped-call]
        return "\n" * above + str(python)

    def system(self, cmd: str) -> None:
        """Run a shell command, which writes to the job's output itself."""
        sys.stdout.flush()
        sys.stderr.flush()
        self.system_raw(cmd)  # type: ignore[no-untyped-call]

    def ask_exit(self) -> None:
        """`exit` ends the job."""
        raise SystemExit(0)

    def enable_gui(self, gui: str | None = None) -> None:
        """There is nobody to look at a window."""

    def init_virtualenv(self) -> None:
        """The interpreter was chosen with the job."""

    def _tee(self, channel: Any = None) -> Any:  # noqa: ARG002  # IPython's own signature
        return nullcontext()  # IPython would keep all output in memory

    def _format_exception_for_storage(self, *_: Any, **__: Any) -> dict[str, Any]:
        return {}  # nothing is stored

    def showtraceback(self, exc_tuple: Any = None, *args: Any, **options: Any) -> None:
        """Tell the traceback of an exception; leaving the cell is none."""
        value = (exc_tuple or sys.exc_info())[1]
        if isinstance(value, SystemExit | Terminated):
            return
        if value is not None and _has_group(value):  # which IPython would print
            self._showtraceback(type(value), value, traceback.format_exception(value))
            return
        super().showtraceback(exc_tuple, *args, **options)

    def show_usage_error(self, exc: BaseException) -> None:
        """Tell that a magic was used wrongly."""
        self._showtraceback(type(exc), exc, [f"UsageError: {exc}"])

    def _showtraceback(self, etype: type[BaseException], evalue: Any, stb: list[str]) -> None:
        self.rendered = [str(part) for part in stb]
        if self.events_file.ours:
            facts = {"name": etype.__name__, "message": message_of(evalue)}
            self.events_file.show("error", **facts, traceback=self.rendered)
        else:
            sys.stderr.write("\n".join(self.rendered) + "\n")


def _has_group(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, BaseExceptionGroup):
        error = error.__context__
    return error is not None


def message_of(error: BaseException) -> str:
    """What it says, even if it can't."""
    try:
        return str(error)
    except BaseException:
        return "<its text can't be had>"
