"""What a page shows of a file: text, JSON, a table, an image, or nothing but its name."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydra_oar_jupyter.pairio.contents import NOTHING, Contents, contents

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydra_oar_jupyter.pairio.service.files.names import Place
    from pydra_oar_jupyter.pairio.service.files.store import Store

_READ = 100_000  # bytes of a file that are looked at
_MOST_IMAGE = 20_000_000  # bytes


@dataclass(frozen=True)
class Preview:
    """A file on a page.

    Attributes:
        name: for people.
        url: where it is, or "" where it isn't yet.
        size: in bytes.
        contents: what it is, and its beginning.
    """

    name: str
    url: str = ""
    size: int = 0
    contents: Contents = NOTHING

    @property
    def image(self) -> bool:
        """Whether it is one that is shown."""
        return self.contents.image and self.size <= _MOST_IMAGE


async def previews(store: Store, root: str, files: Sequence[tuple[Place, str]]) -> list[Preview]:
    """What to show of files; those that are not there have no URL.

    Args:
        store: where they are.
        root: what the paths of the service's URLs begin with.
        files: where each is, and what it is called.
    """
    return await asyncio.gather(*(_preview(store, root, place, name) for place, name in files))


async def _preview(store: Store, root: str, place: Place, name: str) -> Preview:
    found = await store.read(place, _READ)
    if found is None:
        return Preview(name)
    head, size = found
    return Preview(name, place.url(root), size, contents(head, name, whole=size <= len(head)))
