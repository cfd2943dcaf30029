"""``--notify "[TAG,…]exec:PROGRAM ARGS"``: a program that is told what becomes of a job.

It gets OAR's four arguments more: the job's id, its name, the tag and a sentence. Mails are not
sent: a machine of one's own seldom has a mail server.
"""

from __future__ import annotations

import os
import re
import shlex
from typing import TYPE_CHECKING

from pydra_oar_jupyter.backends.local.files import login_environment
from pydra_oar_jupyter.backends.local.store import load

if TYPE_CHECKING:
    import sqlite3

_NOTIFY = re.compile(r"\s*(?:\[([^\]]*)\])?\s*exec\s*:\s*(.+)")


def notify(row: sqlite3.Row, tag: str, sentence: str) -> None:
    """Start the job's program, if it has one for this tag; nobody waits for it."""
    wanted = _NOTIFY.fullmatch(row["notify"])
    if not wanted:
        return
    tags = [one.strip().upper() for one in (wanted[1] or tag).split(",")]
    if tag not in tags:
        return
    words = [*shlex.split(wanted[2]), str(row["id"]), row["name"], tag, sentence]
    environment = login_environment(load(row, "environment"))
    if child := os.fork():
        os.waitpid(child, 0)
        return
    try:
        if not os.fork():
            os.setsid()
            os.execvpe(words[0], words, environment)  # noqa: S606  as OAR does
    finally:
        os._exit(127)
