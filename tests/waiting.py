"""Waiting for what a test expects, instead of sleeping for as long as it might take."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def wait_until(condition: Callable[[], T], timeout: float = 60.0, *, every: float = 0.02) -> T:
    """Ask until the condition is true, and return what it is; fail after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{condition} was not true within {timeout} seconds")
        time.sleep(every)
    return found
