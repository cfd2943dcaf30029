"""What keeps the files of jobs: a folder, or a bucket of S3."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Protocol

from pydra_oar_jupyter.pairio.errors import PairioError

if TYPE_CHECKING:
    from collections.abc import AsyncIterable
    from pathlib import Path

    from pydra_oar_jupyter.pairio.service.files.names import Place


class Store(Protocol):
    """Keeps files by their places. All methods are safe to call at the same time."""

    origin: str
    """Scheme and host to which downloads are redirected; "" if they are not."""

    async def write(self, place: Place, chunks: AsyncIterable[bytes], size: int) -> None:
        """Take in a file of at most ``size`` bytes, in the place of one that was there.

        It is seen whole or not at all: not if the chunks raise.
        """

    async def read(self, place: Place, most: int, *, end: bool = False) -> tuple[bytes, int] | None:
        """The first so many bytes (the last, with ``end``) and the whole size; None: no file."""

    async def open(
        self, place: Place, *, head: bool, headers: dict[str, str]
    ) -> BinaryIO | str | None:
        """The file, to be read and closed; or a URL that hands it out for a while; None: no file.

        Args:
            place: where it is.
            head: the URL is to be asked with HEAD, not GET.
            headers: Content-Type and Content-Disposition that the URL is to answer.
        """

    async def remove(self, service: str, job: str) -> None:
        """Remove all files of a job."""


def store_at(where: str, data: Path) -> Store:
    """The store that the settings ask for.

    Args:
        where: ``s3://BUCKET`` or ``s3://BUCKET/PREFIX``; "" for a folder in the data directory.
        data: the service's data directory.

    Raises:
        PairioError: it is no such URL, boto3 is missing, or the bucket can't be used.
    """
    if not where:
        from pydra_oar_jupyter.pairio.service.files.folder import Folder

        return Folder(data / "files")
    name, _, prefix = where.removeprefix("s3://").partition("/")
    if not (where.startswith("s3://") and name):
        raise PairioError(f"{where!r} is no place for files: s3://BUCKET or s3://BUCKET/PREFIX.")
    from pydra_oar_jupyter.pairio.service.files.bucket import Bucket

    return Bucket(name, prefix)
