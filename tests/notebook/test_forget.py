"""Removing old jobs from the spool."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Kernel


def test_jobs_are_forgotten_by_the_days_since_their_end(kernel: Kernel, spool: Path) -> None:
    kernel.run("%%oar\n6 * 7")
    assert "no jobs" in kernel.run("%oar forget").stream()
    assert len(kernel.run("found = %oar jobs --df\nlen(found)").value) == 1
    assert kernel.run("%oar forget 0").stream().startswith("Removed 1 job that")
    assert list((spool / "jobs").iterdir()) == []
    assert kernel.eval("get_ipython().run_line_magic('oar', 'jobs --json')") == []


def test_days_that_are_none_are_refused(kernel: Kernel) -> None:
    for words in ("soon", "-1", "nan", "inf", "3 4"):
        assert f"'{words}' is no number of days" in kernel.run(f"%oar forget {words}").traceback
