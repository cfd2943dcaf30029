"""The apps of services, as they are kept and as they are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from pydra_oar_jupyter.pairio.models import PairioAppSpecification, PairioServiceApp
from pydra_oar_jupyter.pairio.service.errors import missing, wrong
from pydra_oar_jupyter.pairio.service.names import AppName
from pydra_oar_jupyter.pairio.service.specification import check_specification, read_specification
from pydra_oar_jupyter.pairio.service.tables import ServiceApp

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def app_named(session: Session, service_name: str, app_name: str) -> ServiceApp:
    """That app."""
    found = session.get(ServiceApp, (service_name, app_name))
    if found is None:
        raise missing(f"The service {service_name!r} has no app {app_name!r}.")
    return found


def add_app(session: Session, app: PairioServiceApp) -> None:
    """Let a service have an app that it hasn't yet."""
    try:
        TypeAdapter(AppName).validate_python(app.appName)
    except ValidationError:
        raise wrong(f"An app can't be named {app.appName!r:.300}.") from None
    if session.get(ServiceApp, (app.serviceName, app.appName)) is not None:
        raise wrong(f"The service {app.serviceName!r} has an app {app.appName!r} already.")
    row = ServiceApp(
        service_name=app.serviceName,
        app_name=app.appName,
        specification_uri=app.appSpecificationUri,
        specification_commit=app.appSpecificationCommit,
    )
    set_specification(row, app.appSpecification)
    session.add(row)


def set_specification(app: ServiceApp, specification: PairioAppSpecification) -> None:
    """Let an app be as that says, if jobs can be defined by it."""
    check_specification(specification)
    app.specification = specification.model_dump_json()


def view_app(app: ServiceApp) -> PairioServiceApp:
    """An app to be told."""
    return PairioServiceApp(
        serviceName=app.service_name,
        appName=app.app_name,
        appSpecificationUri=app.specification_uri,
        appSpecificationCommit=app.specification_commit,
        appSpecification=read_specification(app.specification),
    )
