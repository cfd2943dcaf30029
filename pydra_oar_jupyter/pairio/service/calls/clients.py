"""Calls about compute clients."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field
from sqlalchemy import select

from pydra_oar_jupyter.pairio.models import ComputeClientComputeSlot, PairioComputeClient
from pydra_oar_jupyter.pairio.service.accounts import (
    client_named,
    client_of,
    need_self,
    service_named,
    user_of,
)
from pydra_oar_jupyter.pairio.service.calls.shapes import calls
from pydra_oar_jupyter.pairio.service.clients import (
    create_client,
    set_services,
    set_slots,
    view_clients,
)
from pydra_oar_jupyter.pairio.service.errors import unauthorized
from pydra_oar_jupyter.pairio.service.events import work_for_client, work_for_service
from pydra_oar_jupyter.pairio.service.names import Label, Text
from pydra_oar_jupyter.pairio.service.state import BaseUrl, InState, Key
from pydra_oar_jupyter.pairio.service.tables import ComputeClient, ComputeClientService
from pydra_oar_jupyter.pairio.service.tokens import digest, same

router = calls("compute clients")
Services = Annotated[list[str], Field(max_length=1000)]
Slots = Annotated[list[ComputeClientComputeSlot], Field(max_length=100)]


class CreateComputeClientRequest(BaseModel):
    """There is to be a compute client. ``userId`` may be empty: it is the key's."""

    type: Literal["createComputeClientRequest"]
    serviceNames: Services
    computeClientName: Label
    userId: str = ""
    computeSlots: Slots = []
    description: Text = ""


class CreateComputeClientResponse(BaseModel):
    """Its id, and its key, which is told this once."""

    type: Literal["createComputeClientResponse"] = "createComputeClientResponse"
    computeClientId: str
    computeClientPrivateKey: str


@router.post("/createComputeClient")
def create(
    request: CreateComputeClientRequest, state: InState, key: Key
) -> CreateComputeClientResponse:
    """Make a compute client: for those who may run jobs in all of its services."""
    with state.write() as session:
        user = user_of(session, key)
        need_self(user, request.userId or user.user_id)
        client, client_key = create_client(
            session, user, request.computeClientName, request.serviceNames
        )
        client.description = request.description
        set_slots(client, request.computeSlots)
    return CreateComputeClientResponse(
        computeClientId=client.compute_client_id, computeClientPrivateKey=client_key
    )


class GetComputeClientRequest(BaseModel):
    """What is this compute client?"""

    type: Literal["getComputeClientRequest"]
    computeClientId: str


class GetComputeClientResponse(BaseModel):
    """The compute client, without its key."""

    type: Literal["getComputeClientResponse"] = "getComputeClientResponse"
    computeClient: PairioComputeClient


@router.post("/getComputeClient")
def get(request: GetComputeClientRequest, state: InState) -> GetComputeClientResponse:
    """A compute client."""
    with state.read() as session:
        client = client_named(session, request.computeClientId)
        return GetComputeClientResponse(computeClient=view_clients(session, [client])[0])


class GetComputeClientsRequest(BaseModel):
    """Which compute clients are there? ``serviceName``: that run jobs of this service."""

    type: Literal["getComputeClientsRequest"]
    serviceName: str | None = None


class GetComputeClientsResponse(BaseModel):
    """Compute clients by name, without their keys."""

    type: Literal["getComputeClientsResponse"] = "getComputeClientsResponse"
    computeClients: list[PairioComputeClient]


@router.post("/getComputeClients")
def get_all(request: GetComputeClientsRequest, state: InState) -> GetComputeClientsResponse:
    """All compute clients, or those of one service, by name."""
    query = select(ComputeClient).order_by(ComputeClient.name, ComputeClient.compute_client_id)
    if request.serviceName is not None:
        ids = select(ComputeClientService.compute_client_id).where(
            ComputeClientService.service_name == request.serviceName
        )
        query = query.where(ComputeClient.compute_client_id.in_(ids))
    with state.read() as session:
        clients = view_clients(session, session.scalars(query).all())
    return GetComputeClientsResponse(computeClients=clients)


