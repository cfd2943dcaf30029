"""What a ``%%oar`` line says: oarsub's options, and ours, which have long names only.

Parsing, help and completion of ours all follow `OPTIONS`.
"""

from __future__ import annotations

import re
import shlex
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core import options as oarsub
from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.options import Option
from pydra_oar_jupyter.core.request import Request
from pydra_oar_jupyter.core.resources import did_you_mean
from pydra_oar_jupyter.core.shellwords import split

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydra_oar_jupyter.core.shellwords import Word


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


def _filled(text: str) -> str:
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


OPTIONS: tuple[Option, ...] = (
    Option("takes", "", "in", "NAMES",
           "The variables that go to the job (else those that the cell reads).",
           "--in data,model", _names, repeatable=True),
    Option("brings", "", "out", "NAMES",
           "The variables that come back (else those that the cell assigns).",
           "--out spectrum", _names, repeatable=True),
    Option("shell", "", "shell", "SHELL",
           "The cell is a script for this shell; #OAR lines in it count. A cell that begins "
           "with #! needs no --shell.", "--shell bash", _filled),
    Option("over", "", "over", "NAME in VALUES",
           "Run the cell once for each of the values, as one array; what comes back are lists.",
           '--over "n in [10, 20, 30]"', _loop),
    Option("detach", "", "detach", "",
           "Don't wait: the cell's value is the job's handle; %oar get JOB has the rest.",
           "--detach"),
    Option("after_jobs", "", "after", "JOB",
           "Start when this job has ended: its number, or the variable that holds its handle.",
           "--after job", _filled, repeatable=True),
    Option("keep", "", "keep", "", "An interrupt leaves the job running.", "--keep"),
    Option("dry_run", "", "dry-run", "",
           "Show the command, the script and the variables; submit nothing.", "--dry-run"),
    Option("backend", "", "backend", "NAME", "What runs the job: oar, or local, the cluster "
           "embedded in this package.", "--backend local", _filled),
    Option("setup", "", "setup", "LINES", "Shell lines that run first on the node.",
           '--setup "module load cuda"', _filled, repeatable=True),
    Option("python", "", "python", "PATH", "The interpreter on the node (else this one).",
           "--python /opt/py/bin/python", _filled),
    Option("env", "", "env", "NAME[=VALUE]",
           "An environment variable for the job; without a value, this notebook's. The value "
           "is on no command line.", "--env OMP_NUM_THREADS=4", _variable, repeatable=True),
)  # fmt: skip

_OURS = {option.long: option for option in OPTIONS}


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
    try:
        return _parse(line)
    except RequestError as error:
        # The line is shown with the error, the values of --env are not.
        text = _SECRET.sub(lambda match: match[1] + "*" * len(match[2]), error.text)
        raise RequestError(
            error.message, text=text, at=error.at, length=error.length, hint=error.hint
        ) from None


_SECRET = re.compile(r"""(--env[=\s]\s*["']?\w+=)("(?:\\.|[^"])*"|'[^']*'|[^\s"']+)""", re.ASCII)


def _parse(line: str) -> CellOptions:
    found: dict[str, Any] = {}
    rest = line
    words = deque(split(line))
    while words:
        word = words.popleft()
        if word.text == "--":
            break
        option, inline = _ours(line, word)
        if option is None:
            continue
        value, end = _value(line, option, word, inline, words)
        if option.field in ("takes", "brings"):
            found[option.field] = (*found.get(option.field, ()), *value)
        elif option.repeatable:
            found[option.field] = (*found.get(option.field, ()), value)
        else:
            found[option.field] = value
        # Blanks in their place, so that the places in oarsub's options stay right.
        start = word.places[0]
        rest = rest[:start] + " " * (end - start) + rest[end:]
    _exclude(line, found)
    try:
        request = Request.parse(rest)
    except RequestError as error:
        text = line if error.text == rest else error.text
        raise RequestError(
            error.message, text=text, at=error.at, length=error.length, hint=error.hint
        ) from None
    return CellOptions(request, **found)


