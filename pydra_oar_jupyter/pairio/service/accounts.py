"""Who may do what: users by their keys, compute clients and jobs by theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sqlalchemy import bindparam, select

from pydra_oar_jupyter.pairio.service.errors import missing, unauthorized
from pydra_oar_jupyter.pairio.service.tables import ComputeClient, Service, ServiceUser, User
from pydra_oar_jupyter.pairio.service.tokens import digest, same

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

Right = Literal["admin", "create_jobs", "process_jobs"]
_WITH_KEY = select(User).where(User.key_digest == bindparam("digest"))
_WORDS = {"admin": "administer it", "create_jobs": "create jobs", "process_jobs": "run its jobs"}


def user_of(session: Session, key: str) -> User:
    """The user with that key."""
    found = session.scalar(_WITH_KEY, {"digest": digest(key)})
    if found is None:
        raise unauthorized("No user has this API key.")
    return found


def need_self(user: User, user_id: str) -> None:
    """Refuse a call about another user, except to an administrator."""
    if user.user_id != user_id and not user.admin:
        raise unauthorized(f"This is for {user_id} alone; the API key is {user.user_id}'s.")


def service_named(session: Session, service_name: str) -> Service:
    """That service."""
    found = session.get(Service, service_name)
    if found is None:
        raise missing(f"There is no service {service_name!r}.")
    return found


def may(session: Session, service: Service, user: User, right: Right) -> bool:
    """Whether a user has a right in a service. Its owner and its administrators have all."""
    if user.admin or service.user_id == user.user_id:
        return True
    listed = session.get(ServiceUser, (service.service_name, user.user_id))
    return listed is not None and (listed.admin or getattr(listed, right))


def need(session: Session, service_name: str, user: User, right: Right) -> Service:
    """That service, if the user has that right in it."""
    service = service_named(session, service_name)
    if not may(session, service, user, right):
        raise unauthorized(
            f"{user.user_id} may not {_WORDS[right]} in the service {service_name!r}; "
            f"its owner {service.user_id} can allow it."
        )
    return service


def client_named(session: Session, compute_client_id: str) -> ComputeClient:
    """That compute client."""
    found = session.get(ComputeClient, compute_client_id)
    if found is None:
        raise missing(f"There is no compute client {compute_client_id!r}.")
    return found


def client_of(session: Session, compute_client_id: str, key: str) -> ComputeClient:
    """That compute client, if the key is its own."""
    client = client_named(session, compute_client_id)
    if not same(client.key_digest, digest(key)):
        raise unauthorized(f"This isn't the key of the compute client {compute_client_id!r}.")
    return client
