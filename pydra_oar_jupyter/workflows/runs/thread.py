"""Threads in which Pydra runs, beside whatever else the process does."""

from __future__ import annotations

import contextvars
import ctypes
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# From Linux's sched.h: the working directory and the umask.
_CLONE_FS = 0x200


def start_thread(work: Callable[[], None]) -> None:
    """Do some work of Pydra's in a thread that ends with the interpreter.

    What it prints goes where the caller's prints go. It has a working directory of its own, to
    begin with the caller's: Pydra changes it while tasks run, and back to what it was.
    """
    context = contextvars.copy_context()

    def body() -> None:
        with suppress(AttributeError, OSError):  # not on Linux
            ctypes.CDLL(None).unshare(_CLONE_FS)
        context.run(work)

    threading.Thread(target=body, name="pydra-run", daemon=True).start()
