"""Leave nothing in a job's directory."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_KEPT = "_pairio"  # a compute client of the published package looks at its files of such names


def clean(directory: Path) -> None:
    """Remove all files below a directory, and the directories that are empty then.

    What can't be removed stays. Links are removed, never followed.
    """
    for above, directories, files in os.walk(directory, topdown=False):
        for name in files:
            if not name.startswith(_KEPT):
                with suppress(OSError):
                    Path(above, name).unlink()
        for name in directories:
            place = Path(above, name)
            with suppress(OSError):
                place.unlink() if place.is_symlink() else place.rmdir()
