"""What a job finds around it: its environment, its node file, the files of its output.

The environment is OAR's: that of a fresh login and the ``OAR_*`` variables. Nothing of the
kernel's own environment, where people keep their secrets, comes along but language and time zone.
"""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.backends.local.store import load

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Columns of OAR's own use, which it leaves out of OAR_RESOURCE_PROPERTIES_FILE.
_SYSTEM = {"resource_id", "state"}
# What is filled in in the names of -O and -E.
_WORDS = {
    "%jobid%": "id",
    "%jobname%": "name",
    "%arrayid%": "array_id",
    "%arrayindex%": "array_index",
}


def language() -> dict[str, str]:
    """The language and the time zone of this process, as environment variables."""
    return {
        name: value
        for name, value in os.environ.items()
        if name in ("LANG", "LANGUAGE", "TZ") or name.startswith("LC_")
    }


def login_environment(kept: dict[str, str]) -> dict[str, str]:
    """The environment of a fresh login, with these variables added."""
    account = pwd.getpwuid(os.getuid())
    return {
        "HOME": account.pw_dir,
        "USER": account.pw_name,
        "LOGNAME": account.pw_name,
        "SHELL": account.pw_shell or "/bin/sh",
        "PATH": _PATH,
        "TERM": "unknown",
        **kept,
    }


def job_environment(row: sqlite3.Row) -> dict[str, str]:
    """The environment of a job, as OAR sets it."""
    stdout, stderr = output_files(row)
    hours, minutes, seconds = (
        row["walltime"] // 3600,
        row["walltime"] // 60 % 60,
        row["walltime"] % 60,
    )
    nodes, directory = str(_node_file(row)), row["directory"]
    return {
        **login_environment(load(row, "environment")),
        "SHLVL": "0",
        "PWD": directory,
        "OAR_STDOUT": stdout,
        "OAR_STDERR": stderr,
        "OAR_FILE_NODES": nodes,
        "OAR_NODEFILE": nodes,
        "OAR_NODE_FILE": nodes,
        "OAR_RESOURCE_FILE": nodes,
        "OAR_RESOURCE_PROPERTIES_FILE": str(_resource_file(row)),
        "OAR_JOBID": str(row["id"]),
        "OAR_JOB_ID": str(row["id"]),
        "OAR_ARRAYID": str(row["array_id"]),
        "OAR_ARRAY_ID": str(row["array_id"]),
        "OAR_ARRAYINDEX": str(row["array_index"]),
        "OAR_ARRAY_INDEX": str(row["array_index"]),
        "OAR_USER": row["owner"],
        "OAR_WORKDIR": directory,
        "OAR_O_WORKDIR": directory,
        "OAR_WORKING_DIRECTORY": directory,
        "OAR_JOB_NAME": row["name"],
        "OAR_PROJECT_NAME": row["project"],
        "OAR_JOB_WALLTIME": f"{hours}:{minutes}:{seconds}",
        "OAR_JOB_WALLTIME_SECONDS": str(row["walltime"]),
    }


def mark_of(row: sqlite3.Row) -> str:
    """The line of the environment that a job's processes have, and no others."""
    return f"OAR_NODEFILE={_node_file(row)}"


def output_files(row: sqlite3.Row) -> tuple[str, str]:
    """Where a job's output goes: what ``-O`` and ``-E`` say, else files of its submission."""
    return _output_file(row, "stdout", "out"), _output_file(row, "stderr", "err")


def _output_file(row: sqlite3.Row, stream: str, suffix: str) -> str:
    name: str = row[stream]
    if not name:
        return f"{row['path']}/{row['id']}.{suffix}"
    for word, column in _WORDS.items():
        name = name.replace(word, str(row[column]))
    return name if name.startswith("/") else f"{row['directory']}/{name}"


def write_node_files(row: sqlite3.Row, resources: Sequence[dict[str, Any]]) -> None:
    """Write OAR_NODEFILE, a host for each resource, and OAR_RESOURCE_PROPERTIES_FILE.

    Raises:
        OSError: they can't be written.
    """
    hosts = sorted(str(one["network_address"]) for one in resources)
    _node_file(row).write_text("".join(f"{host}\n" for host in hosts))
    lines = (
        ",".join(f" {name} = '{one[name]}' " for name in one if name not in _SYSTEM)
        for one in resources
    )
    _resource_file(row).write_text("".join(f"{line}\n" for line in lines))


def remove_node_files(row: sqlite3.Row) -> None:
    """Remove them after the job."""
    _node_file(row).unlink(missing_ok=True)
    _resource_file(row).unlink(missing_ok=True)


def _node_file(row: sqlite3.Row) -> Path:
    return Path(row["path"]) / f"{row['id']}.nodes"


def _resource_file(row: sqlite3.Row) -> Path:
    return Path(row["path"]) / f"{row['id']}.resources"
