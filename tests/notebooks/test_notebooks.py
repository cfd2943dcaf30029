"""The example notebooks, run and checked by nbval on every backend."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", ["quickstart", "parameter_sweep", "pydra", "pairio", "monitor"])
def test_notebook(name: str, backend: str, spool: Path) -> None:
    """Cells tagged ``nbval-check-output`` must print what is saved; no other may fail."""
    notebook = NOTEBOOKS / f"{name}.ipynb"
    nbval = ["--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=300"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *nbval, str(notebook)],
        cwd=NOTEBOOKS,
        env=os.environ,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
