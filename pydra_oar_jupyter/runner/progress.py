"""Bars that move in the notebook while the job runs."""

from __future__ import annotations

import itertools
import os
import sys
import time
from collections.abc import Sized
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

T = TypeVar("T")

_SECONDS_BETWEEN = 0.2
_taken: set[int] = set()  # the numbers of bars that have not ended
_tell: Callable[..., None] | None = None


def progress(iterable: Iterable[T], *, total: int | None = None, label: str = "") -> Iterator[T]:
    """Iterate, with a bar in the notebook that shows how far the job is.

    Outside of a job it only iterates.

    Args:
        iterable: what to iterate over.
        total: how many there will be; by default the iterable's length, if it has one.
        label: what the bar is called.
    """
    if _tell is None:
        yield from iterable
        return
    if total is None and isinstance(iterable, Sized):
        total = len(iterable)
    bar = _Bar()
    done = 0
    bar.show(done, total, label)
    try:
        for item in iterable:
            yield item
            done += 1
            bar.show(done, total, label)
    finally:
        bar.show(done, total, label, last=True)


class _Bar:
    """One bar: it is told a few times a second, and at its end the next one takes its place."""

    def __init__(self) -> None:
        self._number = next(number for number in itertools.count(1) if number not in _taken)
        _taken.add(self._number)
        self._next = 0.0

    def show(
        self, done: float, total: float | None, label: str, unit: str = "it", *, last: bool = False
    ) -> None:
        now = time.monotonic()
        if _tell is not None and (last or now >= self._next):
            self._next = now + _SECONDS_BETWEEN
            bar = f"{os.getpid()}-{self._number}"
            _tell("progress", bar=bar, done=done, total=total, label=label, unit=unit)
        if last:
            _taken.discard(self._number)


def report(tell: Callable[..., None]) -> None:
    """From now on this is a job: bars go to ``tell``, those of tqdm too once it is imported."""
    global _tell
    _tell = tell
    sys.meta_path.insert(0, _Finder())


class _Finder:
    """Finds tqdm where it is, and adds to it when it is loaded."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Called for each import."""
        adapt = {"tqdm.std": _adapt_tqdm, "tqdm.notebook": _adapt_notebook}.get(name)
        spec = PathFinder.find_spec(name, path, target) if adapt else None
        if spec is None or spec.loader is None or adapt is None:
            return None
        execute = spec.loader.exec_module

        def execute_and_adapt(module: ModuleType) -> None:
            execute(module)
            adapt(module)

        spec.loader.exec_module = execute_and_adapt  # type: ignore[method-assign]
        return spec


def _adapt_tqdm(module: Any) -> None:
    """Let its bars be told whenever they are drawn."""
    kind = module.tqdm
    draw, close = kind.display, kind.close

    def show(bar: Any, *, last: bool = False) -> None:
        own = vars(bar).get("_oar_bar")
        if own is None:
            own = bar._oar_bar = _Bar()
        own.show(bar.n, bar.total, str(bar.desc or "").removesuffix(": "), bar.unit, last=last)

    def display(bar: Any, *args: Any, **options: Any) -> Any:
        show(bar)
        return draw(bar, *args, **options)

    def close_and_show(bar: Any) -> None:
        if not getattr(bar, "disable", True):
            show(bar, last=True)
        close(bar)

    kind.display, kind.close = display, close_and_show


def _adapt_notebook(module: Any) -> None:
    """Its widgets have no page to live in; the plain bars reach the notebook."""
    from tqdm import std

    module.tqdm = module.tqdm_notebook = std.tqdm
    module.trange = module.tnrange = std.trange
