"""Handing jobs to a scheduler: once, whatever fails on the way."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.backend import get_backend
from pydra_oar_jupyter.core.errors import OarError, Refused, SpoolError, Unreachable
from pydra_oar_jupyter.core.process import alive

if TYPE_CHECKING:
    from pydra_oar_jupyter.core.spool import Submission
    from pydra_oar_jupyter.core.troubles import Troubles

# How long a submission may arrive after its sender ended, and after one of another machine, of
# which that can't be told, was last not there, in seconds. One that lives tries more often.
_ARRIVING, _ARRIVING_FROM_ELSEWHERE = 30.0, 300.0
# How long a submission may take before those who wait are told, in seconds.
_SLOW = 5.0
# The longest pause before a scheduler that did not answer is tried again, in seconds.
_RETRY = 30.0


class _Slow(OarError):
    def __str__(self) -> str:
        return "the scheduler has not answered the submission yet; the job goes in once it does"


def deliver(submission: Submission, troubles: Troubles) -> None:
    """Submit, as often as it takes to be sure, and write the ids down.

    Blocks while the scheduler does not answer.

    Raises:
        Refused: the scheduler won't take it.
    """
    backend = get_backend(submission.backend)
    pause, doubtful = 1.0, False
    while True:
        slow = threading.Timer(_SLOW, troubles.note, (backend.name, _Slow()))
        slow.daemon = True
        slow.start()
        try:
            ids = backend.find(submission) if doubtful else []
            submission.ids = ids or backend.submit(submission)
        except Refused as refusal:
            submission.refused = str(refusal)
            _note(submission)
            raise
        except (Unreachable, OSError) as problem:
            doubtful = True
            troubles.note(backend.name, problem)
            time.sleep(pause)
            pause = min(pause * 2, _RETRY)
        else:
            slow.cancel()  # before the note, which would otherwise be of yesterday
            troubles.note(backend.name, None)
            _note(submission)
            return
        finally:
            slow.cancel()


def _note(submission: Submission) -> None:
    with suppress(SpoolError):  # a full disk: the scheduler tells other kernels the same
        submission.write()


def recover(submission: Submission, troubles: Troubles) -> bool:
    """Find out what became of a submission whose kernel ended while it sent it.

    Returns whether the scheduler has it; its ids are then known. Blocks while that is open.

    Raises:
        Refused: the scheduler did not take it.
    """
    absent_since: float | None = None
    pause = 1.0
    while True:
        # First whether the sender lives: it may have written the ids just before it ended.
        sending = alive(submission.sender)
        problem: Exception | None = None
        try:
            submission.reload()
            if submission.refused:
                raise Refused(submission.refused)
            if not submission.ids:
                submission.ids = get_backend(submission.backend).find(submission)
                if submission.ids:
                    _note(submission)
        except Refused:
            raise
        except (OarError, OSError, ValueError, KeyError) as error:
            problem = error
        troubles.note(submission.backend, problem)
        if submission.ids:
            return True
        if problem or sending:
            absent_since = None
        else:
            # What the sender started may arrive a little after it; and a scheduler that was
            # down takes it only now.
            absent_since = absent_since or time.monotonic()
            patience = _ARRIVING if sending is False else _ARRIVING_FROM_ELSEWHERE
            if time.monotonic() - absent_since > patience:
                return False
        time.sleep(pause)
        pause = min(pause * 1.5, _RETRY)
