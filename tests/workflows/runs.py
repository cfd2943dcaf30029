"""Runs that tests start, and what these tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.workflows.runs.run import Run, submit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# How long a run may take on a loaded machine, in seconds.
LONG = 120


def starting(cache: Path, usual: str, **usually: Any) -> Iterator[Callable[..., Run]]:
    """For a fixture: submits tasks, to the usual worker if no other is named; ends them."""
    started: list[Run] = []

    def start(task: Any, worker: str = usual, **options: Any) -> Run:
        given = (usually if worker == usual else {}) | options
        started.append(submit(task, worker, **{"cache_root": cache} | given))
        return started[-1]

    yield start
    for one in started:
        one.cancel()
        one.wait(LONG)


def counts(one: Run) -> dict[str, int]:
    return {str(state): number for state, number in one.progress.counts.items()}
