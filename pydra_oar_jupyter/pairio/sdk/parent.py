"""The process that a compute client starts: it runs a job in a child, and tells the service."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from pydra_oar_jupyter.pairio.errors import PairioError
from pydra_oar_jupyter.pairio.http import Api
from pydra_oar_jupyter.pairio.models import JobStatus
from pydra_oar_jupyter.pairio.sdk.cleanup import clean
from pydra_oar_jupyter.pairio.sdk.console import Console
from pydra_oar_jupyter.pairio.sdk.failure import failure
from pydra_oar_jupyter.pairio.sdk.family import Family
from pydra_oar_jupyter.pairio.sdk.growing import Growing
from pydra_oar_jupyter.pairio.sdk.meter import Meter
from pydra_oar_jupyter.pairio.sdk.settings import Settings
from pydra_oar_jupyter.pairio.sdk.watch import until_over

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Coroutine

PATIENCE = 600.0  # seconds that a service has to come back, so that the job's end is not lost
_DRAIN = 5.0  # seconds that the console is read on when all processes have ended
_SECRET = 6  # characters of a secret that is hidden on the console, at least
_CHUNK = 1 << 18


@dataclass(frozen=True)
class End:
    """Why a job ended: an error, or "" if it ran to its end.

    ``ours``: the service waits for this process to say so. Else the job is another's, or nobody's.
    """

    error: str
    ours: bool = True


def run_parent() -> int:
    """Run the job that the environment names; 0 if it completed."""
    began = time.monotonic()
    settings = Settings.from_environment()
    return asyncio.run(_Run(settings, began).go())


class _Run:
    """One job."""

    def __init__(self, settings: Settings, began: float) -> None:
        self.settings, self.began = settings, began
        self.api = Api(settings.access.url, settings.access.key, patience=PATIENCE)
        self.family = Family()
        self.console = Console()
        self.meter = Meter(self.family)
        job_id = settings.access.job_id
        self.uploads = (
            Growing(self.api, job_id, "consoleOutput", self.console, first=0.8, longest=10),
            Growing(self.api, job_id, "resourceUtilizationLog", self.meter, first=2, longest=30),
        )

    async def go(self) -> int:
        try:
            await self._report(JobStatus.RUNNING)
            self.console.hide(self.settings.access.key, *await self._secrets())
        except PairioError as error:
            return self._say(f"was not run: {error}")
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        end = await self._run(stop)
        if self.settings.cleanup_dir:
            await asyncio.to_thread(clean, self.settings.cleanup_dir)
        await self._flush(aloud=end.ours)
        code = (
            await self._conclude(end.error)
            if end.ours
            else self._say(f"goes no further: {end.error}")
        )
        await self.api.close()
        return code

    async def _run(self, stop: asyncio.Event) -> End:
        """Run the child until it ends or something ends it; no process is left then."""
        output, end_of_child = os.pipe()
        try:
            child = self.family.child = await _start(self.settings, end_of_child)
        except OSError as error:
            os.close(output)
            return End(f"{self.settings.executable} can't be started: {error}.")
        finally:
            os.close(end_of_child)
        reading = asyncio.create_task(self._read(output))
        try:
            end = await _first(
                self._over(),
                self._stopped(stop),
                self._late(),
                *(self._refused(upload) for upload in self.uploads),
                self._sample(),
                self._ended(child),
            )
        finally:
            await self.family.end()
            with suppress(TimeoutError):
                await asyncio.wait_for(reading, _DRAIN)
        if end.error:
            self.console.write(f"\n[pairio] {end.error}\n".encode())
        elif child.returncode:
            end = End(failure(child.returncode, self.console.content()))
        return end

    # What ends a job; the first of them counts.

    async def _over(self) -> End:
        return End(await until_over(self.api, self.settings.access.job_id), ours=False)

    async def _refused(self, upload: Growing) -> End:
        return End(await upload.go(), ours=False)

    async def _stopped(self, stop: asyncio.Event) -> End:
        await stop.wait()
        return End("The job was stopped from outside: the process that runs it got a signal.")

    async def _late(self) -> End:
        if (timeout := self.settings.timeout) is None:
            await asyncio.Event().wait()
            raise AssertionError
        await asyncio.sleep(self.began + timeout - time.monotonic())
        return End(f"The job took longer than {timeout:g} s.")

    async def _ended(self, child: Process) -> End:
        await child.wait()
        return End("")

    # What goes on meanwhile.

    async def _read(self, output: int) -> None:
        """Take what the processes print, until none is left that could."""
        reader = asyncio.StreamReader(_CHUNK)
        protocol = asyncio.StreamReaderProtocol(reader)
        file = os.fdopen(output, "rb", buffering=0)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, file)
        try:
            while data := await reader.read(_CHUNK):
                self.console.write(data)
        finally:
            transport.close()

    async def _sample(self) -> End:
        """Often at first, so that a short job has some samples too."""
        pause = 0.1
        while True:
            await asyncio.sleep(pause)
            self.meter.sample()
            longest = max(5.0, (time.monotonic() - self.began) / 500)
            pause = min(1.5 * pause, longest, 60.0)

    # What the service is told.

    async def _flush(self, *, aloud: bool) -> None:
        for upload in self.uploads:
            try:
                await upload.flush()
            except PairioError as refusal:
                if aloud:
                    self._say(f"could not upload the last of its console: {refusal}")

    async def _conclude(self, error: str) -> int:
        """Say how the job ended."""
        if not error:
            try:
                await self._report(JobStatus.COMPLETED)
            except PairioError as refusal:
                if refusal.status != HTTPStatus.BAD_REQUEST:
                    return self._say(f"completed, and the service could not be told: {refusal}")
                error = f"The service does not take the job as completed: {refusal}"
            else:
                print(f"Job {self.settings.access.job_id} completed.")
                return 0
        try:
            await self._report(JobStatus.FAILED, error)
        except PairioError as refusal:
            self._say(f"ended, and the service could not be told: {refusal}")
        return self._say(f"failed: {error}")

    async def _report(self, status: JobStatus, error: str = "") -> None:
        fields = {
            "jobId": self.settings.access.job_id,
            "computeClientId": self.settings.compute_client_id,
            "status": status,
        }
        # Safe to repeat: being told twice is no error.
        await self.api.call("setJobStatus", fields | ({"error": error} if error else {}))

    async def _secrets(self) -> list[str]:
        """The job's own, but for those that are too short to be told from common words."""
        fields = {"jobId": self.settings.access.job_id, "includePrivateKey": False}
        job = (await self.api.call("getJob", fields))["job"]
        values = [str(secret["value"]) for secret in job["secrets"] or []]
        return [value for value in values if len(value) >= _SECRET]

    def _say(self, what: str) -> int:
        print(f"Job {self.settings.access.job_id} {what}", file=sys.stderr)
        return 1


async def _start(settings: Settings, output: int) -> Process:
    """Start the child, in a session of its own, with a pipe that takes what it prints.

    The pipe is none of asyncio's, which would take the child for running as long as others, which
    it has left behind, hold the pipe. The job's key is in the child's environment, as apps upload
    their files themselves.
    """
    executable = settings.executable
    command = [sys.executable, executable] if executable.endswith(".py") else [executable]
    environment = {**os.environ, "JOB_INTERNAL": "1", "PYTHONUNBUFFERED": "1"}
    if directory := settings.working_dir:
        temporary = directory / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        environment["TMPDIR"] = str(temporary)
    return await asyncio.create_subprocess_exec(
        *command,
        cwd=directory,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=output,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )


async def _first(*ends: Coroutine[None, None, End]) -> End:
    """What the first of them returns; the others are cancelled."""
    tasks = [asyncio.create_task(end) for end in ends]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return next(task for task in tasks if task.done()).result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
