"""What is asked of OAR: oarsub's options as a value, read from words and written back."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core import getopt
from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.options import EXCLUSIVE, OPTIONS
from pydra_oar_jupyter.core.resources import did_you_mean
from pydra_oar_jupyter.core.shellwords import split

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pydra_oar_jupyter.core.resources import Resources
    from pydra_oar_jupyter.core.shellwords import Word

# Columns of OAR's table of resources that oarnodes does not show, and its word for a host.
INTERNAL = {
    "available_upto", "expiry_date", "finaud_decision", "last_available_upto", "last_job_date",
    "network_address", "next_finaud_decision", "next_state", "nodes", "resource_id",
    "scheduler_priority", "state", "state_num", "suspended_jobs", "type",
}  # fmt: skip
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
# A name that something is asked about; a function or a part of another name is not one.
_COMPARED = re.compile(
    r"(?<![\w.])([a-z_]\w*)\s*(?:[=<>~]|!=|(?:not\s+)?(?:i?like|in|between|similar)\b|is\b)",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Request:
    """The options of one oarsub, as `options.OPTIONS` explains them.

    Every field's default means that it is not asked. Made by hand, it is only as right as its
    fields are: `check` reads it once more.
    """

    resources: tuple[Resources, ...] = ()  # several: alternatives
    properties: str | None = None
    queue: str | None = None
    types: tuple[str, ...] = ()
    name: str | None = None
    project: str | None = None
    directory: str | None = None
    stdout: str | None = None
    stderr: str | None = None
    after: tuple[int, ...] = ()
    reservation: str | None = None  # "YYYY-MM-DD HH:MM:SS", "HH:MM:SS" or "now"; ", " and an end
    array: int | None = None
    array_param_file: str | None = None
    hold: bool = False
    checkpoint: int | None = None  # seconds before the walltime ends
    signal: int | None = None
    notify: str | None = None
    resubmit: int | None = None
    use_job_key: bool = False
    import_job_key: str | None = None
    import_job_key_inline: str | None = None
    export_job_key: str | None = None
    stagein: str | None = None
    stagein_md5sum: str | None = None
    scanscript: bool = False

    @classmethod
    def parse(cls, words: str | Sequence[str]) -> Request:
        """Read oarsub's options; a line is first split as sh would.

        Raises:
            RequestError: they are wrong, or a word belongs to none of them.
        """
        text = words if isinstance(words, str) else shlex.join(words)
        given, rest = getopt.read(text, split(text))
        if rest:
            at, length = rest[0].span(0, len(rest[0].text))
            raise RequestError(
                f"{rest[0].text!r} is no option and belongs to none.",
                text=text,
                at=at,
                length=length,
                hint="Options begin with a dash; a value with spaces needs quotes.",
            )
        return _request(text, given)

    @classmethod
    def parse_command(cls, words: str | Sequence[str]) -> tuple[Request, str]:
        """Read what follows oarsub at the prompt: its options and its command, in one word.

        The command is "" where oarsub needs none: a reservation, a noop job, a resubmission.

        Raises:
            RequestError: the options are wrong, or there is not one command.
        """
        text = words if isinstance(words, str) else shlex.join(words)
        given, rest = getopt.read(text, split(text))
        request = _request(text, given)
        if len(rest) > 1:
            at, length = rest[1].span(0, len(rest[1].text))
            command = shlex.quote(" ".join(word.text for word in rest))
            hint = f"Such as {command}."
            raise RequestError(
                "oarsub takes the command as one word.", text=text, at=at, length=length, hint=hint
            )
        idle = {"noop", "noop=standby"}.intersection(request.types)
        if not rest and not (idle or request.reservation or request.resubmit):
            raise RequestError("There is no command.", text=text, at=len(text))
        return request, rest[0].text if rest else ""

    @classmethod
    def from_script(cls, script: str) -> Request:
        """Read a script's ``#OAR`` lines, each an option and its value as it stands.

        As ``oarsub -S`` reads them, but for the first line, and for scripts that do not begin
        with ``#``: their lines count here.

        Raises:
            RequestError: oarsub would not read a line.
        """
        return _request(script, getopt.read_script(script))

    def words(self) -> list[str]:
        """It as oarsub's options, which `parse` reads back."""
        words: list[str] = []
        for option in OPTIONS:
            value: Any = getattr(self, option.field) if option.field else None
            if not option.metavar:
                words += [option.word] if value else []
            elif option.repeatable:
                words += [word for one in value for word in (option.word, str(one))]
            elif value is not None:
                words += [option.word, str(value)]
        return words

    def over(self, defaults: Request) -> Request:
        """These options, and those of the defaults that are not set here.

        A repeatable option is set as a whole. A default that can't go with what is set here
        gives way.
        """
        merged: dict[str, Any] = {}
        for source in (defaults, self):
            mine = {f.name: getattr(source, f.name) for f in fields(source)}
            mine = {name: value for name, value in mine.items() if value != _DEFAULTS[name]}
            for first, second, _ in EXCLUSIVE:
                for one, other in ((first, second), (second, first)):
                    if one in mine and other not in mine:
                        merged.pop(other, None)
            merged |= mine
        return Request(**merged)

    @property
    def walltime(self) -> int | None:
        """Seconds: of the first alternative that has one."""
        return next((r.walltime for r in self.resources if r.walltime is not None), None)

    def check(
        self,
        *,
        queues: Collection[str] | None = None,
        properties: Collection[str] | None = None,
    ) -> None:
        """Look for what this cluster does not have.

        Args:
            queues: the names of its queues; None if they are not known.
            properties: the names of its resources' properties; None if they are not known.

        Raises:
            RequestError: a name is not among them, or the request could not be read back.
        """
        Request.parse(self.words())
        if queues is not None and self.queue is not None and self.queue not in queues:
            raise RequestError(
                f"There is no queue {self.queue!r}.",
                text=f"-q {self.queue}",
                at=3,
                length=len(self.queue),
                hint=did_you_mean(self.queue, queues) or f"There are: {', '.join(sorted(queues))}.",
            )
        if properties is None:
            return
        if self.properties:
            _check_condition(self.properties, 0, self.properties, properties)
        for resources in self.resources:
            text, at = str(resources), 0
            for group in resources.groups:
                at = text.index(str(group), at)
                _check_condition(text, at, f"{{{group.filter}}}" * bool(group.filter), properties)
                at += len(group.filter) + 2 * bool(group.filter)
                for name, count in group.levels:
                    _check_property(text, at, name, properties)
                    at += len(f"{name}={count}/")
                at -= bool(group.levels)


