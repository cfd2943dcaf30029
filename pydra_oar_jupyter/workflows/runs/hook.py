"""Pydra's own Submitter in a notebook's cell.

It calls ``run_until_complete`` on the kernel's loop, which runs already, and fails. While this is
attached, what is submitted where a loop runs does so in a thread with a loop of its own, and can
be seen meanwhile. One method of Pydra's is replaced for that, ``Submitter.submit``; all other
calls of it are passed on.
"""

from __future__ import annotations

import asyncio
import functools
import importlib.util
import math
import sys
import threading
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    from pydra.engine.job import Job as PydraJob
    from pydra.engine.submitter import Submitter

    from pydra_oar_jupyter.workflows.runs.directories import Asked, RunFacts
    from pydra_oar_jupyter.workflows.runs.run import Run

    Observe = Callable[[Run], AbstractContextManager[object]]
    Submit = Callable[..., None]

_MODULE = "pydra.engine.submitter"
# How long a run that was interrupted may take to end before that goes on without its cell.
_PATIENCE = 30.0


def attach(observe: Observe, origin: Callable[[], Origin] = Origin) -> None:
    """Let any Submitter work in a notebook, and be seen.

    Args:
        observe: what shows a run. It is entered when the run begins, and left when that has
            ended; in between the thread that called it waits, or runs the tasks itself (worker
            debug). An interrupt there cancels the run, and is raised on. Called again, the last
            one is used.
        origin: tells where a run that begins comes from.
    """
    _hook.observe, _hook.origin = observe, origin
    if module := sys.modules.get(_MODULE):
        _hook.replace(module)
    elif _hook not in sys.meta_path:
        sys.meta_path.insert(0, _hook)


def detach() -> None:
    """Leave Pydra and the import system as they were."""
    _hook.observe = None
    _hook.restore()
    if _hook in sys.meta_path:
        sys.meta_path.remove(_hook)


class _Hook:
    """A finder, for as long as Pydra is not imported; then the method in place of Pydra's."""

    def __init__(self) -> None:
        self.observe: Observe | None = None
        self.origin: Callable[[], Origin] = Origin
        self._kind: type[Submitter] | None = None
        self._original: Submit | None = None
        self._replacement: Submit | None = None

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Of the one module, what all others find, with a loader that tells when it is loaded."""
        if name != _MODULE:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return spec
        loader: Any = spec.loader
        load = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            del loader.exec_module
            try:
                load(module)
            except BaseException:
                if self.observe and self not in sys.meta_path:
                    sys.meta_path.insert(0, self)  # it may be tried again
                raise
            if self.observe:
                self.replace(module)

        loader.exec_module = exec_module
        return spec

    def replace(self, module: ModuleType) -> None:
        """Put the method in place of Pydra's."""
        if self._replacement is not None:
            return
        self._kind = module.Submitter
        original = self._original = module.Submitter.submit

        @functools.wraps(original)
        def submit(self: Submitter, job: PydraJob[Any], rerun: bool = False) -> None:
            if _hook.observe is None or not _in_a_loop():
                original(self, job, rerun=rerun)
            else:
                _submit(original, self, job, rerun=rerun)

        self._replacement = submit
        self._kind.submit = submit  # type: ignore[method-assign]

    def restore(self) -> None:
        """Put Pydra's method back, unless somebody has put another in place since."""
        if self._kind and self._kind.submit is self._replacement:
            self._kind.submit = self._original  # type: ignore[method-assign,assignment]
            self._kind = self._original = self._replacement = None


_hook = _Hook()
_here = threading.local()  # .busy: tasks run in this thread, which may submit others


def _in_a_loop() -> bool:
    with suppress(RuntimeError):
        asyncio.get_running_loop()
        return True
    return False


def _submit(original: Submit, submitter: Submitter, job: PydraJob[Any], *, rerun: bool) -> None:
    """Run a job to its end, and let it be seen unless it is a part of one that is."""
    from pydra_oar_jupyter.workflows.runs.directories import new_directory
    from pydra_oar_jupyter.workflows.runs.live import Live
    from pydra_oar_jupyter.workflows.runs.run import Run, forget, remember
    from pydra_oar_jupyter.workflows.runs.stoppable import stoppable
    from pydra_oar_jupyter.workflows.runs.thread import start_thread

    facts, asked = _facts_of(submitter, job, rerun=rerun)
    directory = new_directory()
    live = Live(facts, directory, asked)
    run = remember(Run(directory, facts, live))
    own, worker, usual = stoppable(submitter, live), submitter.worker, submitter.worker.loop
    job.submitter = own

    def call() -> None:
        own.begin(job)
        original(own, job, rerun=rerun)

    outer = getattr(_here, "busy", False)
    observe = _hook.observe if not outer and _hook.observe else nullcontext
    try:
        if worker.is_async:
            own.loop = worker.loop = asyncio.new_event_loop()
            start_thread(functools.partial(live.execute, own, call, loop=own.loop))
            # Outside for what shows the run, inside so that it sees the end.
            with _stopping(run), observe(run), _stopping(run):
                run.wait()
        else:
            _here.busy = True
            with observe(run):
                live.execute(own, call)
    finally:
        _here.busy = outer
        job.submitter, worker.loop = submitter, usual
        if not directory.complete:  # it was quick, and left nothing to be found
            forget(run)
    if live.error:
        raise live.error


@contextmanager
def _stopping(run: Run) -> Iterator[None]:
    """On an interrupt, or whatever else goes wrong, let the run end before that is raised on."""
    try:
        yield
    except BaseException:
        run.cancel()
        with suppress(TimeoutError):
            run.wait(_PATIENCE)
        raise


def _facts_of(submitter: Submitter, job: PydraJob[Any], *, rerun: bool) -> tuple[RunFacts, Asked]:
    from pydra_oar_jupyter.workflows.runs.directories import Asked, RunFacts

    task: Any = job.task
    # What is split, the Submitter has put into a workflow of its own.
    made = getattr(getattr(task, "constructor", None), "__module__", "") == _MODULE
    worker, most = submitter.worker, submitter.max_concurrent
    try:
        name = worker.plugin_name()
    except ValueError:
        name = type(worker).__name__
    origin = _hook.origin()
    options = {
        "cache_root": submitter.cache_root,
        "rerun": rerun,
        "max_concurrent": None if math.isinf(most) else most,
        "hooks": job.hooks,
        "environment": submitter.environment,
        "readonly_caches": submitter.readonly_caches,
        "source": origin,
        **submitter.worker_kwargs,
    }
    facts = RunFacts(
        name=type(task.defn if made else task).__name__,
        worker=name,
        caches=tuple(map(str, job.all_caches)),
        one_job=bool(getattr(worker, "one_job", False)),
        backend=getattr(worker, "backend", "") if name == "oar" else "",
        origin=origin,
    )
    return facts, Asked(task, name, options)
