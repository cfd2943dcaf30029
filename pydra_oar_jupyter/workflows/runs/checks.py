"""What is asked of a run, looked at before anything runs: each error says what to do."""

from __future__ import annotations

import inspect
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pydra.engine  # noqa: F401 - first, or its workers can't be imported
from pydra.compose.base import Task
from pydra.engine.submitter import Submitter
from pydra.utils.general import get_fields
from pydra.workers.base import Worker

from pydra_oar_jupyter.core.backend import default_backend
from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.resources import did_you_mean
from pydra_oar_jupyter.workflows.worker.caches import check_cache_root, default_cache_root

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def check_task(task: object) -> None:
    """See that it is a task that can run.

    Raises:
        RequestError: it is none, or something is missing in it.
    """
    if not isinstance(task, Task):
        raise RequestError(f"This is no Pydra task but {_what(task)}.", hint=_hint(task))
    _check_inputs(task)


def _check_inputs(task: Any) -> None:
    name = type(task).__name__
    missing = [field.name for field in get_fields(task) if _missing(task, field)]
    if missing:
        inputs = "its input" if len(missing) == 1 else "its inputs"
        raise RequestError(
            f"{name} can't run without {inputs} {_listed(missing)}.",
            hint=f"Such as {name}({', '.join(f'{field}=…' for field in missing)}).",
        )
    if task._combiner and not task._splitter:
        raise RequestError(
            f"{name} is to be combined by {_listed(task._combiner)}, but it is not split.",
            hint="Such as .split(x=[1, 2]).combine('x').",
        )
    try:
        task._check_resolved()
        attrs.validate(task)
        wrong = task._rule_violations()
    except (ValueError, TypeError) as error:
        raise RequestError(f"{name} can't run: {error}") from error
    if wrong:
        raise RequestError(f"{name} can't run: {'; '.join(wrong)}.")


def _missing(task: Any, field: Any) -> bool:
    template = getattr(field, "path_template", False)
    return getattr(task, field.name) is attrs.NOTHING and not template and not field.readonly


def _what(thing: object) -> str:
    if isinstance(thing, type):
        return f"the class {thing.__name__}"
    if inspect.isroutine(thing):
        return f"the function {getattr(thing, '__name__', thing)}"
    if thing is None:
        return "None"
    kind, text = type(thing).__name__, repr(thing)
    shown = text if len(text) <= 60 else f"{text[:60]}…"
    return f"{'an' if kind[0] in 'aeiouAEIOU' else 'a'} {kind}: {shown}"


def _hint(thing: object) -> str:
    if isinstance(thing, type) and issubclass(thing, Task):
        inputs = [field.name for field in get_fields(thing) if field.mandatory]
        return f"Give it its inputs: {thing.__name__}({', '.join(f'{i}=…' for i in inputs)})."
    if inspect.isroutine(thing):
        name = getattr(thing, "__name__", "f")
        return f"Make it one with @python.define (from pydra.compose), and call it: {name}(…)."
    if isinstance(thing, list | tuple) and thing and all(isinstance(one, Task) for one in thing):
        return "One run is of one task: make it a workflow, or a split."
    return "A task is what comes of python.define, shell.define or workflow.define, called."


def check_worker(name: object, options: Mapping[str, Any]) -> None:
    """See that there is such a worker, and that it knows these options.

    Raises:
        RequestError: there is none, or it does not.
    """
    known = Worker.available_plugins()
    if not isinstance(name, str) or name.replace("-", "_") not in known:
        hint = did_you_mean(name, known) if isinstance(name, str) else ""
        there = ", ".join(sorted(found.replace("_", "-") for found in known))
        raise RequestError(
            f"Pydra has no worker {name!r}.", hint=f"{hint} There are: {there}.".strip()
        )
    own = _parameters(known[name.replace("-", "_")])
    for option in options:
        if own is not None and option not in own | _parameters(Submitter):
            hint = did_you_mean(option, own)
            there = f"It has: {', '.join(sorted(own))}." if own else "It has none."
            raise RequestError(
                f"Pydra's worker {name} has no option {option!r}.", hint=f"{hint} {there}".strip()
            )


def _parameters(kind: type) -> set[str]:
    """What can be given to it by name."""
    parameters = inspect.signature(kind).parameters.values()
    return {
        parameter.name
        for parameter in parameters
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
        and parameter.name != "loop"  # which the Submitter sets
    }


def backend_of(worker: str, options: Mapping[str, Any]) -> str:
    """What runs the jobs of a worker with these options; "" if it submits none of ours."""
    return (options.get("backend") or default_backend()) if worker == "oar" else ""


def usable_cache_root(
    cache_root: str | Path | None, worker: str, options: Mapping[str, Any]
) -> Path:
    """Where results are to be kept, which nodes must see if tasks run there; it is made.

    Raises:
        RequestError: they can't see it, or it can't be written here.
    """
    from pydra.utils.general import default_run_cache_root

    backend = backend_of(worker, options)
    usual = default_cache_root(backend) if backend else default_run_cache_root
    root = Path(cache_root or usual).expanduser().resolve()
    if backend and not options.get("allow_local_cache"):
        check_cache_root(root, backend)
    try:
        root.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=root).close()
    except OSError as error:
        raise RequestError(
            f"Results can't be kept in {root}: {error.strerror or error}.",
            hint="Choose another folder with cache_root=… (--cache-root).",
        ) from error
    return root


def _listed(names: Iterable[str]) -> str:
    *first, last = map(repr, names)
    return f"{', '.join(first)} and {last}" if first else last
