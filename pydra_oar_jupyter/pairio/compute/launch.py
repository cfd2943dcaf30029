"""Claimed jobs on their way into the core, and found there again after a restart."""

from __future__ import annotations

import dataclasses
import math
import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.errors import OarError, RequestError, SpoolError
from pydra_oar_jupyter.core.files import names_in, private_directory
from pydra_oar_jupyter.core.jobs import all_jobs
from pydra_oar_jupyter.core.origin import Origin
from pydra_oar_jupyter.core.pack import new_pack
from pydra_oar_jupyter.pairio.compute.containers import Container, Program, Runtime

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from pydra_oar_jupyter.core.job import Job
    from pydra_oar_jupyter.core.pack import Pack
    from pydra_oar_jupyter.core.request import Request
    from pydra_oar_jupyter.pairio.compute.config import Registration
    from pydra_oar_jupyter.pairio.compute.resources import Site
    from pydra_oar_jupyter.pairio.models import PairioAppProcessor, PairioJob

KIND = "pairio"
# Variables that make a program run other code, or that are how a job is told what it is: who may
# create jobs may not set them on this machine.
_RESERVED = re.compile(
    r"PATH|HOME|SHELL|ENV|BASH_ENV|IFS|TMPDIR|LD_\w+|GCONV_PATH|PYTHON\w*|JOB_\w+|OAR_\w+|"
    r"PAIRIO_API_URL|PAIRIO_JOB_\w+|COMPUTE_CLIENT_ID|PROCESSOR_EXECUTABLE|SPEC_OUTPUT_FILE"
)


@dataclass(frozen=True)
class Claim:
    """A job that is this compute client's to run.

    Attributes:
        job: with its private key and its secrets.
        processor: what its app's specification says of its processor.
    """

    job: PairioJob
    processor: PairioAppProcessor


class Launcher:
    """Hands jobs to one of the core's backends.

    Calls may come from any thread.

    Args:
        registration: whose jobs they are.
        directory: the compute client's, on a file system that the nodes see.
        backend: the core's name of it.
        runtime: how programs are run there.
        apps: the programs of apps, by the apps' names; without containers only these can run.
        site: what the backend has.

    Raises:
        OarError: that directory can't be used with containers.
        SpoolError: the directory can't be written.
    """

    def __init__(
        self,
        registration: Registration,
        directory: Path,
        backend: str,
        runtime: Runtime,
        apps: Mapping[str, Path],
        site: Site,
    ) -> None:
        self.backend, self._runtime, self._apps = backend, runtime, dict(apps)
        self._registration = registration
        self._work = private_directory(directory / "work")
        if runtime.container is not Container.NONE and set(":,") & set(str(self._work)):
            raise OarError(f"{runtime.container} can't use {self._work}: choose a path without : ,")
        self._site = site

    @property
    def app_names(self) -> list[str] | None:
        """The apps whose jobs can run here; None: any."""
        return sorted(self._apps) if self._runtime.container is Container.NONE else None

    def launch(self, claims: Sequence[Claim]) -> list[Job | OarError]:
        """Submit jobs, those that ask for the same as one array; for each its handle, or why not.

        Handles are there at once: the core goes on with the rest.
        """
        packs: dict[Request, tuple[Pack, list[int]]] = {}
        results: dict[int, Job | OarError] = {}
        for at, claim in enumerate(claims):
            try:
                self._pack(packs, at, claim)
            except OarError as error:
                results[at] = error
            except OSError as error:
                results[at] = SpoolError(f"{self._work} can't be written: {error.strerror}.")
        for pack, places in packs.values():
            if not places:
                continue
            try:
                handles: Sequence[Job | OarError] = pack.submit(self.backend)
            except OarError as error:
                pack.discard()
                handles = [error] * len(places)
            results.update(zip(places, handles, strict=True))
        return [results[at] for at in range(len(claims))]

    def _pack(self, packs: dict[Request, tuple[Pack, list[int]]], at: int, claim: Claim) -> None:
        """Write a job into the spool, beside those that ask for the same."""
        job = claim.job
        delay = self._runtime.delay
        request = self._site.request(job.requiredResources, str(self._work), delay)
        if request not in packs:
            packs[request] = new_pack(request, KIND, KIND, array=True), []
        pack, places = packs[request]
        directory = pack.add()
        place = self._work / directory.id
        try:
            program = self._program(claim)
            needed, url = job.requiredResources, self._registration.url
            pack.work(self._runtime.prepare(place, program, needed, url), _name(job))
        except BaseException:
            pack.drop()
            shutil.rmtree(place, ignore_errors=True)
            raise
        directory, spec = pack.jobs[-1]
        pack.jobs[-1] = directory, dataclasses.replace(spec, origin=self._origin(job.jobId))
        places.append(at)

    def _program(self, claim: Claim) -> Program:
        job, processor = claim.job, claim.processor
        executable, image = processor.executable, processor.image
        if self._runtime.container is Container.NONE:
            app = job.jobDefinition.appName
            if app not in self._apps:
                raise RequestError(f"There is no app {app!r} on this compute client.")
            executable, image = str(self._apps[app]), ""
        secrets = {secret.name: secret.value for secret in job.secrets or []}
        if reserved := next(filter(_RESERVED.fullmatch, secrets), None):
            raise RequestError(f"A secret can't be called {reserved}: that is set already.")
        env = {
            **secrets,
            "JOB_ID": job.jobId,
            "JOB_PRIVATE_KEY": job.jobPrivateKey or "",
            "JOB_TIMEOUT_SEC": str(max(1, math.ceil(job.requiredResources.timeSec))),
            "COMPUTE_CLIENT_ID": self._registration.id,
            "PROCESSOR_EXECUTABLE": executable,
            "PAIRIO_API_URL": self._registration.url,
            "PYTHONUNBUFFERED": "1",
        }
        return Program(executable, image, env)

    def recall(self) -> dict[str, list[Job]]:
        """This compute client's jobs that are in the spool, by Pairio's ids, the newest first."""
        found: dict[str, list[Job]] = {}
        for job in all_jobs().all():
            try:
                source = job.spec.source if job.kind == KIND else ""
            except (OarError, OSError, ValueError, TypeError, KeyError):
                continue  # it can't be read, so it isn't known to be ours
            job_id, _, client = source.removeprefix(f"{KIND}:").rpartition("@")
            if client == self._registration.id:
                found.setdefault(job_id, []).append(job)
        return found

    def clean(self, job: Job, *, keep: bool) -> None:
        """Remove what an ended job had around it.

        Args:
            job: the core's.
            keep: leave what it said, for people to look at.

        Raises:
            PairioError: its container can't be removed.
        """
        shutil.rmtree(self._work / job.directory.id, ignore_errors=True)
        if not (job.outcome and job.outcome.ok):
            self._runtime.stop(job.directory)
        if not keep:
            all_jobs().discard(job)

    def sweep(self, kept: Collection[Job]) -> None:
        """Remove what is left of all but these jobs."""
        all_jobs().spool.remove_ended(before=0.0)  # submissions without jobs
        names = {job.directory.id for job in kept}
        for name in names_in(self._work):
            if name not in names:
                shutil.rmtree(self._work / name, ignore_errors=True)

    def _origin(self, job_id: str) -> Origin:
        return Origin(f"{KIND}:{job_id}@{self._registration.id}")


def _name(job: PairioJob) -> str:
    """What people call it."""
    return f"{job.jobDefinition.appName}.{job.jobDefinition.processorName}"
