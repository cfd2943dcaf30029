"""OAR's commands, run here or behind a prefix such as ``ssh frontend``."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import re
import shlex
import subprocess
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.backends.oar.answers import (
    DOWN,
    allocation_of,
    deleted_by_root,
    message_of,
    resource_of,
    status_of,
    submitted_ids,
)
from pydra_oar_jupyter.core.errors import BackendError, Refused, SpoolError, Unreachable
from pydra_oar_jupyter.core.files import write_atomically
from pydra_oar_jupyter.core.outcome import NODE_LOST
from pydra_oar_jupyter.core.process import alive, identity
from pydra_oar_jupyter.core.request import Request
from pydra_oar_jupyter.core.state import SchedulerEvent

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pydra_oar_jupyter.core.spool import Submission
    from pydra_oar_jupyter.core.state import Allocation, JobStatus, Resource

# How long a question may take, and a change, in seconds.
_ASK, _CHANGE = 30.0, 60.0
# What oarsub takes in -O and -E. It also hands the array's file to a shell as it is.
_SAFE = re.compile(r"[A-Za-z0-9_./-]+")
# What oarsub can't take in a name; 100 characters is its limit.
_NAME = re.compile(r"['\n\0]")
# How long an oarsub may go on at the other end of a connection that was lost, in seconds.
_STRAY = 60.0
_LOST = ("Dead", "Suspected", "Absent")


class Backend:
    """OAR's commands. ``prefix`` is put before each; PYDRA_OAR_PREFIX sets it."""

    name = "oar"
    polls = (1.0, 30.0)

    def __init__(self, prefix: Sequence[str] | None = None) -> None:
        words = shlex.split(os.environ.get("PYDRA_OAR_PREFIX", ""))
        self.prefix = list(prefix) if prefix is not None else words

    def submit(self, submission: Submission) -> list[int]:
        """One oarsub, whatever the number of jobs."""
        if not _SAFE.fullmatch(str(submission.path)):
            raise Refused(
                f"The spool's path {submission.path} holds characters that oarsub would not pass "
                "on as they are. Choose another with PYDRA_OAR_SPOOL: letters, digits and _ . / -"
            )
        if len(submission.jobs) > 1:
            lines = [shlex.quote(str(job.script)) for job in submission.jobs]
            write_atomically(submission.params, "\n".join(lines) + "\n")
        code = self._oarsub(submission)
        said = submission.answer.read_text(errors="replace")
        ids = submitted_ids(said)
        if "--> KO" in said:  # a reservation that can't be had has an id all the same
            raise Refused(f"OAR refused the job: {message_of(said)}")
        # With its server down oarsub fails, and the job is in the database and will run.
        if len(ids) == len(submission.jobs):
            return ids
        if code == 0 or self._is_lost(code, said):
            raise Unreachable(f"oarsub does not get through: {message_of(said) or 'no answer'}")
        if ids:
            self.delete(ids)
            raise Refused(f"OAR took only {len(ids)} of {len(submission.jobs)} jobs: deleted.")
        raise Refused(f"OAR refused the job: {message_of(said)}")

    def find(self, submission: Submission) -> list[int]:
        """By what oarsub printed, else by the name that its jobs have."""
        if submission.answer.exists():
            ids = submitted_ids(submission.answer.read_text(errors="replace"))
            if len(ids) == len(submission.jobs):
                return ids
        process = submission.path / "oarsub"
        going = process.exists() and alive(process.read_text())
        arrays: dict[int, list[JobStatus]] = {}
        for status in self._stat(["--sql", f"job_name like '%~{submission.id}'"]).values():
            if not status.resubmitted_from:
                arrays.setdefault(status.array_id, []).append(status)
        for array in arrays.values():
            if len(array) == len(submission.jobs):
                return [one.id for one in sorted(array, key=lambda one: one.array_index)]
        if going:
            # It can't be killed, and submits as soon as it gets through.
            raise Unreachable("oarsub has given no answer yet")
        if self._remote and submission.answer.exists():
            cut_off = time.time() - submission.answer.stat().st_mtime
            if cut_off < _STRAY:
                raise Unreachable("the answer of oarsub was lost; it may still get through")
        # OAR enters an array in two steps: a part of one that was cut short is no array.
        self.delete([one.id for part in arrays.values() for one in part])
        return []

    def command(self, submission: Submission) -> str:
        """The oarsub that `submit` would run."""
        return shlex.join([*self.prefix, "oarsub", *self._words(submission)])

    def status(self, ids: Collection[int]) -> dict[int, JobStatus]:
        """One oarstat for all, with the jobs that replace any of them."""
        listed = ",".join(str(int(job_id)) for job_id in sorted(ids))
        query = f"job_id in ({listed}) or resubmit_job_id in ({listed})"
        found = self._stat(["-f", "--sql", query]) if ids else {}
        deleted = {job_id: status for job_id, status in found.items() if deleted_by_root(status)}
        return found | self._with_lost_nodes(deleted) if deleted else found

    def _with_lost_nodes(self, deleted: dict[int, JobStatus]) -> dict[int, JobStatus]:
        """OAR deletes as root what ran on a node that died; only the node's state tells."""
        lost = {found.host: found.state for found in self.resources() if found.state in _LOST}
        for job_id, status in deleted.items():
            if gone := [node for node in status.nodes if node in lost]:
                event = SchedulerEvent(NODE_LOST, f"{gone[0]} is {lost[gone[0]]}", status.ended)
                deleted[job_id] = dataclasses.replace(status, events=(*status.events, event))
        return deleted

    def jobs(self, *, everyone: bool = False) -> list[JobStatus]:
        """The jobs in the queue; of everyone's, only what a plain oarstat tells."""
        found = self._stat([] if everyone else ["-f", "-u"])
        return sorted(found.values(), key=lambda status: status.id)

    def resources(self) -> list[Resource]:
        """What oarnodes lists."""
        resources = self._ask_json(["oarnodes", "-J"]).values()
        return sorted((resource_of(facts) for facts in resources), key=lambda found: found.id)

    def schedule(self, since: float, until: float) -> list[Allocation]:
        """The jobs of ``oarstat --gantt``."""
        between = ", ".join(
            datetime.fromtimestamp(time_, UTC).strftime("%Y-%m-%d %H:%M:%S")
            for time_ in (math.floor(since), math.ceil(until))
        )
        # It reads dates in its own time zone, which is not known here if it is behind a prefix.
        asked = ["env", "TZ=UTC", "oarstat", "--gantt", between, "-J"]
        jobs = self._ask_json(asked).get("jobs", {}).values()
        return sorted(map(allocation_of, jobs), key=lambda found: (found.start, found.job))

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
            name=_NAME.sub("_", submission.tag[:-11])[:88] + submission.tag[-11:],
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
        lines = [line.strip(" /!\\") for line in said.splitlines()]
        blamed = [line for line in lines if line.startswith("Cannot") or "rror:" in line]
        # What it registered is done once the server, if that is down, is up again.
        if code == 0 or ("REGISTERED" in said and not blamed):
            return
        if self._is_lost(code, said):
            raise Unreachable(f"{command} does not get through: {message_of(said)}")
        if fine and blamed and all(fine.search(line) for line in blamed):
            return
        raise BackendError("\n".join(blamed) or f"{command} failed: {message_of(said)}")

    def _stat(self, words: list[str]) -> dict[int, JobStatus]:
        found = self._ask_json(["oarstat", "-J", *words]).values()
        return {(status := status_of(facts)).id: status for facts in found}

    def _ask_json(self, command: list[str]) -> dict[str, Any]:
        code, said = self._call(command, _ASK, merge=False)
        try:
            # OAR prints nothing at all when there is nothing to tell.
            answer = json.loads(said) if said.strip() or code else {}
        except ValueError:
            answer = None
        if code or not isinstance(answer, dict):
            words = message_of(said) or f"it ended with {code} and no word"
            raise Unreachable(f"{_program(command)} gives no answer: {words}")
        return answer

    def _argv(self, command: list[str]) -> list[str]:
        # ssh hands what it gets to a shell on the other side; other prefixes do not.
        return [*self.prefix, *([shlex.join(command)] if self._remote else command)]

    def _is_lost(self, code: int, said: str) -> bool:
        """Whether a command that failed did not get through, or its words did not."""
        # 255 is ssh's own word. Oarsub ends with it too, for a bad -l, and then marks what it says.
        cut_off = self._remote and code == 255 and "/!\\" not in said
        return cut_off or code < 0 or not said.strip() or bool(DOWN.search(said))

    @property
    def _remote(self) -> bool:
        return bool(self.prefix) and Path(self.prefix[0]).name in ("ssh", "oarsh")

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
            raise Unreachable(
                f"{_program(command)} has given no answer for {limit:.0f} s"
            ) from None
        except OSError as error:
            raise Unreachable(f"{_program(command)} can't be run: {error.strerror}") from error
        said = done.stdout or (done.stderr if done.returncode else b"")
        return done.returncode, said.decode(errors="replace")

    def _oarsub(self, submission: Submission) -> int:
        """Run it to its end, with its output in a file that stays if this process dies meanwhile.

        Returns its exit code.

        It is not given up: it runs as another account and can't be killed, and without its
        database it waits, and submits when that is back.
        """
        try:
            with submission.answer.open("wb") as file:
                process = subprocess.Popen(
                    self._argv(["oarsub", *self._words(submission)]),
                    stdin=subprocess.DEVNULL,
                    stdout=file,
                    stderr=file,
                    start_new_session=True,
                )
        except OSError as error:
            raise Refused(f"oarsub can't be run: {error.strerror}.") from error
        # Without it, on a full disk, another kernel can't tell that it goes on; this one waits.
        with suppress(ProcessLookupError, SpoolError):
            write_atomically(submission.path / "oarsub", identity(process.pid))
        return process.wait()


def _program(command: list[str]) -> str:
    """Which of OAR's commands that is."""
    return next(word for word in command if word.startswith("oar"))
