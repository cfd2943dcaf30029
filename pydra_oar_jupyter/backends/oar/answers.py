"""Reading what OAR's commands print. Read off OAR 2.5.9.

Exit codes of oarsub: 8 with ``OAR_JOB_ID=-5`` for what the cluster does not have, 1 for an
unknown option, 255 for a bad ``-l``, 254 for a refusal of the admission rules, 248 for an unknown
queue; its messages come on both streams, among those of the admission rules.
"""

from __future__ import annotations

import re
from typing import Any

from pydra_oar_jupyter.core.state import Allocation, JobState, JobStatus, Resource, SchedulerEvent

# Lines of oarsub's that mean nothing to its user.
_NOISE = re.compile(
    r"\[ADMISSION RULE\](?!.*[Ee]rror)|OAR_(JOB|ARRAY)_ID=|\[ERROR\] Oarsub failed|"
    r"Simple array job|^#+$|Generate a job key|\[INFO\]"
)
# What stands before OAR's own words.
_MARK = re.compile(r"^(/!\\\s*|\[ADMISSION RULE\]\s*|ERROR\s*:\s*|Error:\s*)+")
# What the commands say when the database or the server is what fails.
DOWN = re.compile(
    r"DBI connect|DBD::|DB connection error|could not connect|connection to server|cannot connect|"
    r"server closed the connection|Connection (refused|reset|timed out|closed)|"
    r"terminating connection|No route to host|could not resolve|is starting up|shutting down",
    re.IGNORECASE,
)


def submitted_ids(said: str) -> list[int]:
    """The ids in what oarsub printed, in the array's order."""
    return [int(found) for found in re.findall(r"^OAR_JOB_ID=(\d+)\s*$", said, re.MULTILINE)]


def message_of(said: str) -> str:
    """OAR's own message without its noise."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if not _NOISE.search(line)] or lines
    return " ".join(_MARK.sub("", line) for line in telling)


def status_of(facts: dict[str, Any]) -> JobStatus:
    """One job of ``oarstat -J``, with or without ``-f``."""
    events = [
        SchedulerEvent(event["type"], event.get("description") or "", float(event["date"]))
        for event in sorted(facts.get("events") or [], key=lambda event: int(event["event_id"]))
    ]
    nodes = facts.get("assigned_network_address") or []
    return JobStatus(
        id=int(facts["Job_Id"]),
        state=JobState(facts["state"]),
        name=facts.get("name") or "",
        owner=facts.get("owner") or "",
        queue=facts.get("queue") or "",
        project=facts.get("project") or "",
        types=tuple(facts.get("types") or ()),
        properties=facts.get("properties") or "",
        resources=(facts.get("wanted_resources") or "").strip(),
        nodes=tuple(sorted(nodes)),
        submitted=_seconds(facts, "submissionTime"),
        scheduled=_seconds(facts, "scheduledStart"),
        started=_seconds(facts, "startTime"),
        ended=_seconds(facts, "stopTime"),
        walltime=facts.get("walltime"),
        exit_code=facts.get("exit_code"),
        message=facts.get("message") or "",
        events=tuple(events),
        array_id=int(facts.get("array_id") or 0),
        array_index=int(facts.get("array_index") or 1),
        resubmitted_from=int(facts.get("resubmit_job_id") or 0),
        dependencies=tuple(int(job_id) for job_id in facts.get("dependencies") or ()),
        command=facts.get("command") or "",
        directory=facts.get("launchingDirectory") or "",
        stdout_file=facts.get("stdout_file") or "",
        stderr_file=facts.get("stderr_file") or "",
    )


def allocation_of(facts: dict[str, Any]) -> Allocation:
    """One job of ``oarstat --gantt -J``."""
    state = JobState(facts["state"])
    start = _seconds(facts, "start_time")
    stop = _seconds(facts, "stop_time")
    if not state.final:  # OAR lets the bars of besteffort jobs end now
        stop = start + int(facts.get("walltime") or 0)
    queue = facts.get("queue_name") or ""
    return Allocation(
        job=int(facts["job_id"]),
        state=state,
        start=start,
        stop=max(start, stop),
        resources=tuple(int(id_) for id_ in facts.get("resource_id") or ()),
        name=facts.get("job_name") or "",
        owner=facts.get("user") or "",
        besteffort="besteffort" in (queue, *(facts.get("types") or ())),
    )


def deleted_by_root(status: JobStatus) -> bool:
    """Whether root deleted it, and not for its walltime or for another job."""
    kinds = {event.type: event.description for event in status.events}
    told = kinds.keys() & {"WALLTIME", "BESTEFFORT_KILL"}
    return not told and "User root" in kinds.get("FRAG_JOB_REQUEST", "")


def _seconds(facts: dict[str, Any], key: str) -> float:
    return float(facts.get(key) or 0)


def resource_of(facts: dict[str, Any]) -> Resource:
    """One resource of ``oarnodes -J``."""
    jobs = str(facts.get("jobs") or "")
    return Resource(
        id=int(facts["resource_id"]),
        host=str(facts.get("host") or facts.get("network_address") or ""),
        state=str(facts["state"]),
        properties=facts,
        jobs=tuple(int(job_id) for job_id in re.findall(r"\d+", jobs)),
    )
