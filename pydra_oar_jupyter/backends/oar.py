"""The OAR backend: its commands, run here or behind a prefix such as ``ssh frontend``.

What the commands print was read off OAR 2.5.9. Exit codes of oarsub: 8 with ``OAR_JOB_ID=-5``
for what the cluster does not have, 1 for an unknown option, 255 for a bad ``-l``, 248 for an
unknown queue; its messages come on both streams, among those of the admission rules.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.errors import BackendError, Refused, Unreachable
from pydra_oar_jupyter.core.request import Request
from pydra_oar_jupyter.core.spool import write_atomically
from pydra_oar_jupyter.core.state import JobState, JobStatus, Resource, SchedulerEvent

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pydra_oar_jupyter.core.spool import Submission

# How long a question may take, and a change, in seconds. oarsub is given longer than it takes
# a database to restart: ending it leaves open whether it has submitted.
_ASK, _CHANGE, _SUBMIT = 30.0, 60.0, 300.0
# Lines of oarsub's that mean nothing to its user.
_NOISE = re.compile(
    r"\[ADMISSION RULE\]|OAR_(JOB|ARRAY)_ID=|\[ERROR\] Oarsub failed|Simple array job|^#+$|"
    r"Generate a job key|\[INFO\]"
)
# What the commands say when the database or the server is what fails.
_DOWN = re.compile(
    r"DBI connect|DBD::|could not connect|connection to server|cannot connect|"
    r"server closed the connection|Connection (refused|reset|timed out|closed)|"
    r"terminating connection|No route to host|could not resolve|is starting up|shutting down",
    re.IGNORECASE,
)


class Backend:
    """OAR's commands. ``prefix`` is put before each; PYDRA_OAR_PREFIX sets it."""

    name = "oar"
    polls = (1.0, 30.0)

    def __init__(self, prefix: Sequence[str] | None = None) -> None:
        words = shlex.split(os.environ.get("PYDRA_OAR_PREFIX", ""))
        self.prefix = list(prefix) if prefix is not None else words

    def submit(self, submission: Submission) -> list[int]:
        """One oarsub, whatever the number of jobs."""
        if len(submission.jobs) > 1:
            lines = [shlex.quote(str(job.script)) for job in submission.jobs]
            write_atomically(submission.params, "\n".join(lines) + "\n")
        code = self._call_into(submission.answer, ["oarsub", *self._words(submission)])
        said = submission.answer.read_text(errors="replace")
        ids = _ids(said)
        if len(ids) == len(submission.jobs):
            return ids
        if _DOWN.search(said) or code is None:
            raise Unreachable(f"oarsub does not get through: {_words_of(said) or 'no answer'}")
        if ids:
            self.delete(ids)
            raise Refused(f"OAR took only {len(ids)} of {len(submission.jobs)} jobs: deleted.")
        raise Refused(f"OAR refused the job: {_words_of(said)}")

    def find(self, submission: Submission) -> list[int]:
        """By what oarsub printed, else by the name that its jobs have."""
        if submission.answer.exists():
            ids = _ids(submission.answer.read_text(errors="replace"))
            if len(ids) == len(submission.jobs):
                return ids
        found = self._stat(["--sql", f"job_name like '%~{submission.id}'"]).values()
        firsts = [status for status in found if not status.resubmitted_from]
        return [status.id for status in sorted(firsts, key=lambda status: status.array_index)]

    def command(self, submission: Submission) -> str:
        """The oarsub that `submit` would run."""
        return shlex.join([*self.prefix, "oarsub", *self._words(submission)])

    def status(self, ids: Collection[int]) -> dict[int, JobStatus]:
        """One oarstat for all, with the jobs that replace any of them."""
        listed = ",".join(str(int(job_id)) for job_id in sorted(ids))
        query = f"job_id in ({listed}) or resubmit_job_id in ({listed})"
        return self._stat(["-f", "--sql", query]) if ids else {}

    def jobs(self, *, everyone: bool = False) -> list[JobStatus]:
        """The jobs in the queue; of everyone's, only what a plain oarstat tells."""
        found = self._stat([] if everyone else ["-f", "-u"])
        return sorted(found.values(), key=lambda status: status.id)

    def resources(self) -> list[Resource]:
        """What oarnodes lists."""
        resources = self._ask_json(["oarnodes", "-J"]).values()
        return sorted((_resource(facts) for facts in resources), key=lambda found: found.id)

    def queues(self) -> list[str]:
        """Not told by OAR to its users."""
        return []

    def delete(self, ids: Sequence[int]) -> None:
        """One oardel for all."""
        # Jobs that are being deleted or have ended already are as they were asked to be.
        self._change("oardel", ids, fine=re.compile("REGISTERED|already killed|already ended"))

    def hold(self, ids: Sequence[int]) -> None:
        """One oarhold for all."""
        self._change("oarhold", ids)

    def resume(self, ids: Sequence[int]) -> None:
        """One oarresume for all."""
        self._change("oarresume", ids)

    def _words(self, submission: Submission) -> list[str]:
        """Oarsub's options and command for these jobs."""
        asked = Request.parse(submission.words)
        request = dataclasses.replace(
            asked,
            name=submission.tag,
            directory=asked.directory or submission.directory,
            stdout=asked.stdout or str(submission.path / "%jobid%.out"),
            stderr=asked.stderr or str(submission.path / "%jobid%.err"),
            array_param_file=str(submission.params) if len(submission.jobs) > 1 else None,
        )
        if len(submission.jobs) > 1:
            return [*request.words(), "/bin/sh"]
        return [*request.words(), f"/bin/sh {shlex.quote(str(submission.jobs[0].script))}"]

    def _change(
        self, command: str, ids: Sequence[int], fine: re.Pattern[str] | None = None
    ) -> None:
        if not ids:
            return
        code, said = self._call([command, *(str(int(job_id)) for job_id in ids)], _CHANGE)
        if code == 0:
            return
        if _DOWN.search(said):
            raise Unreachable(f"{command} does not get through: {_words_of(said)}")
        lines = [line.strip(" /!\\") for line in said.splitlines()]
        blamed = [line for line in lines if line.startswith("Cannot") or "rror:" in line]
        if fine and all(fine.search(line) for line in blamed):
            return
        raise BackendError("\n".join(blamed) or f"{command} failed: {_words_of(said)}")

    def _stat(self, words: list[str]) -> dict[int, JobStatus]:
        found = self._ask_json(["oarstat", "-J", *words]).values()
        return {(status := _status(facts)).id: status for facts in found}

    def _ask_json(self, command: list[str]) -> dict[str, Any]:
        code, said = self._call(command, _ASK, merge=False)
        try:
            # OAR prints nothing at all when there is nothing to tell.
            answer = json.loads(said) if said.strip() or code else {}
        except ValueError:
            answer = None
        if code or not isinstance(answer, dict):
            words = _words_of(said) or f"it ended with {code} and no word"
            raise Unreachable(f"{command[0]} gives no answer: {words}")
        return answer

    def _argv(self, command: list[str]) -> list[str]:
        # ssh hands what it gets to a shell on the other side; other prefixes do not.
        remote = bool(self.prefix) and Path(self.prefix[0]).name in ("ssh", "oarsh")
        return [*self.prefix, *([shlex.join(command)] if remote else command)]

    def _call(self, command: list[str], limit: float, *, merge: bool = True) -> tuple[int, str]:
        try:
            done = subprocess.run(
                self._argv(command),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if merge else subprocess.PIPE,
                timeout=limit,
                check=False,
                start_new_session=True,  # the interrupt button is for the cell, not for this
            )
        except subprocess.TimeoutExpired:
            raise Unreachable(f"{command[0]} has given no answer for {limit:.0f} s") from None
        except OSError as error:
            raise Unreachable(f"{command[0]} can't be run: {error.strerror}") from error
        said = done.stdout or (done.stderr if done.returncode else b"")
        return done.returncode, said.decode(errors="replace")

    def _call_into(self, answer: Path, command: list[str]) -> int | None:
        """Run it with its output in a file, where it stays if this process dies meanwhile."""
        try:
            with answer.open("wb") as file:
                return subprocess.run(
                    self._argv(command),
                    stdin=subprocess.DEVNULL,
                    stdout=file,
                    stderr=file,
                    timeout=_SUBMIT,
                    check=False,
                    start_new_session=True,
                ).returncode
        except subprocess.TimeoutExpired:
            return None
        except OSError as error:
            raise Refused(f"{command[0]} can't be run: {error.strerror}.") from error


