"""What a ``%%oar`` line says: oarsub's options, and ours."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.options import Option
from pydra_oar_jupyter.notebook.line import OwnOptions, read, secrets_masked

if TYPE_CHECKING:
    from pydra_oar_jupyter.core.request import Request


def _names(text: str) -> tuple[str, ...]:
    """Names with commas between."""
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        _identifier(text, name)
    return names


def _identifier(text: str, name: str) -> str:
    if not name.isidentifier():
        raise RequestError(
            f"{name!r} is not the name of a variable.", text=text, at=text.index(name),
            length=len(name), hint="Write names with commas between, such as --in a,b.",
        )  # fmt: skip
    return name


def _loop(text: str) -> tuple[str, str]:
    """``x in xs``: the name and the expression."""
    match = re.fullmatch(r"\s*(\w+)\s+in\s+(.*\S)\s*", text, re.DOTALL)
    if not match:
        raise RequestError(
            "This does not say what runs over what.", text=text, at=0, length=max(1, len(text)),
            hint='Such as --over "x in range(10)".',
        )  # fmt: skip
    return _identifier(text, match[1]), match[2]


def filled(text: str) -> str:
    """A value that says something."""
    if not text.strip():
        raise RequestError("This is empty.", text=text, at=0)
    return text


def _variable(text: str) -> str:
    """``NAME`` or ``NAME=VALUE``."""
    name = text.partition("=")[0]
    if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
        raise RequestError(
            "This is not the name of an environment variable.", text=name, at=0,
            length=max(1, len(name)), hint="Such as --env OMP_NUM_THREADS=4.",
        )  # fmt: skip
    return text


# Of each magic that starts jobs.
ON_THE_NODE = (
    Option("backend", "", "backend", "NAME", "What runs the job: oar, or local, the cluster "
           "embedded in this package.", "--backend local", filled),
    Option("setup", "", "setup", "LINES", "Shell lines that run first on the node.",
           '--setup "module load cuda"', filled, repeatable=True),
    Option("python", "", "python", "PATH", "The interpreter on the node (else this one).",
           "--python /opt/py/bin/python", filled),
    Option("env", "", "env", "NAME[=VALUE]",
           "An environment variable for the job; without a value, this notebook's. The value "
           "is on no command line.", "--env OMP_NUM_THREADS=4", _variable, repeatable=True),
)  # fmt: skip

OPTIONS: tuple[Option, ...] = (
    Option("takes", "", "in", "NAMES",
           "The variables that go to the job (else those that the cell reads).",
           "--in data,model", _names, repeatable=True),
    Option("brings", "", "out", "NAMES",
           "The variables that come back (else those that the cell assigns).",
           "--out spectrum", _names, repeatable=True),
    Option("shell", "", "shell", "SHELL",
           "The cell is a script for this shell; #OAR lines in it count. A cell that begins "
           "with #! needs no --shell.", "--shell bash", filled),
    Option("over", "", "over", "NAME in VALUES",
           "Run the cell once for each of the values, as one array; what comes back are lists.",
           '--over "n in [10, 20, 30]"', _loop),
    Option("detach", "", "detach", "",
           "Don't wait: the cell's value is the job's handle; %oar get JOB has the rest.",
           "--detach"),
    Option("after_jobs", "", "after", "JOB",
           "Start when this job has ended: its number, or the variable that holds its handle.",
           "--after job", filled, repeatable=True),
    Option("keep", "", "keep", "", "An interrupt leaves the job running.", "--keep"),
    Option("dry_run", "", "dry-run", "",
           "Show the command, the script and the variables; submit nothing.", "--dry-run"),
    *ON_THE_NODE,
)  # fmt: skip

OWN = OwnOptions("oar", OPTIONS, exclusive=(
    ("shell", "over", "A script gets its values with --array-param-file."),
    ("shell", "takes", "A script gets values through --env."),
    ("shell", "brings", "A script's results are its files and its output."),
    ("shell", "python", "Put the interpreter in the script's first line (#!)."),
    ("detach", "dry_run", "Nothing is submitted in a dry run."),
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class CellOptions:
    """A ``%%oar`` line as a value; `OPTIONS` explains the fields but the first."""

    request: Request
    takes: tuple[str, ...] | None = None
    brings: tuple[str, ...] | None = None
    shell: str | None = None
    over: tuple[str, str] | None = None
    detach: bool = False
    after_jobs: tuple[str, ...] = ()
    keep: bool = False
    dry_run: bool = False
    backend: str | None = None
    setup: tuple[str, ...] = ()
    python: str | None = None
    env: tuple[str, ...] = ()


def parse(line: str) -> CellOptions:
    """Read the line after ``%%oar``.

    Raises:
        RequestError: it is wrong, with the place marked.
    """
    with secrets_masked():
        found = read(line, OWN)
        return CellOptions(found.request(), **found.given)
