"""A job's status, as handles tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.clean import xml
from pydra_oar_jupyter.core.html import toned
from pydra_oar_jupyter.pairio.states import in_words, tone

if TYPE_CHECKING:
    from pydra_oar_jupyter.pairio.models import PairioJob


def in_a_word(job: PairioJob) -> str:
    """As text."""
    return in_words(job.status, canceled=job.canceled, waits=not job.isRunnable)


def marked(job: PairioJob) -> str:
    """As HTML, with its mark and colour."""
    mark = toned(tone(job.status, canceled=job.canceled))
    return f'<span style="white-space:nowrap">{mark} {xml(in_a_word(job))}</span>'