def _ids(said: str) -> list[int]:
    return [int(found) for found in re.findall(r"^OAR_JOB_ID=(\d+)\s*$", said, re.MULTILINE)]


def _words_of(said: str) -> str:
    """OAR's own message without its noise."""
    lines = [re.sub(r"^(/!\\\s*|ERROR\s*:\s*)", "", line.strip()) for line in said.splitlines()]
    lines = [line for line in lines if line]
    return " ".join([line for line in lines if not _NOISE.search(line)] or lines)


def _status(facts: dict[str, Any]) -> JobStatus:
    events = [
        SchedulerEvent(event["type"], event.get("description") or "", float(event["date"]))
        for event in facts.get("events") or []
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
        events=tuple(sorted(events, key=lambda event: event.time)),
        array_id=int(facts.get("array_id") or 0),
        array_index=int(facts.get("array_index") or 1),
        resubmitted_from=int(facts.get("resubmit_job_id") or 0),
        dependencies=tuple(int(job_id) for job_id in facts.get("dependencies") or ()),
        command=facts.get("command") or "",
        directory=facts.get("launchingDirectory") or "",
        stdout_file=facts.get("stdout_file") or "",
        stderr_file=facts.get("stderr_file") or "",
    )


def _seconds(facts: dict[str, Any], key: str) -> float:
    return float(facts.get(key) or 0)


def _resource(facts: dict[str, Any]) -> Resource:
    jobs = str(facts.get("jobs") or "")
    return Resource(
        id=int(facts["resource_id"]),
        host=str(facts.get("host") or facts.get("network_address") or ""),
        state=str(facts["state"]),
        properties=facts,
        jobs=tuple(int(job_id) for job_id in re.findall(r"\d+", jobs)),
    )
