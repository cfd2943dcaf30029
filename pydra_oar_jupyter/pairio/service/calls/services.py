"""Calls about services, and about who may do what in them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field
from sqlalchemy import select

from pydra_oar_jupyter.pairio.models import PairioService, PairioServiceUser
from pydra_oar_jupyter.pairio.service.accounts import need, need_self, service_named, user_of
from pydra_oar_jupyter.pairio.service.calls.shapes import calls
from pydra_oar_jupyter.pairio.service.errors import unauthorized
from pydra_oar_jupyter.pairio.service.names import ServiceName
from pydra_oar_jupyter.pairio.service.services import (
    add_service,
    delete_service,
    set_users,
    view_services,
)
from pydra_oar_jupyter.pairio.service.state import InState, Key
from pydra_oar_jupyter.pairio.service.tables import Service

router = calls("services")


class AddServiceRequest(BaseModel):
    """There is to be this service. ``userId``, its owner, may be empty: it is the key's."""

    type: Literal["addServiceRequest"]
    serviceName: ServiceName
    userId: str = ""


class AddServiceResponse(BaseModel):
    """There is."""

    type: Literal["addServiceResponse"] = "addServiceResponse"


@router.post("/addService")
def add(request: AddServiceRequest, state: InState, key: Key) -> AddServiceResponse:
    """Make a service: for every user."""
    with state.write() as session:
        user = user_of(session, key)
        need_self(user, request.userId or user.user_id)
        add_service(session, request.serviceName, request.userId or user.user_id)
    return AddServiceResponse()


class GetServiceRequest(BaseModel):
    """What is this service?"""

    type: Literal["getServiceRequest"]
    serviceName: str


class GetServiceResponse(BaseModel):
    """The service."""

    type: Literal["getServiceResponse"] = "getServiceResponse"
    service: PairioService


@router.post("/getService")
def get(request: GetServiceRequest, state: InState) -> GetServiceResponse:
    """A service, and who may do what in it."""
    with state.read() as session:
        service = service_named(session, request.serviceName)
        return GetServiceResponse(service=view_services(session, [service])[0])


class GetServicesRequest(BaseModel):
    """Which services are there? ``userId``: those that this user owns."""

    type: Literal["getServicesRequest"]
    userId: str | None = None


class GetServicesResponse(BaseModel):
    """Services by name."""

    type: Literal["getServicesResponse"] = "getServicesResponse"
    services: list[PairioService]


@router.post("/getServices")
def get_all(request: GetServicesRequest, state: InState) -> GetServicesResponse:
    """All services, or those of one owner, by name."""
    query = select(Service).order_by(Service.service_name)
    if request.userId is not None:
        query = query.where(Service.user_id == request.userId)
    with state.read() as session:
        services = view_services(session, session.scalars(query).all())
    return GetServicesResponse(services=services)


class SetServiceInfoRequest(BaseModel):
    """Something about this service is different. ``users``: all of them; null: as they are."""

    type: Literal["setServiceInfoRequest"]
    serviceName: str
    users: Annotated[list[PairioServiceUser], Field(max_length=10_000)] | None = None


class SetServiceInfoResponse(BaseModel):
    """It is noted."""

    type: Literal["setServiceInfoResponse"] = "setServiceInfoResponse"


@router.post("/setServiceInfo")
def set_info(request: SetServiceInfoRequest, state: InState, key: Key) -> SetServiceInfoResponse:
    """Say who may do what in a service: for those who administer it."""
    with state.write() as session:
        service = need(session, request.serviceName, user_of(session, key), "admin")
        if request.users is not None:
            set_users(session, service, request.users)
    return SetServiceInfoResponse()


class DeleteServiceRequest(BaseModel):
    """There is not to be this service any more."""

    type: Literal["deleteServiceRequest"]
    serviceName: str


class DeleteServiceResponse(BaseModel):
    """It is gone."""

    type: Literal["deleteServiceResponse"] = "deleteServiceResponse"


@router.post("/deleteService")
def delete(request: DeleteServiceRequest, state: InState, key: Key) -> DeleteServiceResponse:
    """Remove a service with its apps and its jobs: for its owner."""
    with state.write() as session:
        user = user_of(session, key)
        service = service_named(session, request.serviceName)
        if not (user.admin or service.user_id == user.user_id):
            raise unauthorized(f"The service {service.service_name!r} is {service.user_id}'s.")
        delete_service(session, service)
    return DeleteServiceResponse()
