"""What a cell must stand on the real OAR: a full disk, a foreign pickle, hostile names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.faults import fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Kernel

pytestmark = pytest.mark.parametrize(
    "backend", [pytest.param("oar", marks=pytest.mark.cluster)], indirect=True
)


@pytest.fixture
def small_disk(backend: str, spool: Path) -> Iterator[Path]:
    """The spool on a disk of 2 MB."""
    spool.mkdir(mode=0o700)
    fault("small-disk", str(spool), "2m")
    yield spool
    fault("release-disk", str(spool))


def test_a_disk_too_small_for_what_goes(small_disk: Path, kernel: Kernel) -> None:
    kernel.run("data = bytes(4_000_000)")
    ran = kernel.run("%%oar -l core=1\nlen(data)")
    assert "No space left on device" in ran.traceback
    assert "PYDRA_OAR_SPOOL" in ran.traceback
    assert not list(small_disk.glob("submissions/*"))
    assert not list(small_disk.glob("jobs/*"))
    assert kernel.run("%%oar -l core=1\n6 * 7").value["text/plain"] == "42"


def test_a_disk_too_small_for_what_comes_back(small_disk: Path, kernel: Kernel) -> None:
    ran = kernel.run("%%oar -l core=1\nprint('computed')\ndata = bytes(4_000_000)")
    assert "computed" in ran.stream()
    assert "disk" in ran.traceback
    assert "full" in ran.traceback
    assert kernel.run("%%oar -l core=1\n6 * 7").value["text/plain"] == "42"


def test_a_disk_that_output_fills(small_disk: Path, kernel: Kernel) -> None:
    ran = kernel.run("%%oar -l core=1\nfor _ in range(4_000): print('x' * 1_000)")
    # Whether the exception found room to be told, or only that there was none, is chance.
    assert re.search("No space left on device|disk or the quota is full", ran.traceback)


def test_a_result_that_another_account_wrote(backend: str, kernel: Kernel, spool: Path) -> None:
    kernel.run("%%oar -l core=1 --detach\n'mine'")
    kernel.run("job = _\njob.wait()")
    assert kernel.eval("job.outcome.ok")
    (result,) = spool.glob("jobs/*/result.pkl")
    fault("chown-root", str(result))
    ran = kernel.run("job.result()")
    assert "not trusted" in ran.traceback
    assert "mine" not in ran.traceback


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        'a "b" & c',
        "$(touch owned); `id` | x",
        "two\\nlines",
        "é 漢字 %",
    ],
)
def test_names_made_to_break_a_page_or_a_shell(
    backend: str, kernel: Kernel, spool: Path, name: str
) -> None:
    kernel.run(f"name = {name!r}")
    ran = kernel.run('%%oar -l core=1 -n "$name"\n6 * 7')
    assert ran.value["text/plain"] == "42"
    shown = [data.get("text/html", "") for data in ran.displays]
    assert not any("<script>" in html for html in shown)
    assert not list(spool.parent.rglob("owned"))
    table = kernel.run("%oar jobs")
    assert "<script>" not in table.value["text/html"]
