"""A service that is reached elsewhere from now on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select

from pydra_oar_jupyter.pairio.models import definition_hash
from pydra_oar_jupyter.pairio.service.tables import Job, JobFile
from pydra_oar_jupyter.pairio.service.tokens import digest

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def move(session: Session, old: str, new: str) -> None:
    """Let the URLs of all jobs' files begin with another base; as inputs of others too."""
    session.execute(delete(JobFile))
    for job in session.scalars(select(Job)):
        job.definition = _moved(job.definition, old, new)
        job.definition_hash = definition_hash(job.definition)
        job.outputs = _moved(job.outputs, old, new)
        job.other_files = _moved(job.other_files, old, new)
        job.console_url = _moved(job.console_url, old, new)
        job.resources_url = _moved(job.resources_url, old, new)
        if rows := files_of(job):
            session.execute(insert(JobFile), rows)


def files_of(job: Job) -> list[dict[str, str]]:
    """The rows by which a job is found from its files' URLs."""
    urls = [("input", file["url"]) for file in job.definition["inputFiles"]]
    urls += [("output", output["url"]) for output in job.outputs]
    return [
        {"url_digest": digest(url), "role": role, "job_id": job.job_id}
        for role, url in dict.fromkeys(urls)
    ]


def _moved(value: Any, old: str, new: str) -> Any:
    """Of a value of JSON, all texts that begin with the old base."""
    return json.loads(json.dumps(value).replace(f'"{old}/', f'"{new}/'))
