"""Users, and what they have used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel
from sqlalchemy import case, func, select

from pydra_oar_jupyter.pairio.models import JobStatus
from pydra_oar_jupyter.pairio.service.errors import missing, wrong
from pydra_oar_jupyter.pairio.service.tables import Job, User
from pydra_oar_jupyter.pairio.service.tokens import digest, new_key

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class Consumption(BaseModel):
    """What jobs took, from when they ran until they ended."""

    numJobs: int
    cpuHours: float
    gpuHours: float
    jobHours: float


class UserStats(BaseModel):
    """How many jobs a user has, by status, and what the ended ones took."""

    userId: str
    jobs: dict[JobStatus, int]
    consumption: Consumption


def user_named(session: Session, user_id: str) -> User:
    """That user."""
    found = session.get(User, user_id)
    if found is None:
        raise missing(f"There is no user {user_id!r}.")
    return found


def add_user(session: Session, user_id: str, *, admin: bool = False) -> User:
    """Make a user, who has no key yet."""
    if session.get(User, user_id) is not None:
        raise wrong(f"There is a user {user_id!r} already.")
    user = User(user_id=user_id, admin=admin)
    session.add(user)
    return user


def reset_key(user: User) -> str:
    """A new key for a user, in place of the old one. It isn't kept."""
    key = new_key()
    user.key_digest = digest(key)
    return key


def user_stats(session: Session, user_id: str) -> UserStats:
    """What a user has used."""
    hours = case((Job.finished.is_not(None), Job.finished - Job.started), else_=0.0) / 3600
    query = (
        select(
            Job.status,
            func.count(),
            func.sum(hours * Job.num_cpus),
            func.sum(hours * Job.num_gpus),
            func.sum(hours),
        )
        .where(Job.user_id == user_id)
        .group_by(Job.status)
    )
    rows = session.execute(query).all()
    return UserStats(
        userId=user_id,
        jobs={JobStatus(row[0]): row[1] for row in rows},
        consumption=Consumption(
            numJobs=sum(row[1] for row in rows),
            cpuHours=sum(float(row[2] or 0) for row in rows),
            gpuHours=sum(float(row[3] or 0) for row in rows),
            jobHours=sum(float(row[4] or 0) for row in rows),
        ),
    )
