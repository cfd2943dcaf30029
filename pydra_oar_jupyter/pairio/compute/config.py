"""Who a compute client is: registered once, then read from its private directory.

::

    DIRECTORY/                       0700
      compute-client.json              its service, its id and its key
      lock                             held by the process that is this compute client
      work/<id>/                       what a job has around it; gone after it
"""

from __future__ import annotations

import dataclasses
import fcntl
import json
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.files import private_directory, read_json, write_atomically
from pydra_oar_jupyter.pairio.errors import PairioError
from pydra_oar_jupyter.pairio.http import Api
from pydra_oar_jupyter.pairio.keys import Key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pydra_oar_jupyter.pairio.models import ComputeClientComputeSlot

_FILE = "compute-client.json"


@dataclass(frozen=True)
class Registration:
    """A compute client as its service knows it.

    Attributes:
        url: the service's.
        id: its id there.
        key: its own key.
        name: what people call it.
    """

    url: str
    id: str
    key: Key = field(repr=False)
    name: str

    @classmethod
    def read(cls, directory: Path) -> Registration | None:
        """The one that is in that directory; None if there is none.

        Raises:
            SpoolError: it can't be read, or others can write it.
            PairioError: it is not whole.
        """
        path = directory / _FILE
        if not path.exists():
            return None
        try:
            read = read_json(path)
            return cls(str(read["url"]), str(read["id"]), Key(read["key"]), str(read["name"]))
        except (ValueError, KeyError, TypeError) as error:
            raise PairioError(
                f"{path} can't be used ({error!r}). Remove it, and the compute client is "
                "registered anew."
            ) from None

    def write(self, directory: Path) -> None:
        """Keep it in that directory.

        Raises:
            SpoolError: it can't be written, or others can enter it.
        """
        facts = {**dataclasses.asdict(self), "key": str(self.key)}
        write_atomically(private_directory(directory) / _FILE, json.dumps(facts))


async def register(api: Api, services: Sequence[str], name: str) -> Registration:
    """Make a compute client known to its service; it takes no jobs until it has slots.

    Args:
        api: the service, with the key of a user who may do that.
        services: the names of those whose jobs it runs.
        name: what people call it.

    Raises:
        PairioError: the service won't.
    """
    fields = {"computeClientName": name, "serviceNames": list(services), "userId": ""}
    answer = await api.call("createComputeClient", fields, again=False)
    key = Key(answer["computeClientPrivateKey"])
    return Registration(api.url, str(answer["computeClientId"]), key, name)


async def offer(registration: Registration, slots: Sequence[ComputeClientComputeSlot]) -> None:
    """Tell the service what a compute client takes at once.

    Raises:
        PairioError: the service won't.
    """
    api = Api(registration.url, registration.key)
    try:
        fields = {"computeSlots": [slot.model_dump() for slot in slots]}
        await api.call("setComputeClientInfo", {"computeClientId": registration.id, **fields})
    finally:
        await api.close()


@contextmanager
def alone(directory: Path) -> Iterator[None]:
    """Be the only process that uses this directory.

    Raises:
        PairioError: another one does.
        SpoolError: it can't be written, or others can enter it.
    """
    path = private_directory(directory) / "lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PairioError(f"The compute client of {directory} runs already.") from None
        yield
    finally:
        os.close(descriptor)
