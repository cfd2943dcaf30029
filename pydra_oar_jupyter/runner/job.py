"""A job's way through the runner, from its payload to its exit code."""

from __future__ import annotations

import atexit
import contextlib
import faulthandler
import os
import signal
import sys
import threading
import traceback
import weakref
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

from pydra_oar_jupyter.core.errors import PackingError, SpoolError
from pydra_oar_jupyter.core.pickler import DISK_ERRORS, SHELLS_OWN
from pydra_oar_jupyter.core.pickles import Pickles, save
from pydra_oar_jupyter.core.spool import JobDirectory
from pydra_oar_jupyter.runner import progress, streams
from pydra_oar_jupyter.runner.events import Events

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from pydra_oar_jupyter.runner.shell import JobShell

_BROKEN = 70  # EX_SOFTWARE
_UNWRITABLE = 74  # EX_IOERR
_LAST_ACTS = 10.0  # seconds that functions registered with atexit have


def main(directory: str) -> NoReturn:
    """Run the cell of the job in this directory, and leave with its exit code."""
    job = JobDirectory(Path(directory))
    stdout, stderr = streams.install()
    code = _BROKEN
    try:
        events = Events(job.events, stdout, stderr)
        code = _run(job, events)
        if events.failed or stdout.failed or stderr.failed:
            code = _UNWRITABLE
    except SpoolError as error:
        code = _UNWRITABLE
        _complain(str(error))
    except BaseException as error:
        if isinstance(error, OSError) and error.errno in DISK_ERRORS:
            code = _UNWRITABLE
        _complain(traceback.format_exc())
    _leave(code)


def _complain(words: str) -> None:
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{words}\n")


def _leave(code: int) -> NoReturn:
    """Leave now: threads that go on would keep the job, and its nodes, for nothing.

    What the cell registered with atexit runs (connections are closed, MPI is told), but not for
    long: the result has been written.
    """
    timer = threading.Timer(_LAST_ACTS, os._exit, [code])
    timer.daemon = True
    timer.start()
    atexit._run_exitfuncs()
    os._exit(code)


def _run(job: JobDirectory, events: Events) -> int:
    faulthandler.enable(2)
    sys.argv = [""]
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    os.environ.setdefault("PAGER", "cat")
    progress.report(events.tell)
    with Pickles(job.payload) as payload:
        facts = payload.facts
        sys.path[:0] = [place for place in facts["path"] if place not in sys.path]
        from pydra_oar_jupyter.runner.shell import Terminated, make_shell

        shell = make_shell(job.path, events, facts["count"])
        for file, (number, text) in facts["sources"].items():
            shell.compile.know(file, number, text)
        namespace = shell.user_ns
        names, missing = _load(payload, namespace)
    if job.element.exists():
        with Pickles(job.element) as element:
            more, also_missing = _load(element, namespace)
        names, missing = names | more, missing | also_missing
    namespace |= names
    del names
    before = {name: _remember(value) for name, value in namespace.items()}
    value = None
    error: BaseException | None = None
    if missing:
        error = PackingError(
            f"The cell did not run, as the node can't have what it needs: "
            f"{'; '.join(missing.values())}. It was looked for with {sys.executable}."
        )
    else:

        def stop(number: int, _: object) -> None:
            signal.signal(number, signal.SIG_DFL)  # the next one is final
            raise Terminated

        signal.signal(signal.SIGTERM, stop)
        result = shell.run(facts["code"])
        value, error = result.result, result.error_before_exec or result.error_in_exec
        if not events.ours:  # a child that the cell forked, and that came back from it
            os._exit(_exit_code(error))
        if isinstance(error, Terminated):
            _die_of(signal.SIGTERM)
        if isinstance(error, SystemExit) and isinstance(error.code, str):
            _complain(error.code)  # as Python does
    _flush_c()
    _write_result(job, shell, facts, before, value, error)
    code = _exit_code(error)
    events.show("done", ok=code == 0)
    return code


def _load(pickles: Pickles, namespace: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    try:
        return pickles.load(namespace)
    except PackingError as error:
        return {}, {error.name: str(error)}


def _write_result(
    job: JobDirectory,
    shell: JobShell,
    facts: Mapping[str, Any],
    before: Mapping[str, Callable[[], object]],
    value: object,
    error: BaseException | None,
) -> None:
    """Tell an error that was not shown, and write what goes back."""
    from pydra_oar_jupyter.runner.shell import message_of

    after = shell.user_ns
    back = facts["out"]
    if back is None:
        back = comes_back(before, after, facts["changes"])
    objects = {name: after[name] for name in back if name in after}
    missing = {name: f"{name}: the cell has not assigned it" for name in back if name not in after}
    told: dict[str, Any] = {"deleted": [], "error": None}
    told["deleted"] = [name for name in before if name not in after and name not in missing]
    if value is not None:
        objects["<value>"] = value
    if _exit_code(error):
        assert error is not None
        if shell.rendered is None:
            rendered = traceback.format_exception(error)[-1:]
            shell._showtraceback(type(error), error, rendered)
        objects["<error>"] = error
        told["error"] = {
            "name": type(error).__name__,
            "message": message_of(error),
            "traceback": shell.rendered,
        }
    save(job.result, objects, told | {"missing": missing}, namespace=after)


def _remember(value: object) -> Callable[[], object]:
    """Return it when called; large things are not kept alive for that, if it can be avoided."""
    try:
        return weakref.ref(value)
    except TypeError:
        return lambda: value


def comes_back(
    before: Mapping[str, Callable[[], object]],
    after: Mapping[str, Any],
    changes: Collection[str],
) -> list[str]:
    """The names that a cell has assigned indeed, or whose objects it may have changed.

    Args:
        before: what each name of the namespace was, as the cell found it.
        after: the namespace as it left it.
        changes: names whose objects it may have changed in place.
    """
    return [
        name
        for name, value in after.items()
        if not SHELLS_OWN.fullmatch(name)
        and (
            name not in before
            or before[name]() is not value
            or (name in changes and not isinstance(value, ModuleType))
        )
    ]


def _exit_code(error: BaseException | None) -> int:
    if not isinstance(error, SystemExit):
        return 0 if error is None else 1
    if error.code is None or isinstance(error.code, int):
        return (error.code or 0) & 0xFF
    return 1


def _die_of(number: int) -> NoReturn:
    """Die as who sent the signal expects; no result: the scheduler knows why."""
    sys.stdout.flush()
    sys.stderr.flush()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    raise AssertionError


def _flush_c() -> None:
    """Write what C libraries hold; they believe that it's theirs to write at exit."""
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import ctypes

        ctypes.CDLL(None).fflush(None)
