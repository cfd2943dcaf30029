"""OAR's commands, watched and disturbed."""

from __future__ import annotations

import stat
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Commands:
    """A prefix for OAR's commands that notes each call, and holds up those it is told to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "calls"
        self.log.touch()
        self.script = folder / "prefix"
        self.script.write_text(
            "#!/bin/sh\n"
            f'echo "$1" >>{self.log}\n'
            f'if [ -e {folder}/fail-"$1" ]; then\n'
            '    echo "DB connection error, exiting." >&2; exit 25\n'
            "fi\n"
            f'while [ -e {folder}/hang-"$1" ]; do sleep 0.1; done\n'
            f'[ ! -e {folder}/mute-"$1" ] || exec "$@" >/dev/full 2>&1\n'
            'exec "$@"\n'
        )
        self.script.chmod(stat.S_IRWXU)

    def __getitem__(self, command: str) -> int:
        """How often it was called."""
        return Counter(self.log.read_text().split())[command]

    def set(self, fault: str, command: str) -> None:
        """``fail``, ``hang``, or ``mute`` as on a full disk, from now on."""
        (self.folder / f"{fault}-{command}").touch()

    def clear(self, fault: str, command: str) -> None:
        (self.folder / f"{fault}-{command}").unlink()
