"""All that the page of a job shows."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from pydra_oar_jupyter.pairio.plot import plot
from pydra_oar_jupyter.pairio.service.files.names import Kind, Place
from pydra_oar_jupyter.pairio.service.pages.previews import previews
from pydra_oar_jupyter.pairio.service.tables import Job, JobDependency, JobFile
from pydra_oar_jupyter.pairio.service.tokens import digest
from pydra_oar_jupyter.pairio.usage import read_samples

if TYPE_CHECKING:
    from pydra_oar_jupyter.pairio.service.files.store import Store
    from pydra_oar_jupyter.pairio.service.state import State

_CONSOLE = 100_000  # bytes of console output that are shown
_LOG = 4_000_000  # bytes of the log of resources that are read
_KIN = 100  # jobs that need this one which are shown
_FILES = 50  # files beside the outputs that are shown


def job_and_kin(state: State, job_id: str) -> dict[str, Any] | None:
    """A job, those that it needs, those that need it, and whose outputs it reads."""
    if "\0" in job_id:
        return None  # which PostgreSQL can't even look for
    with state.read() as session:
        job = session.scalar(select(Job).where(Job.job_id == job_id))
        if job is None:
            return None
        needed = {
            one.job_id: one
            for one in session.scalars(select(Job).where(Job.job_id.in_(job.dependencies)))
        }
        needing = session.scalars(
            select(Job)
            .join(JobDependency, JobDependency.job_id == Job.job_id)
            .where(JobDependency.needs == job_id)
            .order_by(Job.number.desc())
            .limit(_KIN)
        ).all()
        digests = {digest(file["url"]): file["url"] for file in job.definition["inputFiles"]}
        made = select(JobFile.url_digest, JobFile.job_id).where(
            JobFile.role == "output", JobFile.url_digest.in_(digests)
        )
        makers = {digests[found]: maker for found, maker in session.execute(made)}
    return {
        "job": job,
        "needs": [(one, needed.get(one)) for one in job.dependencies],
        "needing": needing,
        "makers": makers,
        "definition": json.dumps(job.definition, indent=2, ensure_ascii=False),
    }


async def job_files(store: Store, job: Job, root: str) -> dict[str, Any]:
    """The files of a job, as far as its page shows them.

    Args:
        store: where they are.
        job: whose they are.
        root: what the paths of the service's URLs begin with.
    """

    def place(kind: Kind, name: str = "") -> Place:
        return Place(job.service_name, job.job_id, kind, name)

    outputs = [(place("output", file["name"]), file["fileBaseName"]) for file in job.outputs]
    others = [(place("other", file["name"]), file["name"]) for file in job.other_files[:_FILES]]
    shown, beside, console, log = await asyncio.gather(
        previews(store, root, outputs),
        previews(store, root, others),
        store.read(place("consoleOutput"), _CONSOLE, end=True),
        store.read(place("resourceUtilizationLog"), _LOG, end=True),
    )
    text, size = console or (b"", 0)
    samples = read_samples(log[0]) if log else []
    return {
        "outputs": list(zip(job.outputs, shown, strict=True)),
        "others": beside,
        "more_others": len(job.other_files) - len(others),
        "console": text.decode(errors="replace"),
        "console_size": size,
        "console_cut": size > len(text),
        "console_url": place("consoleOutput").url(root),
        "log_url": place("resourceUtilizationLog").url(root) if log else "",
        "plot": plot(samples) if samples else "",
    }
