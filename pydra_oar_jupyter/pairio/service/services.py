"""Services, as they are kept and as they are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from pydra_oar_jupyter.pairio.models import PairioService, PairioServiceUser
from pydra_oar_jupyter.pairio.service.errors import missing, wrong
from pydra_oar_jupyter.pairio.service.jobs.delete import delete_jobs
from pydra_oar_jupyter.pairio.service.tables import (
    ComputeClientService,
    Job,
    Service,
    ServiceUser,
    User,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session


def add_service(session: Session, service_name: str, user_id: str) -> None:
    """Make a service that a user owns."""
    if session.get(User, user_id) is None:
        raise missing(f"There is no user {user_id!r}.")
    if session.get(Service, service_name) is not None:
        raise wrong(f"There is a service {service_name!r} already.")
    session.add(Service(service_name=service_name, user_id=user_id))


def set_users(session: Session, service: Service, users: Sequence[PairioServiceUser]) -> None:
    """Let these users, and no others beside the owner, have these rights in a service."""
    ids = [user.userId for user in users]
    if len(set(ids)) < len(ids):
        raise wrong("A user is named twice.")
    known = session.scalars(select(User.user_id).where(User.user_id.in_(ids)))
    if unknown := set(ids) - set(known):
        raise wrong(f"There is no user {min(unknown)!r}.")
    own = ServiceUser.service_name == service.service_name
    session.execute(delete(ServiceUser).where(own))
    rows = [
        {
            "service_name": service.service_name,
            "user_id": user.userId,
            "admin": user.admin,
            "create_jobs": user.createJobs,
            "process_jobs": user.processJobs,
        }
        for user in users
    ]
    if rows:
        session.execute(insert(ServiceUser), rows)


def delete_service(session: Session, service: Service) -> None:
    """Remove a service with its apps, its jobs and their files."""
    name = service.service_name
    own = select(Job).where(Job.service_name == name).order_by(Job.number).with_for_update()
    delete_jobs(session, session.scalars(own).all())
    session.execute(delete(ComputeClientService).where(ComputeClientService.service_name == name))
    session.delete(service)


def view_services(session: Session, services: Sequence[Service]) -> list[PairioService]:
    """Services to be told."""
    names = [service.service_name for service in services]
    users: dict[str, list[PairioServiceUser]] = {name: [] for name in names}
    query = select(ServiceUser).where(ServiceUser.service_name.in_(names))
    for row in session.scalars(query.order_by(ServiceUser.user_id)):
        user = PairioServiceUser(
            userId=row.user_id,
            admin=row.admin,
            createJobs=row.create_jobs,
            processJobs=row.process_jobs,
        )
        users[row.service_name].append(user)
    return [
        PairioService(
            serviceName=service.service_name,
            userId=service.user_id,
            users=users[service.service_name],
        )
        for service in services
    ]
