"""Handing jobs to a scheduler: once, whatever fails on the way."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.backend import get_backend
from pydra_oar_jupyter.core.errors import OarError, Refused, Unreachable
from pydra_oar_jupyter.core.process import alive

if TYPE_CHECKING:
    from pydra_oar_jupyter.core.spool import Submission
    from pydra_oar_jupyter.core.troubles import Troubles

# How long a submitting command may live on after its kernel, in seconds.
_ARRIVING = 30.0
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
            submission.write()
            raise
        except Unreachable as problem:
            doubtful = True
            troubles.note(backend.name, problem)
            time.sleep(pause)
            pause = min(pause * 2, _RETRY)
        else:
            slow.cancel()  # before the note, which would otherwise be of yesterday
            troubles.note(backend.name, None)
            submission.write()
            return
        finally:
            slow.cancel()


def recover(submission: Submission, troubles: Troubles) -> bool:
    """Find out what became of a submission whose kernel ended while it sent it.

    Returns whether the scheduler has it; its ids are then known. Blocks while that is open.

    Raises:
        Refused: the scheduler did not take it.
    """
    answered = 0.0
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
                    submission.write()
        except Refused:
            raise
        except (OarError, OSError) as error:
            problem = error
        troubles.note(submission.backend, problem)
        if submission.ids:
            return True
        if not problem and not sending:
            # What the sender started may arrive a little after it; and a scheduler that was
            # down takes it only now.
            answered = answered or time.time()
            if time.time() - max(answered, submission.created) > _ARRIVING:
                return False
        time.sleep(1)
