"""The command lines that run an app: as a process, or in a container.

All of them run one script in the job's own directory, which holds the job's environment and is
its owner's alone: nothing secret is in a command line, or in the environment of docker or
apptainer themselves. In a container that directory is /tmp, as apps expect it.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.files import write_atomically
from pydra_oar_jupyter.pairio.errors import PairioError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydra_oar_jupyter.core.spool import JobDirectory
    from pydra_oar_jupyter.pairio.models import PairioJobRequiredResources

# An image's name: it can't be taken for an option.
_IMAGE = re.compile(r"[a-z0-9][\w.:/@-]*", re.IGNORECASE | re.ASCII)
_VARIABLE = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_CONTAINER = re.compile("[0-9a-f]{12,64}")
# The published SDK removes what is in the directory, but for names that begin so.
_SCRIPT = "_pairio_run.sh"
_LOOPBACK = re.compile(r"localhost|127\.[\d.]+|::1")
# How long docker may take to remove a container, and an image to be fetched, in seconds.
_PATIENCE, _FETCHING = 60.0, 900


class Container(StrEnum):
    """What apps run in."""

    NONE = "none"
    DOCKER = "docker"
    APPTAINER = "apptainer"


@dataclass(frozen=True, slots=True)
class Program:
    """An app's program.

    Attributes:
        executable: its path, here or in the image; python runs it where it ends with ``.py``.
        image: the image that has it, "" for a program on this machine.
        env: the job's variables.
    """

    executable: str
    image: str
    env: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Runtime:
    """How programs are run here.

    Attributes:
        container: in what.
        python: the interpreter of apps that are processes; its directory is first on PATH.
        command: docker's or apptainer's own path.
    """

    container: Container = Container.NONE
    python: str = ""
    command: str = ""

    @classmethod
    def found(cls, container: Container, backend: str, python: str) -> Runtime:
        """The one of that kind; docker or apptainer as PATH has it.

        Raises:
            PairioError: it is not there, or can't be used with this backend.
        """
        if container is Container.NONE:
            return cls(container, python)
        if container is Container.DOCKER and backend != "local":
            raise PairioError(
                "A docker container does not belong to the OAR job that starts it, and would "
                "outlive it. Use --container apptainer there."
            )
        command = shutil.which(container)
        if command is None and backend == "local":
            raise PairioError(f"There is no {container} on PATH. Install it, or use another one.")
        return cls(container, python, command or str(container))

    @property
    def delay(self) -> int:
        """How long it may take until a program starts, in seconds."""
        return 0 if self.container is Container.NONE else _FETCHING

    def prepare(
        self, place: Path, program: Program, needed: PairioJobRequiredResources, url: str
    ) -> str:
        """Make a job's directory ready; return the lines of sh that run its program there.

        Args:
            place: the directory, which is made.
            program: what runs.
            needed: what the job may use.
            url: the service's, which the program must reach.

        Raises:
            RequestError: a variable or an image has a name that can't be one.
            SpoolError: the directory can't be written.
        """
        root = place if self.container is Container.NONE else Path("/tmp")  # noqa: S108
        env = {
            **program.env,
            "PAIRIO_JOB_CLEANUP_DIR": str(root),
            "PAIRIO_JOB_WORKING_DIR": str(root / "working"),
            "TMPDIR": str(root / "tmp"),
        }
        for folder in (place, place / "working", place / "tmp"):
            folder.mkdir(mode=0o700)
        write_atomically(place / _SCRIPT, self._script(env, root, program.executable))
        if self.container is Container.NONE:
            return f"exec /bin/sh {shlex.quote(str(place / _SCRIPT))}"
        if not _IMAGE.fullmatch(program.image):
            raise RequestError(f"The processor's image {program.image!r} is no image's name.")
        script = str(root / _SCRIPT)
        if self.container is Container.DOCKER:
            return self._docker(place, program.image, script, needed, url)
        return self._apptainer(place, program.image, script, needed)

    def _script(self, env: Mapping[str, str], root: Path, executable: str) -> str:
        """What runs in the end, with its environment."""
        for name, value in env.items():
            if not _VARIABLE.fullmatch(name) or "\0" in value:
                raise RequestError(f"{name!r} can't be a variable of the environment.")
        lines = [f"export {name}={shlex.quote(value)}" for name, value in env.items()]
        python = "python"
        if self.container is Container.NONE:
            python = shlex.quote(self.python)
            lines.append(f'export PATH={shlex.quote(str(Path(self.python).parent))}:"$PATH"')
        else:
            lines.append("export HOME=/tmp")
        lines.append(f"cd {shlex.quote(str(root / 'working'))} || exit")
        program = shlex.quote(executable)
        run = f"{python} {program}" if executable.endswith(".py") else program
        return "\n".join([*lines, f"exec {run}", ""])

    def _docker(
        self,
        place: Path,
        image: str,
        script: str,
        needed: PairioJobRequiredResources,
        url: str,
    ) -> str:
        cpus = min(max(1, needed.numCpus), os.cpu_count() or 1)
        words = [
            self.command, "run", "--rm", "--init",
            "--volume", f"{place}:/tmp", "--workdir", "/tmp/working",  # noqa: S108
            "--user", f"{os.getuid()}:{os.getgid()}",  # else its files can't be removed
            "--security-opt", "no-new-privileges",
            "--cpus", str(cpus),
            *(["--gpus", str(needed.numGpus)] if needed.numGpus else []),
            *(["--network", "host"] if _is_loopback(url) else []),
            "--entrypoint", "/bin/sh",
        ]  # fmt: skip
        # Not in the job's directory: the container could name another one to be removed.
        return f'exec {shlex.join(words)} --cidfile "$job/cid" {shlex.join([image, script])}'

    def _apptainer(
        self, place: Path, image: str, script: str, needed: PairioJobRequiredResources
    ) -> str:
        words = [
            self.command, "exec", "--contain", "--cleanenv",
            "--bind", f"{place}:/tmp", "--pwd", "/tmp/working",  # noqa: S108
            *(["--nv"] if needed.numGpus else []),
        ]  # fmt: skip
        # By that variable the embedded cluster knows all processes of a job.
        mark = '--env OAR_NODEFILE="$OAR_NODEFILE"'
        return f"exec {shlex.join(words)} {mark} " + shlex.join(
            [f"docker://{image}", "/bin/sh", script]
        )

    def stop(self, directory: JobDirectory) -> None:
        """Remove the container of a job that has been ended; it is docker's child, not the job's.

        Raises:
            PairioError: docker does not.
        """
        told = directory.path / "cid"
        if self.container is not Container.DOCKER or not told.exists():
            return
        container = told.read_text().strip()
        if not _CONTAINER.fullmatch(container):
            return
        try:
            done = subprocess.run(
                [self.command, "rm", "--force", container],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_PATIENCE,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise PairioError(f"The container {container[:12]} can't be removed: {error}") from None
        if done.returncode and "No such container" not in done.stderr:
            raise PairioError(
                f"The container {container[:12]} can't be removed: {done.stderr.strip()}"
            )


def _is_loopback(url: str) -> bool:
    """Whether a service is on this machine: a network of the container's own can't reach it."""
    return bool(_LOOPBACK.fullmatch(urlsplit(url).hostname or ""))
