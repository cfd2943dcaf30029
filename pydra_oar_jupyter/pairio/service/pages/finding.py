"""Which jobs a list shows."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.orm import defer

from pydra_oar_jupyter.pairio.service.tables import Job, JobTag

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

AT_ONCE = 50
_LAST_PAGE = 100_000
STATUSES = ("pending", "starting", "running", "completed", "failed", "cancelled")


@dataclass(frozen=True)
class Wanted:
    """What was asked for; "" where anything will do."""

    service: str = ""
    app: str = ""
    processor: str = ""
    status: str = ""
    user: str = ""
    tag: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Wanted:
        """What a URL's query says."""
        return cls(
            **{name: query.get(name, "").replace("\0", "").strip() for name in asdict(cls())}
        )

    def query(self, page: int = 1) -> str:
        """That as a URL's query, with its "?"; "" for all jobs."""
        said = {name: text for name, text in asdict(self).items() if text}
        if page > 1:
            said["page"] = str(page)
        return f"?{urlencode(said)}" if said else ""

    def __bool__(self) -> bool:
        return any(asdict(self).values())


def page_of(query: Mapping[str, str]) -> int:
    """The page's number, from 1 on."""
    asked = query.get("page", "")
    return min(max(1, int(asked)), _LAST_PAGE) if asked.isdecimal() and len(asked) < 9 else 1


def find(session: Session, wanted: Wanted, page: int) -> tuple[Sequence[Job], bool]:
    """The jobs of a page, the newest first, and whether there are older ones."""
    query = select(Job).options(defer(Job.definition), defer(Job.secrets), defer(Job.outputs))
    for column, text in (
        (Job.service_name, wanted.service),
        (Job.app_name, wanted.app),
        (Job.processor_name, wanted.processor),
        (Job.user_id, wanted.user),
    ):
        if text:
            query = query.where(column == text)
    if wanted.status == "cancelled":
        query = query.where(Job.canceled.is_(True))
    elif wanted.status:
        query = query.where(Job.status == wanted.status, Job.canceled.is_(False))
    if wanted.tag:
        query = query.where(Job.job_id.in_(select(JobTag.job_id).where(JobTag.tag == wanted.tag)))
    start = (page - 1) * AT_ONCE
    found = session.scalars(
        query.order_by(Job.number.desc()).offset(start).limit(AT_ONCE + 1)
    ).all()
    return found[:AT_ONCE], len(found) > AT_ONCE
