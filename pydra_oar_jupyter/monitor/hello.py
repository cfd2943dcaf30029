"""What is told first: who it is that knows the jobs, and whose they are."""

from __future__ import annotations

import shutil
import time
from importlib.metadata import version
from typing import TypedDict

from pydra_oar_jupyter.core.backend import default_backend
from pydra_oar_jupyter.core.files import private_directory
from pydra_oar_jupyter.core.jobs import all_jobs
from pydra_oar_jupyter.monitor.rows.jobs import user


class Hello(TypedDict):
    """As in ``protocol.ts``."""

    version: str
    spool: str
    user: str
    now: float
    backend: str
    backends: list[str]


def hello() -> Hello:
    """The answer to ``hello``.

    Raises:
        SpoolError: the spool can't be made, or others can enter it.
    """
    root = private_directory(all_jobs().spool.root)
    backend = default_backend()
    found = {backend, "local", *(["oar"] if shutil.which("oarsub") else [])}
    return {
        "version": version("pydra-oar-jupyter"),
        # Two machines may have different folders of the same name.
        "spool": f"{root.resolve()}#{root.stat().st_ino}",
        "user": user(),
        "now": time.time(),
        "backend": backend,
        "backends": sorted(found),
    }
