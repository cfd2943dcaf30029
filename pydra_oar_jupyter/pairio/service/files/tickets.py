"""Tickets for uploads: each lets a job store one file, once, for an hour."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import BigInteger, ForeignKey, String, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from pydra_oar_jupyter.pairio.service.errors import Refused, missing, wrong
from pydra_oar_jupyter.pairio.service.events import console_grew, job_changed
from pydra_oar_jupyter.pairio.service.files.names import Kind, Place
from pydra_oar_jupyter.pairio.service.tables import Base, Job

if TYPE_CHECKING:
    from sqlalchemy import CursorResult
    from sqlalchemy.orm import Session

LIFE = 3600.0  # seconds
# The most bytes of a file. What S3 takes at all is the limit where the protocol sets none.
MOST: dict[Kind, int] = {
    "output": 5 << 40,
    "consoleOutput": 100_000_000,
    "resourceUtilizationLog": 100_000_000,
    "other": 1 << 30,
}
# What a job may still say of itself when it has ended.
_AFTERWARDS = ("consoleOutput", "resourceUtilizationLog")
CONFLICT = 409


class Ticket(Base):
    """A permission to upload one file.

    Attributes:
        attempt: which attempt of the job it was given to.
        size: the most bytes.
        expires: until when, in seconds since the epoch.
        taken: it is being used, or has been.
    """

    __tablename__ = "upload_tickets"
    ticket_id: Mapped[str] = mapped_column(primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.job_id", ondelete="CASCADE"), index=True)
    attempt: Mapped[int]
    kind: Mapped[str] = mapped_column(String(24))
    name: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    expires: Mapped[float] = mapped_column(index=True)
    taken: Mapped[bool] = mapped_column(default=False)


def new_ticket(session: Session, job: Job, kind: Kind, name: str, size: int) -> Ticket:
    """Allow a job one upload.

    Args:
        session: one that writes.
        job: whose file it is.
        kind: what it is.
        name: outputName or otherName; "" for the other kinds.
        size: the most bytes that will come.

    Raises:
        Refused: it can't have such a file.
    """
    try:
        place = Place(job.service_name, job.job_id, kind, name)
    except ValueError as error:
        raise wrong(str(error)) from None
    if not 0 <= size <= MOST[kind]:
        raise wrong(
            f"The size of {kind} is at least 0 and at most {MOST[kind]:,} bytes, not {size:,}."
        )
    if kind == "output" and all(output["name"] != name for output in job.outputs):
        raise wrong(f"Job {job.job_id} has no output {name!r}.")
    _see_that_it_goes_on(job, kind)
    now = time.time()
    session.execute(delete(Ticket).where(Ticket.expires < now))
    ticket = Ticket(
        ticket_id=secrets.token_hex(16),
        job_id=job.job_id,
        attempt=job.attempts,
        kind=kind,
        name=place.name,
        size=size,
        expires=now + LIFE,
        taken=False,
    )
    session.add(ticket)
    return ticket


def take(session: Session, ticket_id: str) -> tuple[Ticket, Place]:
    """Begin with an upload: nobody else can, with this ticket.

    Raises:
        Refused: there is no such ticket, it has been used, or its job may not store that any more.
    """
    ticket, job = _ticket_and_job(session, ticket_id)
    taking = update(Ticket).where(Ticket.ticket_id == ticket_id, Ticket.taken.is_(False))
    if cast("CursorResult[Any]", session.execute(taking.values(taken=True))).rowcount != 1:
        raise Refused(CONFLICT, "This upload URL has been used: ask for a new one.")
    return ticket, Place(job.service_name, job.job_id, cast("Kind", ticket.kind), ticket.name)


def check(session: Session, ticket_id: str) -> None:
    """See that what has come may still be stored: the job may have been taken away meanwhile.

    Raises:
        Refused: it may not.
    """
    _ticket_and_job(session, ticket_id)


def give_back(session: Session, ticket_id: str) -> None:
    """Nothing was stored: the ticket can be used again."""
    session.execute(update(Ticket).where(Ticket.ticket_id == ticket_id).values(taken=False))


def stored(session: Session, ticket: Ticket, place: Place, url: str, size: int) -> None:
    """Note that a file is there, and tell who watches. Sizes in bytes.

    Args:
        session: one that writes.
        ticket: what allowed it.
        place: where it is.
        url: where it can be downloaded, for a file beside the outputs.
        size: of the file.
    """
    found = select(Job).where(Job.job_id == ticket.job_id).with_for_update()
    job = session.scalar(found)
    if job is None:
        return
    if place.kind == "output":
        job.outputs = [
            {**output, "size": size} if output["name"] == place.name else output
            for output in job.outputs
        ]
    elif place.kind == "other":
        others = [other for other in job.other_files if other["name"] != place.name]
        job.other_files = [*others, {"name": place.name, "url": url, "size": size}]
    elif place.kind == "consoleOutput":
        console_grew(session, job.job_id, size)
        return
    job_changed(session, job)


def _ticket_and_job(session: Session, ticket_id: str) -> tuple[Ticket, Job]:
    ticket = session.get(Ticket, ticket_id)
    if ticket is None:
        raise missing("There is no such upload URL: its job has been deleted, or it has expired.")
    job = session.scalars(select(Job).where(Job.job_id == ticket.job_id)).one()
    if job.attempts != ticket.attempt:
        raise Refused(CONFLICT, f"Job {job.job_id} was taken from this compute client.")
    _see_that_it_goes_on(job, ticket.kind)
    return ticket, job


def _see_that_it_goes_on(job: Job, kind: str) -> None:
    if kind not in _AFTERWARDS and job.status not in ("starting", "running"):
        raise wrong(f"Job {job.job_id} is {job.status}: it takes no file of the kind {kind} now.")
