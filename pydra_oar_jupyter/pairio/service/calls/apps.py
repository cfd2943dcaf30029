"""Calls about the apps of services."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel
from sqlalchemy import select

from pydra_oar_jupyter.pairio.models import PairioAppSpecification, PairioServiceApp
from pydra_oar_jupyter.pairio.service.accounts import need, service_named, user_of
from pydra_oar_jupyter.pairio.service.apps import add_app, app_named, set_specification, view_app
from pydra_oar_jupyter.pairio.service.calls.shapes import calls
from pydra_oar_jupyter.pairio.service.state import InState, Key
from pydra_oar_jupyter.pairio.service.tables import ServiceApp

router = calls("apps")


class AddServiceAppRequest(BaseModel):
    """A service is to have this app."""

    type: Literal["addServiceAppRequest"]
    serviceApp: PairioServiceApp


class AddServiceAppResponse(BaseModel):
    """It has it."""

    type: Literal["addServiceAppResponse"] = "addServiceAppResponse"


@router.post("/addServiceApp")
def add_service_app(
    request: AddServiceAppRequest, state: InState, key: Key
) -> AddServiceAppResponse:
    """Add an app to a service: for those who administer it."""
    with state.write() as session:
        need(session, request.serviceApp.serviceName, user_of(session, key), "admin")
        add_app(session, request.serviceApp)
    return AddServiceAppResponse()


class GetServiceAppRequest(BaseModel):
    """What is this app?"""

    type: Literal["getServiceAppRequest"]
    serviceName: str
    appName: str


class GetServiceAppResponse(BaseModel):
    """The app."""

    type: Literal["getServiceAppResponse"] = "getServiceAppResponse"
    serviceApp: PairioServiceApp


@router.post("/getServiceApp")
def get_service_app(request: GetServiceAppRequest, state: InState) -> GetServiceAppResponse:
    """An app of a service, with its specification."""
    with state.read() as session:
        app = app_named(session, request.serviceName, request.appName)
    return GetServiceAppResponse(serviceApp=view_app(app))


class GetServiceAppsRequest(BaseModel):
    """Which apps has this service?"""

    type: Literal["getServiceAppsRequest"]
    serviceName: str


class GetServiceAppsResponse(BaseModel):
    """Its apps by name."""

    type: Literal["getServiceAppsResponse"] = "getServiceAppsResponse"
    serviceApps: list[PairioServiceApp]


@router.post("/getServiceApps")
def get_service_apps(request: GetServiceAppsRequest, state: InState) -> GetServiceAppsResponse:
    """All apps of a service, by name."""
    with state.read() as session:
        service = service_named(session, request.serviceName)
        query = select(ServiceApp).where(ServiceApp.service_name == service.service_name)
        apps = session.scalars(query.order_by(ServiceApp.app_name)).all()
    return GetServiceAppsResponse(serviceApps=[view_app(app) for app in apps])


class SetServiceAppInfoRequest(BaseModel):
    """Something about this app is different; what is null stays."""

    type: Literal["setServiceAppInfoRequest"]
    serviceName: str
    appName: str
    appSpecificationUri: str | None = None
    appSpecificationCommit: str | None = None
    appSpecification: PairioAppSpecification | None = None


class SetServiceAppInfoResponse(BaseModel):
    """It is noted."""

    type: Literal["setServiceAppInfoResponse"] = "setServiceAppInfoResponse"


@router.post("/setServiceAppInfo")
def set_service_app_info(
    request: SetServiceAppInfoRequest, state: InState, key: Key
) -> SetServiceAppInfoResponse:
    """Change an app: for those who administer its service."""
    with state.write() as session:
        need(session, request.serviceName, user_of(session, key), "admin")
        app = app_named(session, request.serviceName, request.appName)
        if request.appSpecificationUri is not None:
            app.specification_uri = request.appSpecificationUri
        if request.appSpecificationCommit is not None:
            app.specification_commit = request.appSpecificationCommit
        if request.appSpecification is not None:
            set_specification(app, request.appSpecification)
    return SetServiceAppInfoResponse()


class DeleteServiceAppRequest(BaseModel):
    """A service is not to have this app any more."""

    type: Literal["deleteServiceAppRequest"]
    serviceName: str
    appName: str


class DeleteServiceAppResponse(BaseModel):
    """It is gone."""

    type: Literal["deleteServiceAppResponse"] = "deleteServiceAppResponse"


@router.post("/deleteServiceApp")
def delete_service_app(
    request: DeleteServiceAppRequest, state: InState, key: Key
) -> DeleteServiceAppResponse:
    """Remove an app from a service: for those who administer it. Its jobs stay."""
    with state.write() as session:
        need(session, request.serviceName, user_of(session, key), "admin")
        session.delete(app_named(session, request.serviceName, request.appName))
    return DeleteServiceAppResponse()
