"""What a compute client is offered: jobs that it may run and has room for, and nobody else has."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sqlalchemy import and_, exists, false, or_, select, true

from pydra_oar_jupyter.pairio.models import (
    ComputeClientComputeSlot,
    JobStatus,
    PairioJobRequiredResources,
)
from pydra_oar_jupyter.pairio.service.jobs.leases import HELD
from pydra_oar_jupyter.pairio.service.tables import (
    ComputeClient,
    ComputeClientService,
    Job,
    JobTarget,
    Service,
    ServiceUser,
    User,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

MOST = 1000


def renew(session: Session, client: ComputeClient, lease: float) -> Sequence[Job]:
    """Note that a compute client lives; the jobs that it runs, their leases renewed."""
    now = time.time()
    client.last_active = now
    own = and_(Job.compute_client_id == client.compute_client_id, Job.status.in_(HELD))
    # Locked in the order in which all lock them, so that nobody waits for one another.
    running = session.scalars(select(Job).where(own).order_by(Job.number).with_for_update()).all()
    for job in running:
        job.lease_until = now + lease
    return running


def offer(
    session: Session,
    client: ComputeClient,
    running: Sequence[Job],
    app_names: Sequence[str] | None,
    seconds: float,
) -> list[Job]:
    """Jobs that a compute client has room for, kept from others for a while; the oldest first.

    Args:
        session: of a transaction that writes.
        client: who asks.
        running: what it runs now.
        app_names: the apps that it has, or None if it has all.
        seconds: for how long nobody else is offered them.
    """
    room = _Room([ComputeClientComputeSlot.model_validate(slot) for slot in client.slots])
    for job in running:
        room.put(job)
    services = _services(session, client)
    until, offered = time.time() + seconds, list[Job]()
    while room.slots and services and len(offered) < MOST:
        some = session.scalars(
            select(Job)
            .where(
                _is_free(client, services, app_names),
                Job.job_id.not_in([job.job_id for job in offered]),
                or_(false(), *(_fits(slot) for slot in room.slots)),
            )
            .order_by(Job.number)
            .limit(min(sum(slot.multiplicity for slot in room.slots), MOST - len(offered)))
            .with_for_update(skip_locked=True)
        ).all()
        fitting = [job for job in some if room.put(job)]
        for job in fitting:
            job.offered_to, job.offered_until = client.compute_client_id, until
        offered += fitting
        if not fitting:
            break
    return offered


class _Room:
    """The slots of a compute client that are free."""

    def __init__(self, slots: list[ComputeClientComputeSlot]) -> None:
        self.slots = [slot for slot in slots if slot.multiplicity]

    def put(self, job: Job) -> bool:
        """Fill a slot, the smallest that takes it; False if there is none."""
        resources = PairioJobRequiredResources.model_construct(
            numCpus=job.num_cpus,
            numGpus=job.num_gpus,
            memoryGb=job.memory_gb,
            timeSec=job.time_sec,
        )
        taking = [slot for slot in self.slots if slot.takes(resources)]
        if not taking:
            return False
        slot = min(taking, key=lambda one: (one.numGpus, one.numCpus, one.memoryGb, one.timeSec))
        slot.multiplicity -= 1
        if slot.multiplicity == 0:
            self.slots.remove(slot)
        return True


def _services(session: Session, client: ComputeClient) -> Sequence[str]:
    """Those of its services in which its user may run jobs."""
    own = client.user_id
    rights = select(ServiceUser.service_name).where(
        ServiceUser.user_id == own, ServiceUser.process_jobs | ServiceUser.admin
    )
    is_admin = exists().where(User.user_id == own, User.admin)
    query = (
        select(Service.service_name)
        .join(ComputeClientService, ComputeClientService.service_name == Service.service_name)
        .where(
            ComputeClientService.compute_client_id == client.compute_client_id,
            or_(Service.user_id == own, Service.service_name.in_(rights), is_admin),
        )
    )
    return session.scalars(query).all()


def _is_free(
    client: ComputeClient, services: Sequence[str], app_names: Sequence[str] | None
) -> ColumnElement[bool]:
    """Whether a job is to be run, by that compute client, and is on offer to no other."""
    targets = select(JobTarget.compute_client_id).where(JobTarget.job_id == Job.job_id)
    users = client.process_jobs_for_users
    return and_(
        Job.status == JobStatus.PENDING.value,
        Job.unmet == 0,
        Job.service_name.in_(services),
        or_(Job.offered_until < time.time(), Job.offered_to == client.compute_client_id),
        or_(~targets.exists(), targets.where(
            JobTarget.compute_client_id == client.compute_client_id
        ).exists()),
        true() if users is None else Job.user_id.in_(users),
        true() if app_names is None else Job.app_name.in_(app_names),
    )  # fmt: skip


def _fits(slot: ComputeClientComputeSlot) -> ColumnElement[bool]:
    return and_(
        Job.num_cpus.between(slot.minNumCpus, slot.numCpus),
        Job.num_gpus.between(slot.minNumGpus, slot.numGpus),
        Job.memory_gb.between(slot.minMemoryGb, slot.memoryGb),
        Job.time_sec.between(slot.minTimeSec, slot.timeSec),
    )
