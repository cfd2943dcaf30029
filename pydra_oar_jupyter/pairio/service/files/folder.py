"""Files of jobs in a folder that only this user can read."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
from typing import TYPE_CHECKING, BinaryIO

from pydra_oar_jupyter.pairio.service.files.names import Place

if TYPE_CHECKING:
    from collections.abc import AsyncIterable
    from pathlib import Path

_BLOCK = 1 << 20  # bytes that are gathered for one write


class Folder:
    """Each file by its key below a root."""

    origin = ""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._coming = root / ".coming"  # no service can have that name
        shutil.rmtree(self._coming, ignore_errors=True)  # what a service that was killed left
        self._coming.mkdir(mode=0o700, parents=True)
        root.chmod(0o700)

    async def write(self, place: Place, chunks: AsyncIterable[bytes], size: int) -> None:
        """Take in a file; see `Store.write`."""
        del size  # for stores that must plan
        coming = self._coming / secrets.token_hex(16)
        file = await asyncio.to_thread(_create, coming)
        try:
            block = bytearray()
            async for chunk in chunks:
                block += chunk
                if len(block) >= _BLOCK:
                    await asyncio.to_thread(file.write, bytes(block))
                    block.clear()
            await asyncio.to_thread(self._finish, file, bytes(block), coming, place)
        finally:
            file.close()
            coming.unlink(missing_ok=True)

    async def read(self, place: Place, most: int, *, end: bool = False) -> tuple[bytes, int] | None:
        """The file's beginning or end; see `Store.read`."""

        def part() -> tuple[bytes, int] | None:
            try:
                with self._at(place).open("rb") as file:
                    size = os.fstat(file.fileno()).st_size
                    file.seek(max(0, size - most) if end else 0)
                    return file.read(most), size
            except FileNotFoundError:
                return None

        return await asyncio.to_thread(part)

    async def open(
        self, place: Place, *, head: bool = False, headers: dict[str, str] | None = None
    ) -> BinaryIO | None:
        """The file, opened; see `Store.open`."""
        del head, headers  # for stores that have a server of their own
        try:
            return await asyncio.to_thread(self._at(place).open, "rb")
        except FileNotFoundError:
            return None

    async def remove(self, service: str, job: str) -> None:
        """Remove all files of a job; see `Store.remove`."""
        folder = self._at(Place(service, job, "consoleOutput")).parent
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    def _at(self, place: Place) -> Path:
        return self._root / place.key

    def _finish(self, file: BinaryIO, block: bytes, coming: Path, place: Place) -> None:
        file.write(block)
        file.close()
        to = self._at(place)
        to.parent.mkdir(parents=True, exist_ok=True)  # the root is 0700
        coming.replace(to)


def _create(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