_DEFAULTS = {f.name: f.default for f in fields(Request)}


def _request(text: str, given: list[getopt.Given]) -> Request:
    """The options that were given, as a value; the last of those that can't repeat."""
    found: dict[str, Any] = {}
    places: dict[str, Word] = {}
    for one in given:
        name = one.option.field
        places[name] = one.word
        found[name] = (*found.get(name, ()), one.value) if one.option.repeatable else one.value
    for first, second, why in EXCLUSIVE:
        if first in places and second in places:
            last = max((places[first], places[second]), key=lambda word: word.places)
            at, length = last.span(0, len(last.text))
            names = " and ".join(o.word for o in OPTIONS if o.field in (first, second))
            raise RequestError(
                f"{names} don't go together.", text=text, at=at, length=length, hint=why
            )
    return Request(**found)


def _check_condition(text: str, at: int, sql: str, properties: Collection[str]) -> None:
    """Look up the names in a condition that begins at ``at``."""
    blank = _QUOTED.sub(lambda quoted: " " * len(quoted[0]), sql)
    if re.search(r"\bselect\b", blank, re.IGNORECASE):
        return  # it may speak of other tables
    for match in _COMPARED.finditer(blank):
        if match[1].lower() not in ("and", "or", "not", "null", "true", "false"):
            _check_property(text, at + match.start(1), match[1], properties)


def _check_property(text: str, at: int, name: str, properties: Collection[str]) -> None:
    known = {known.lower() for known in properties} | INTERNAL
    if name.lower() not in known:
        raise RequestError(
            f"This cluster's resources have no property {name!r}.",
            text=text,
            at=at,
            length=len(name),
            hint=did_you_mean(name, sorted({*properties, "nodes"}))
            or f"They have: {', '.join(sorted(properties))}.",
        )
