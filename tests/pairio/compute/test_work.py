"""What is told of a job that did not come to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.pack import new_pack
from pydra_oar_jupyter.core.request import Request
from pydra_oar_jupyter.pairio.compute.work import Work
from tests.conftest import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path


def failure(work: str) -> str:
    pack = new_pack(Request.parse("-l core=1"), "pairio", "job", array=False)
    pack.add()
    pack.work(work)
    (job,) = pack.submit("local")
    return Work("4f2", "the key", job, "app.p").failure(job.wait(PATIENCE))


def test_the_end_of_its_standard_error_is_told_without_its_key(spool: Path) -> None:
    told = failure("i=0; while [ $((i += 1)) -lt 99 ]; do echo no $i the key >&2; done; exit 3")
    assert told.endswith("\n".join(f"no {i} …" for i in range(89, 99)))


def test_one_that_left_a_pipe_for_its_standard_error_is_not_waited_for(spool: Path) -> None:
    told = failure('rm "$job/stderr"; mkfifo "$job/stderr"; exit 3')
    assert told == "Its program did not come to its end: it exited with 3."
