"""The published package, ``pairio`` from the package index, in an environment of its own."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

VERSION = "0.5.9"


@cache
def published_environment() -> Path:
    """The folder of an environment that has the published package, made once for an account.

    Where it can't be made, this skips the test, aloud; where nothing may be skipped, it fails it.
    """
    name = f"pairio-{VERSION}-python{sys.version_info.major}.{sys.version_info.minor}"
    folder = Path.home() / ".cache" / "pydra-oar-jupyter-tests" / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            _make(folder)
            (folder / "ready").touch()
    return folder


def _make(folder: Path) -> None:
    python = folder / "bin" / "python"
    try:
        for command in (
            [sys.executable, "-m", "venv", "--clear", folder],
            [python, "-m", "pip", "install", "-q", f"pairio=={VERSION}"],
        ):
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=240)
    except (subprocess.SubprocessError, OSError) as error:
        said = getattr(error, "stderr", None) or error
        why = f"no environment with pairio {VERSION} from the package index: {said}"
        if "CI" in os.environ or os.environ.get("PYDRA_OAR_CLUSTER_TESTS") == "required":
            pytest.fail(why)
        pytest.skip(why)