def _ours(line: str, word: Word) -> tuple[Option | None, Word | None]:
    """Which option of ours that is, and the value in the same word; none if it is oarsub's."""
    if not word.text.startswith("--"):
        return None, None
    name, equals, _ = word.text[2:].partition("=")
    if name in _OURS:
        return _OURS[name], word.part(len(name) + 3) if equals else None
    if not any(option.long.startswith(name.lower()) for option in oarsub.OPTIONS):
        near = did_you_mean(name, [*_OURS, *(option.long for option in oarsub.OPTIONS)])
        at, length = word.span(0, len(name) + 2)
        raise RequestError(
            f"There is no option --{name}.", text=line, at=at, length=length,
            hint=near.replace("'", "'--", 1) or "%oar shows all options.",
        )  # fmt: skip
    return None, None


def _value(
    line: str, option: Option, word: Word, inline: Word | None, words: deque[Word]
) -> tuple[Any, int]:
    """The option's value, and where it ends in the line."""
    at, length = word.span(0, len(option.long) + 2)
    if not option.metavar:
        if inline is not None:
            raise RequestError(f"--{option.long} takes no value.", text=line, at=at, length=length)
        return True, word.places[-1]
    value = inline or (words.popleft() if words else None)
    if value is None:
        raise RequestError(
            f"--{option.long} needs a value.", text=line, at=at, length=length,
            hint=f"Such as {option.example}.",
        )  # fmt: skip
    end = value.places[-1]
    text = value.text
    if option.field == "over" and text.isidentifier() and len(words) > 1 and words[0].text == "in":
        words.popleft()  # not quoted: the expression is what follows, until its brackets close
        start = words[0].places[0]
        expression = ""
        while words and (not expression or _open(expression)):
            end = words.popleft().places[-1]
            expression = line[start:end]
        text = f"{text} in {expression}"
    try:
        return option.parse(text), end
    except RequestError as error:
        start, size = value.span(error.at or 0, error.length)
        raise RequestError(
            error.message, text=line, at=start, length=size, hint=error.hint
        ) from None


def _open(expression: str) -> bool:
    """Whether brackets are still open in it."""
    return sum(map(expression.count, "([{")) > sum(map(expression.count, ")]}"))


def _exclude(line: str, found: Mapping[str, Any]) -> None:
    """Refuse what does not go together."""
    for one, other, why in (
        ("shell", "over", "A script gets its values with --array-param-file."),
        ("shell", "takes", "A script gets values through --env."),
        ("shell", "brings", "A script's results are its files and its output."),
        ("shell", "python", "Put the interpreter in the script's first line (#!)."),
        ("detach", "dry_run", "Nothing is submitted in a dry run."),
    ):
        if one in found and other in found:
            names = [f"--{option.long}" for option in OPTIONS if option.field in (one, other)]
            raise RequestError(
                f"{names[0]} and {names[1]} don't go together.", text=line,
                at=max(line.find(name) for name in names), length=2, hint=why,
            )  # fmt: skip


def expand(line: str, names: Mapping[str, Any]) -> str:
    """Put values in place of ``$name``, as sh would, and so that each stays one word.

    Only the notebook's texts and numbers are taken, else the ``$name`` stays for the shell.
    Braces are oarsub's, and single quotes keep what is in them.
    """

    def value(match: re.Match[str], *, quoted: bool) -> str:
        found = names.get(match[0][1:])
        if not isinstance(found, str | int | float) and not hasattr(found, "__index__"):
            return match[0]
        return re.sub(r'([\\"$`])', r"\\\1", str(found)) if quoted else shlex.quote(str(found))

    def token(match: re.Match[str]) -> str:
        if match[0][0] == '"':
            return _NAME.sub(lambda inner: value(inner, quoted=True), match[0])
        return value(match, quoted=False) if match[0][0] == "$" else match[0]

    return _TOKEN.sub(token, line)


_NAME = re.compile(r"(?<!\\)\$[A-Za-z_]\w*", re.ASCII)
_TOKEN = re.compile(r"""'[^']*'|"(?:\\.|[^"\\])*"|\\.|\$[A-Za-z_]\w*""", re.ASCII | re.DOTALL)
