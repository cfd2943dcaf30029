"""What a ``%%pairio`` line says: what the job needs, and how to wait for it. Oarsub has no part."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.options import Option
from pydra_oar_jupyter.notebook.line import OwnOptions, read
from pydra_oar_jupyter.notebook.options import filled


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise _wrong("This is no number of CPUs or GPUs.", text, "Such as --cpus 4.")
    return int(text)


# In GB, which are 10⁹ bytes each.
_SIZES = {"": 1.0, "M": 1e-3, "G": 1.0, "T": 1e3}
# In seconds.
_SPANS = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}


def _memory(text: str) -> float:
    """``4``, ``4G`` or ``512M``, in GB."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([MGT]?)B?", text, re.ASCII | re.IGNORECASE)
    if not match or not math.isfinite(float(match[1])):
        raise _wrong("This is no size.", text, "Such as --memory 4 (GB), 4G or 512M.")
    return float(match[1]) * _SIZES[match[2].upper()]


def _time(text: str) -> float:
    """``60``, ``90s``, ``30m``, ``2h``, ``1d`` or ``H:MM:SS``, in seconds."""
    if match := re.fullmatch(r"(\d{1,5}):([0-5]\d)(?::([0-5]\d))?", text, re.ASCII):
        return 3600.0 * int(match[1]) + 60 * int(match[2]) + int(match[3] or 0)
    match = re.fullmatch(r"(\d{1,9}(?:\.\d+)?)\s*([a-z]*)", text, re.ASCII)
    if not match or match[2] not in _SPANS or not float(match[1]):
        raise _wrong(
            "This is no span of time.", text, "Such as --time 60 (seconds), 30m, 2h or 1:30:00."
        )
    return float(match[1]) * _SPANS[match[2]]


def _wrong(message: str, text: str, hint: str) -> RequestError:
    return RequestError(message, text=text, at=0, length=max(1, len(text)), hint=hint)


OPTIONS: tuple[Option, ...] = (
    Option("service", "", "service", "NAME",
           "The service whose apps run (else PAIRIO_SERVICE_NAME, else hello_world_service).",
           "--service hello_world_service", filled),
    Option("cpus", "", "cpus", "NUMBER", "How many CPUs the job needs (else 1).", "--cpus 4",
           _count),
    Option("gpus", "", "gpus", "NUMBER", "How many GPUs it needs (else none).", "--gpus 1",
           _count),
    Option("memory", "", "memory", "SIZE",
           "How much memory it needs: a number in GB (10⁹ bytes), or with M, G or T (else 1 GB).",
           "--memory 4", _memory),
    Option("time", "", "time", "TIME",
           "How long it may take: a number of seconds, or with s, m, h or d, or H:MM:SS (else 1h).",
           "--time 60", _time),
    Option("tags", "", "tag", "TEXT", "A tag, by which %pairio jobs finds it.", "--tag trial",
           filled, repeatable=True),
    Option("skip_cache", "", "skip-cache", "",
           "Compute it though a job of the same definition is there.", "--skip-cache"),
    Option("rerun_failing", "", "rerun-failing", "",
           "Compute it again if the job of that definition has failed.", "--rerun-failing"),
    Option("delete_failing", "", "delete-failing", "",
           "As --rerun-failing, and remove the job that has failed.", "--delete-failing"),
    Option("detach", "", "detach", "",
           "Don't wait: the cell's value is the job's handle, and the job is shown on.",
           "--detach"),
    Option("keep", "", "keep", "", "An interrupt leaves the job running.", "--keep"),
)  # fmt: skip

OWN = OwnOptions(
    "pairio",
    OPTIONS,
    instead="A Pairio job says what it needs with --cpus, --gpus, --memory and --time.",
)


@dataclass(frozen=True, slots=True)
class JobOptions:
    """A ``%%pairio`` line as a value; `OPTIONS` explains the fields. GB, seconds."""

    service: str | None = None
    cpus: int = 1
    gpus: int = 0
    memory: float = 1.0
    time: float = 3600.0
    tags: tuple[str, ...] = ()
    skip_cache: bool = False
    rerun_failing: bool = False
    delete_failing: bool = False
    detach: bool = False
    keep: bool = False


def parse(line: str) -> JobOptions:
    """Read the line after ``%%pairio``.

    Raises:
        RequestError: it is wrong, with the place marked.
    """
    return JobOptions(**read(line, OWN).given)
