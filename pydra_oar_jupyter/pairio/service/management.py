"""What the owner of a service does on its machine: users, services, apps and compute clients.

It works on the database, whether the service runs or not, and asks for no key.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import select

from pydra_oar_jupyter.core.files import private_directory
from pydra_oar_jupyter.pairio.errors import PairioError
from pydra_oar_jupyter.pairio.models import (
    ComputeClientComputeSlot,
    PairioAppSpecification,
    PairioService,
    PairioServiceApp,
    PairioServiceUser,
)
from pydra_oar_jupyter.pairio.service.accounts import service_named
from pydra_oar_jupyter.pairio.service.apps import add_app, set_specification, view_app
from pydra_oar_jupyter.pairio.service.clients import create_client, set_slots
from pydra_oar_jupyter.pairio.service.database import Database
from pydra_oar_jupyter.pairio.service.errors import Refused
from pydra_oar_jupyter.pairio.service.jobs.move import move
from pydra_oar_jupyter.pairio.service.names import ServiceName, UserId
from pydra_oar_jupyter.pairio.service.services import add_service, set_users, view_services
from pydra_oar_jupyter.pairio.service.tables import Service, ServiceApp, User
from pydra_oar_jupyter.pairio.service.users import add_user, reset_key, user_named

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.orm import Session

    from pydra_oar_jupyter.pairio.service.settings import Settings


class Management:
    """A service's accounts. All methods raise PairioError where something can't be done.

    Args:
        settings: the service's.
    """

    def __init__(self, settings: Settings) -> None:
        private_directory(settings.data)
        self._database = Database(settings.database)
        self._database.create()

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def add_user(self, user_id: str, *, admin: bool = False) -> str:
        """Make a user, and return the API key; an ``admin`` may manage users and services."""
        _check_name(UserId, user_id, "user")
        with self._write() as session:
            return reset_key(add_user(session, user_id, admin=admin))

    def reset_key(self, user_id: str) -> str:
        """A new API key for a user, in place of the old one."""
        with self._write() as session:
            return reset_key(user_named(session, user_id))

    def users(self) -> list[str]:
        """All users, by name."""
        with self._read() as session:
            return list(session.scalars(select(User.user_id).order_by(User.user_id)))

    def add_service(self, service_name: str, owner: str) -> None:
        """Make a service, which belongs to a user."""
        _check_name(ServiceName, service_name, "service")
        with self._write() as session:
            add_service(session, service_name, owner)

    def services(self) -> list[PairioService]:
        """All services by name, and who may do what in them."""
        with self._read() as session:
            found = session.scalars(select(Service).order_by(Service.service_name)).all()
            return view_services(session, found)

    def allow(self, service_name: str, user: PairioServiceUser) -> None:
        """Let a user have these rights in a service, and no others."""
        with self._write() as session:
            service = service_named(session, service_name)
            others = view_services(session, [service])[0].users
            users = [other for other in others if other.userId != user.userId]
            set_users(session, service, [*users, user])

    def set_app(
        self,
        service_name: str,
        specification: PairioAppSpecification | dict[str, Any],
        uri: str = "",
        commit: str = "",
    ) -> None:
        """Let a service have an app, in place of one of that name.

        Args:
            service_name: the service's.
            specification: the app's; as a dict, that of the JSON that an app writes.
            uri: where it came from.
            commit: in which state it was there.
        """
        try:
            read = PairioAppSpecification.model_validate(specification)
        except ValidationError as error:
            raise PairioError(f"This is no specification of an app: {error}") from None
        with self._write() as session:
            service_named(session, service_name)
            there = session.get(ServiceApp, (service_name, read.name))
            if there is not None:
                there.specification_uri, there.specification_commit = uri, commit
                set_specification(there, read)
                return
            app = PairioServiceApp(
                serviceName=service_name,
                appName=read.name,
                appSpecificationUri=uri,
                appSpecificationCommit=commit,
                appSpecification=read,
            )
            add_app(session, app)

    def apps(self, service_name: str | None = None) -> list[PairioServiceApp]:
        """All apps, or those of a service, by name."""
        query = select(ServiceApp).order_by(ServiceApp.service_name, ServiceApp.app_name)
        if service_name is not None:
            query = query.where(ServiceApp.service_name == service_name)
        with self._read() as session:
            return [view_app(app) for app in session.scalars(query)]

    def create_client(
        self,
        user_id: str,
        name: str,
        service_names: Sequence[str],
        slots: Sequence[ComputeClientComputeSlot] = (),
    ) -> tuple[str, str]:
        """Make a compute client of a user's; its id and its key."""
        with self._write() as session:
            client, key = create_client(session, user_named(session, user_id), name, service_names)
            set_slots(client, slots)
            return client.compute_client_id, key

    def move(self, old: str, new: str) -> None:
        """Tell that the service, which does not run now, will be at another URL than before."""
        with self._write() as session:
            move(session, old, new)

    @contextmanager
    def _write(self) -> Iterator[Session]:
        try:
            with self._database.write() as session:
                yield session
        except Refused as error:
            raise PairioError(error.message, error.status) from None

    @contextmanager
    def _read(self) -> Iterator[Session]:
        with self._database.read() as session:
            yield session


def _check_name(kind: Any, name: str, what: str) -> None:
    try:
        TypeAdapter(kind).validate_python(name)
    except ValidationError:
        raise PairioError(f"A {what} can't be named {name!r}: letters, digits, _ and -.") from None