class SetComputeClientInfoRequest(BaseModel):
    """Something about this compute client is different; what is not given stays."""

    type: Literal["setComputeClientInfoRequest"]
    computeClientId: str
    serviceNames: Services | None = None
    computeClientName: Label | None = None
    description: Text | None = None
    computeSlots: Slots | None = None
    processJobsForUsers: Annotated[list[str], Field(max_length=10_000)] | None = None


class SetComputeClientInfoResponse(BaseModel):
    """It is noted."""

    type: Literal["setComputeClientInfoResponse"] = "setComputeClientInfoResponse"


@router.post("/setComputeClientInfo")
def set_info(
    request: SetComputeClientInfoRequest, state: InState, key: Key
) -> SetComputeClientInfoResponse:
    """Change a compute client: for its user.

    With its own key it may say what it has room for, and describe itself.
    """
    given = request.model_fields_set
    with state.write() as session:
        client = client_named(session, request.computeClientId)
        if not same(client.key_digest, digest(key)):
            user = user_of(session, key)
            need_self(user, client.user_id)
            if request.serviceNames is not None:
                set_services(session, client, user, request.serviceNames)
            if "processJobsForUsers" in given:
                client.process_jobs_for_users = request.processJobsForUsers
        elif {"serviceNames", "processJobsForUsers"} & given:
            raise unauthorized(f"Whose jobs {client.name} runs is for {client.user_id} to say.")
        if request.computeClientName is not None:
            client.name = request.computeClientName
        if request.description is not None:
            client.description = request.description
        if request.computeSlots is not None:
            set_slots(client, request.computeSlots)
        work_for_client(session, client.compute_client_id)
    return SetComputeClientInfoResponse()


class DeleteComputeClientRequest(BaseModel):
    """There is not to be this compute client any more."""

    type: Literal["deleteComputeClientRequest"]
    computeClientId: str


class DeleteComputeClientResponse(BaseModel):
    """It is gone."""

    type: Literal["deleteComputeClientResponse"] = "deleteComputeClientResponse"


@router.post("/deleteComputeClient")
def delete(
    request: DeleteComputeClientRequest, state: InState, key: Key
) -> DeleteComputeClientResponse:
    """Remove a compute client: for its user. Jobs that it runs lose their lease in time."""
    with state.write() as session:
        user = user_of(session, key)
        client = client_named(session, request.computeClientId)
        need_self(user, client.user_id)
        session.delete(client)
    return DeleteComputeClientResponse()


class PingComputeClientsRequest(BaseModel):
    """Let the compute clients of this service ask for jobs now."""

    type: Literal["pingComputeClientsRequest"]
    serviceName: str


class PingComputeClientsResponse(BaseModel):
    """They are told."""

    type: Literal["pingComputeClientsResponse"] = "pingComputeClientsResponse"


@router.post("/pingComputeClients")
def ping(request: PingComputeClientsRequest, state: InState) -> PingComputeClientsResponse:
    """Let the compute clients of a service ask for jobs, and show so that they live."""
    with state.write() as session:
        work_for_service(session, service_named(session, request.serviceName).service_name)
    return PingComputeClientsResponse()


class GetPubsubSubscriptionRequest(BaseModel):
    """How does this compute client hear of jobs?"""

    type: Literal["getPubsubSubscriptionRequest"]
    computeClientId: str


class Subscription(BaseModel):
    """``url``: server-sent events. The rest, of a service in the cloud, is always empty."""

    pubnubSubscribeKey: str = ""
    pubnubChannel: str = ""
    pubnubUser: str = ""
    url: str


class GetPubsubSubscriptionResponse(BaseModel):
    """Like this."""

    type: Literal["getPubsubSubscriptionResponse"] = "getPubsubSubscriptionResponse"
    subscription: Subscription


@router.post("/getPubsubSubscription")
def get_pubsub_subscription(
    request: GetPubsubSubscriptionRequest, state: InState, key: Key, base: BaseUrl
) -> GetPubsubSubscriptionResponse:
    """Where a compute client hears of jobs."""
    with state.read() as session:
        client = client_of(session, request.computeClientId, key)
    url = f"{base}/api/events?computeClientId={client.compute_client_id}"
    return GetPubsubSubscriptionResponse(subscription=Subscription(url=url))
