"""What a service needs before it is of use: a user with a key, a service, and its apps."""

from __future__ import annotations

import os
from contextlib import closing
from importlib import import_module
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.files import open_private, write_atomically
from pydra_oar_jupyter.pairio.apps import APPS
from pydra_oar_jupyter.pairio.keys import Key
from pydra_oar_jupyter.pairio.service.management import Management
from pydra_oar_jupyter.pairio.service.tables import User
from pydra_oar_jupyter.pairio.service.tokens import digest, same

if TYPE_CHECKING:
    from pathlib import Path

    from pydra_oar_jupyter.pairio.service.state import State

# As in the examples of Pairio's own documents.
SERVICE = "hello_world_service"


def furnish(state: State, folder: Path, user_id: str) -> Key:
    """Make what is missing; the user's key, the same one each time.

    Args:
        state: the service's.
        folder: where the key is kept, in a file that only this account can read.
        user_id: who owns the service.

    Raises:
        SpoolError: the key can't be kept, or somebody else may have written it.
    """
    with closing(Management(state.settings)) as management:
        key = _key(state, management, folder / f"{user_id}.key", user_id)
        services = {one.serviceName for one in management.services()}
        if SERVICE not in services:
            management.add_service(SERVICE, user_id)
        for name in APPS:
            module = f"pydra_oar_jupyter.pairio.apps.{name}.main"
            management.set_app(SERVICE, import_module(module).app.spec, module)
    return key


def _key(state: State, management: Management, path: Path, user_id: str) -> Key:
    """The user's key as it was kept; a new one if it is not right any more, or for a new user."""
    key = _read(path)
    with state.read() as session:
        user = session.get(User, user_id)
    if key and user and user.key_digest and same(digest(key), user.key_digest):
        return key
    new = Key(management.reset_key(user_id) if user else management.add_user(user_id))
    write_atomically(path, new)
    return new


def _read(path: Path) -> Key | None:
    if not path.exists():
        return None
    with os.fdopen(open_private(path), encoding="utf-8") as file:
        return Key(file.read().strip())
