"""What a service has, for its first page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from pydra_oar_jupyter.pairio.service.specification import read_specification
from pydra_oar_jupyter.pairio.service.tables import Job, Service, ServiceApp

if TYPE_CHECKING:
    from pydra_oar_jupyter.pairio.models import PairioAppSpecification
    from pydra_oar_jupyter.pairio.service.state import State


@dataclass
class Offer:
    """A service: its name, its owner, its apps by their names, and its jobs by their status."""

    name: str
    owner: str
    apps: dict[str, PairioAppSpecification] = field(default_factory=dict)
    jobs: dict[str, int] = field(default_factory=dict)


def overview(state: State) -> list[Offer]:
    """All services, in the order of their names."""
    with state.read() as session:
        services = {
            service.service_name: Offer(service.service_name, service.user_id)
            for service in session.scalars(select(Service).order_by(Service.service_name))
        }
        for app in session.scalars(select(ServiceApp).order_by(ServiceApp.app_name)):
            services[app.service_name].apps[app.app_name] = read_specification(app.specification)
        kinds = Job.service_name, Job.status, Job.canceled
        counted = select(*kinds, func.count()).group_by(*kinds)
        for name, status, canceled, number in session.execute(counted):
            if name in services:
                services[name].jobs["cancelled" if canceled else status] = number
    return list(services.values())
