"""What a compute client tells an app through the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from pydra_oar_jupyter.pairio.errors import PairioError
from pydra_oar_jupyter.pairio.keys import Key, api_url


@dataclass(frozen=True)
class Access:
    """Which job this is, and the key that lets it write its files and its status."""

    url: str
    job_id: str
    key: Key = field(repr=False)

    @classmethod
    def from_environment(cls) -> Self:
        """Of the job that this process belongs to.

        Raises:
            PairioError: it belongs to none.
        """
        if not (url := api_url()):
            raise PairioError("PAIRIO_API_URL, which says where the job's service is, is not set.")
        return cls(url, _needed("JOB_ID"), Key(_needed("JOB_PRIVATE_KEY")))


@dataclass(frozen=True)
class Settings:
    """How a job is to be run."""

    access: Access
    compute_client_id: str
    executable: str
    timeout: float | None  # seconds
    working_dir: Path | None
    cleanup_dir: Path | None

    @classmethod
    def from_environment(cls) -> Self:
        """As the compute client said.

        Raises:
            PairioError: something is missing or no number.
        """
        timeout = os.environ.get("JOB_TIMEOUT_SEC", "")
        try:
            seconds = float(timeout) if timeout else None
        except ValueError:
            raise PairioError(f"JOB_TIMEOUT_SEC is no number of seconds: {timeout!r}.") from None
        return cls(
            access=Access.from_environment(),
            compute_client_id=_needed("COMPUTE_CLIENT_ID"),
            executable=_absolute(_needed("PROCESSOR_EXECUTABLE")),
            timeout=seconds,
            working_dir=_directory("PAIRIO_JOB_WORKING_DIR"),
            cleanup_dir=_directory("PAIRIO_JOB_CLEANUP_DIR"),
        )


def _needed(name: str) -> str:
    if not (value := os.environ.get(name, "").strip()):
        raise PairioError(f"{name} is not set: a compute client starts an app as a job.")
    return value


def _absolute(executable: str) -> str:
    """A file's path, as the child runs in another directory; else a command to look for."""
    path = Path(executable)
    return str(path.absolute()) if path.exists() else executable


def _directory(name: str) -> Path | None:
    value = os.environ.get(name, "")
    return Path(value).absolute() if value else None
