"""The files that a processor reads and writes."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, PrivateAttr

from pydra_oar_jupyter.pairio.errors import PairioError
from pydra_oar_jupyter.pairio.sdk.settings import Access

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from pydra_oar_jupyter.pairio.sdk.uploads import Kind

# How long a transfer is tried again, in seconds. A service may be restarting, and what was computed
# must not be lost; a download may also be from a host that never was.
PATIENCE = 600.0
DOWNLOAD_PATIENCE = 90.0


class InputFile(BaseModel):
    """A file that a job reads."""

    name: str
    url: str | None = None
    file_base_name: str = ""
    local_file_name: str | None = None
    job_id: str | None = None

    def get_url(self) -> str | None:
        """Where it can be downloaded from."""
        return self.url

    def is_local(self) -> bool:
        """Whether it is on this machine already."""
        return self.local_file_name is not None

    def get_local_file_name(self) -> str | None:
        """Where it is on this machine, once it was downloaded."""
        return self.local_file_name

    def download(self, dest_file_path: str | Path | None = None) -> str:
        """Bring it to this machine; where it is now: ``dest_file_path``, or a file of its own.

        Raises:
            PairioError: there is no such file, or it can't be had.
        """
        if self.local_file_name is not None:
            if dest_file_path is None or str(dest_file_path) == self.local_file_name:
                return self.local_file_name
            shutil.copyfile(self.local_file_name, dest_file_path)
            return str(dest_file_path)
        if self.url is None:
            raise PairioError(f"The input {self.name!r} has no URL.")
        if dest_file_path is None:
            suffix = f"-{Path(self.file_base_name).name}"
            handle, dest_file_path = tempfile.mkstemp(suffix, "pairio_input_file_")
            os.close(handle)
        try:
            self.local_file_name = _run(_download(self.url, Path(dest_file_path)))
        except PairioError as error:
            raise type(error)(f"Input {self.name!r}: {error}", error.status) from None
        return self.local_file_name


class OutputFile(BaseModel):
    """A file that a job writes."""

    name: str
    file_base_name: str = ""
    job_id: str | None = None
    was_uploaded: bool = False
    size: int | None = None
    # Not a field: what shows or stores a context must not have the job's key.
    _access: Access | None = PrivateAttr(default=None)

    def upload(self, local_file_name: str | Path, delete_local_file: bool = True) -> None:
        """Make a local file the job's output; it is removed here then, unless told otherwise.

        Raises:
            PairioError: the service refused it, or can't be reached.
            OSError: there is no such local file.
        """
        if self._access is None:
            raise PairioError(f"The output {self.name!r} belongs to no job: it can't be uploaded.")
        local = Path(local_file_name)
        self.size = local.stat().st_size
        try:
            _run(_upload(self._access, "output", local, self.name))
        except PairioError as error:
            raise type(error)(f"Output {self.name!r}: {error}", error.status) from None
        self.was_uploaded = True
        if delete_local_file:
            local.unlink(missing_ok=True)


def upload_additional_job_output(local_file_name: str | Path, remote_fname: str) -> str:
    """Keep a file beside the job's outputs; the URL where it is from now on.

    Args:
        local_file_name: at most 1 GiB.
        remote_fname: 1 to 6 parts between slashes, of letters, digits, ``_``, ``-`` and dots.

    Raises:
        PairioError: this process is of no job, or the service refused it.
        OSError: there is no such local file.
    """
    access = Access.from_environment()
    return _run(_upload(access, "other", Path(local_file_name), remote_fname))


def _run(transfer: Coroutine[Any, Any, str]) -> str:
    from pydra_oar_jupyter.pairio import loop  # not for a specification, which should be quick

    return loop.run(transfer)


# A connection for each transfer, as a processor may fork, and connections don't outlive that.
async def _download(url: str, path: Path) -> str:
    from pydra_oar_jupyter.pairio.http import Api

    api = Api(url, patience=DOWNLOAD_PATIENCE)  # without a key: the URL may be anybody's
    try:
        await api.stream(url, path)
        return str(path)
    finally:
        await api.close()


async def _upload(access: Access, kind: Kind, path: Path, name: str) -> str:
    from pydra_oar_jupyter.pairio.http import Api
    from pydra_oar_jupyter.pairio.sdk.uploads import upload

    api = Api(access.url, access.key, patience=PATIENCE)
    try:
        return await upload(api, access.job_id, kind, path, name)
    finally:
        await api.close()
