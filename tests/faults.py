"""Faults that take root: the throwaway cluster allows its account exactly these."""

from __future__ import annotations

import subprocess
from pathlib import Path


def fault(*words: str) -> None:
    """Break, or mend, something of the cluster; ``tests/cluster/fault`` lists what."""
    script = Path(__file__).parent / "cluster" / "fault"
    subprocess.run([script, *words], check=True, timeout=120)
