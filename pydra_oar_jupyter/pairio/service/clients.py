"""Compute clients, as they are kept and as they are told."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from pydra_oar_jupyter.pairio.models import ComputeClientComputeSlot, PairioComputeClient
from pydra_oar_jupyter.pairio.service.accounts import need
from pydra_oar_jupyter.pairio.service.errors import wrong
from pydra_oar_jupyter.pairio.service.tables import ComputeClient, ComputeClientService
from pydra_oar_jupyter.pairio.service.tokens import digest, new_id, new_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from pydra_oar_jupyter.pairio.service.tables import User


def create_client(
    session: Session, user: User, name: str, service_names: Sequence[str]
) -> tuple[ComputeClient, str]:
    """Make a compute client of a user's, who may run jobs in all of these services.

    Returns:
        It, and its key, which isn't kept.
    """
    key = new_key()
    client = ComputeClient(
        compute_client_id=new_id(),
        key_digest=digest(key),
        name=name,
        user_id=user.user_id,
        created=time.time(),
    )
    session.add(client)
    session.flush()
    set_services(session, client, user, service_names)
    return client, key


def set_services(
    session: Session, client: ComputeClient, user: User, service_names: Sequence[str]
) -> None:
    """Let a compute client run jobs of these services, if the user may."""
    if len(set(service_names)) < len(service_names):
        raise wrong("A service is named twice.")
    for name in service_names:
        need(session, name, user, "process_jobs")
    own = ComputeClientService.compute_client_id == client.compute_client_id
    session.execute(delete(ComputeClientService).where(own))
    ids = {"compute_client_id": client.compute_client_id}
    if service_names:
        session.execute(
            insert(ComputeClientService), [{"service_name": name, **ids} for name in service_names]
        )


def set_slots(client: ComputeClient, slots: Sequence[ComputeClientComputeSlot]) -> None:
    """Let a compute client take jobs of these sizes."""
    client.slots = [slot.model_dump() for slot in slots]


def services_of(session: Session, client: ComputeClient) -> Sequence[str]:
    """The services that a compute client runs jobs of."""
    own = ComputeClientService.compute_client_id == client.compute_client_id
    query = select(ComputeClientService.service_name).where(own)
    return session.scalars(query.order_by(ComputeClientService.service_name)).all()


def view_clients(session: Session, clients: Sequence[ComputeClient]) -> list[PairioComputeClient]:
    """Compute clients to be told, without their keys."""
    ids = [client.compute_client_id for client in clients]
    services: dict[str, list[str]] = {one: [] for one in ids}
    query = select(ComputeClientService).where(ComputeClientService.compute_client_id.in_(ids))
    for row in session.scalars(query.order_by(ComputeClientService.service_name)):
        services[row.compute_client_id].append(row.service_name)
    return [
        PairioComputeClient(
            computeClientId=client.compute_client_id,
            computeClientName=client.name,
            serviceNames=services[client.compute_client_id],
            userId=client.user_id,
            computeSlots=[ComputeClientComputeSlot.model_validate(slot) for slot in client.slots],
            description=client.description,
            processJobsForUsers=client.process_jobs_for_users,
            timestampCreatedSec=client.created,
            timestampLastActiveSec=client.last_active,
        )
        for client in clients
    ]
