"""What ``oarsub -l`` asks for: hierarchies of resources and a walltime; text to value and back.

The grammar is that of ``parse_resource_descriptions`` in OAR 2.5.9 and 2.6::

    {sql}/property=count/property=count+{sql}/property=count,walltime=hours:minutes:seconds
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from pydra_oar_jupyter.core.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable

Count: TypeAlias = int | Literal["ALL", "BEST", "BESTHALF"]

# OAR keeps counts and seconds in 32 bits.
LARGEST = 2**31 - 1
_WORDS = ("ALL", "BEST", "BESTHALF")
_SEPARATOR = re.compile(r"\s*(\++|,+|)\s*")
_WALLTIME = re.compile(r"walltime\b\s*(=?)\s*")
_LEVEL = re.compile(r"(\s*)(\w*)(\s*=\s*)?(.*?)\s*", re.ASCII | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Group:
    """Resources of one kind.

    Attributes:
        filter: the SQL condition between the braces, or "".
        levels: properties and how many of each, from the outermost in. Empty: the site's
            default, which can only be said of the last group.
    """

    filter: str = ""
    levels: tuple[tuple[str, Count], ...] = ()

    def __str__(self) -> str:
        levels = "/".join(f"{name}={count}" for name, count in self.levels)
        return f"{{{self.filter}}}{levels}" if self.filter else levels


@dataclass(frozen=True, slots=True)
class Resources:
    """One ``-l``: what must be free together.

    Attributes:
        groups: all of them are wanted. Empty: the site's default.
        walltime: in seconds, or None for the site's default.
    """

    groups: tuple[Group, ...] = ()
    walltime: int | None = None

    def __str__(self) -> str:
        parts = ["+".join(map(str, self.groups))] if self.groups else []
        if self.walltime is not None:
            parts.append(f"walltime={format_walltime(self.walltime)}")
        return ",".join(parts)

    @classmethod
    def parse(cls, text: str) -> Resources:
        """Read the argument of ``-l``.

        Raises:
            RequestError: it is not one, with the place marked.
        """
        if "\n" in text:
            raise RequestError("-l is one line.", text=text, at=text.index("\n"))
        groups: list[Group] = []
        at = 0
        while at < len(text) or not groups:
            separator = _SEPARATOR.match(text, at)
            assert separator is not None  # it matches the empty text
            at = separator.end()
            wall = _WALLTIME.match(text, at)
            if wall and separator[1][:1] != "+":
                return cls(tuple(groups), _last_walltime(text, at, wall))
            if at == len(text) and groups and not separator[1]:
                break
            if groups and not groups[-1].levels:
                raise RequestError(
                    "oarsub would apply this filter to what follows it.",
                    text=text,
                    at=separator.start(),
                    hint="Say what is wanted of it, such as {mem > 64}/host=1+host=2.",
                )
            group, at = _group(text, at)
            groups.append(group)
        return cls(tuple(groups))


def parse_walltime(text: str) -> int:
    """Seconds of ``hours``, ``hours:minutes`` or ``hours:minutes:seconds``.

    Raises:
        RequestError: it is not of this form, is zero, or is more than OAR can count.
    """
    hint = "Write hours, hours:minutes or hours:minutes:seconds, such as walltime=1:30."
    if not re.fullmatch(r"[0-9]+(:[0-9]+){0,2}", text):
        raise RequestError("This is not a walltime.", text=text, at=0, length=len(text), hint=hint)
    # Eleven digits are beyond what can be counted; int() itself gives up at some thousands.
    fields = [int(field.lstrip("0")[:11] or "0") for field in text.split(":")]
    seconds = sum(field * unit for field, unit in zip(fields, (3600, 60, 1), strict=False))
    if not 0 < seconds <= LARGEST:
        problem = "A job of no time ends at once." if not seconds else "OAR can't count so long."
        raise RequestError(problem, text=text, at=0, length=len(text), hint=hint)
    return seconds


def format_walltime(seconds: int) -> str:
    """``hours:minutes:seconds``, as OAR writes it."""
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def check_sql(text: str) -> str:
    """An SQL condition whose quotes and parentheses close; returned as it is.

    Raises:
        RequestError: one does not, or there is nothing.
    """
    if not text.strip():
        raise RequestError("There is no condition here.", text=text, at=0, length=len(text) or 1)
    if "\\" in text:  # MySQL escapes with it, PostgreSQL does not: not for us to say
        return text
    opened: list[int] = []
    at = 0
    while at < len(text):
        if text[at] in "'\"":
            end = text.find(text[at], at + 1)
            if end < 0:
                raise RequestError("This quote is not closed.", text=text, at=at)
            at = end
        elif text[at] == "(":
            opened.append(at)
        elif text[at] == ")":
            if not opened:
                raise RequestError("This parenthesis closes nothing.", text=text, at=at)
            opened.pop()
        at += 1
    if opened:
        raise RequestError("This parenthesis is not closed.", text=text, at=opened[-1])
    return text


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """A hint naming the nearest of the choices, or "" when none is near."""
    near = difflib.get_close_matches(word.lower(), {choice.lower() for choice in choices}, 1)
    return next((f"Did you mean {c!r}?" for c in choices if near and c.lower() == near[0]), "")


def _last_walltime(text: str, at: int, wall: re.Match[str]) -> int:
    value = text[wall.end() :].rstrip()
    if not wall[1] or not value:
        raise RequestError(
            "The walltime has no value.", text=text, at=at, length=8, hint="Such as walltime=1:30."
        )
    if "," in value or "+" in value:
        raise RequestError("The walltime comes last.", text=text, at=wall.end(), length=len(value))
    try:
        return parse_walltime(value)
    except RequestError as error:
        raise RequestError(
            error.message, text=text, at=wall.end(), length=len(value), hint=error.hint
        ) from None


def _group(text: str, at: int) -> tuple[Group, int]:
    """The group that begins at ``at``, and where it ends."""
    sql = ""
    start = at
    if text.startswith("{", at):
        sql, at = _filter(text, at)
    end = next((i for i in range(at, len(text)) if text[i] in ",+"), len(text))
    wanted = text[at:end]
    if sql and (not wanted.strip(" \t/") or _WALLTIME.match(wanted.lstrip())):
        # The walltime may follow the braces at once.
        return Group(sql), at if wanted.strip(" \t/") else end
    if not wanted.strip(" \t/"):
        raise RequestError(
            "Here a property and a count are missing.",
            text=text,
            at=min(start, max(0, len(text) - 1)),
            hint="Such as host=1/core=2.",
        )
    return Group(sql, _levels(text, at, end)), end


def _filter(text: str, at: int) -> tuple[str, int]:
    """The condition between the braces, and where the text goes on after them."""
    end = text.find("}", at + 1)
    if end < 0:
        raise RequestError("This brace is not closed.", text=text, at=at)
    sql = text[at + 1 : end]
    try:
        if "{" in sql:
            raise RequestError("A brace is open already.", text=sql, at=sql.index("{"))
        check_sql(sql)
    except RequestError as error:
        hint = error.hint
        if error.at is not None and text[at + 1 + error.at : at + 2 + error.at] in ("'", '"'):
            hint = "oarsub ends the condition at the first }, in quotes too."
        raise RequestError(
            error.message, text=text, at=at + 1 + (error.at or 0), length=error.length, hint=hint
        ) from None
    return sql.strip(), end + 1


def _levels(text: str, start: int, end: int) -> tuple[tuple[str, Count], ...]:
    """The hierarchy in ``text[start:end]``; slashes around it mean nothing."""
    while text[start] in " \t/":
        start += 1
    stop = len(text[:end].rstrip(" \t/"))
    levels: dict[str, Count] = {}
    names: set[str] = set()
    for piece in text[start:stop].split("/"):
        name, count = _level(text, piece, start)
        if name.lower() in names:
            raise RequestError(
                f"{name!r} is twice in one hierarchy.",
                text=text,
                at=start + len(piece) - len(piece.lstrip()),
                length=len(name),
                hint="Levels go from the outermost in, each once: host=2/core=4.",
            )
        names.add(name.lower())
        levels[name] = count
        start += len(piece) + 1
    return tuple(levels.items())


def _level(text: str, piece: str, start: int) -> tuple[str, Count]:
    """``property=count``, which stands at ``start``."""
    match = _LEVEL.fullmatch(piece)
    assert match is not None  # it matches any text
    name, equals, value = match[2], match[3], match[4]

    def wrong(message: str, group: int, hint: str) -> RequestError:
        at = start + match.start(group)
        length = match.end(group) - match.start(group)
        return RequestError(message, text=text, at=at, length=max(1, length), hint=hint)

    if "{" in piece or "}" in piece:
        at = start + min(i for i in (piece.find("{"), piece.find("}")) if i >= 0)
        hint = "A group is {condition}property=count; groups are joined by +."
        raise RequestError("A brace is out of place.", text=text, at=at, hint=hint)
    if not name or not equals:
        hint = "Write property=count, such as host=1/core=2."
        raise wrong("This is not a property and a count.", 4 if value else 2, hint)
    if difflib.SequenceMatcher(None, name.lower(), "walltime").ratio() > 0.85:
        hint = "Write it last, after a comma: host=1,walltime=1:30."
        raise wrong("The walltime is written otherwise.", 2, hint)
    if value in _WORDS:
        return name, cast("Count", value)
    if not re.fullmatch("[0-9]+", value):
        hint = did_you_mean(value, _WORDS) or "A count is a number, ALL, BEST or BESTHALF."
        if "walltime" in value:
            hint = "A comma goes before walltime."
        raise wrong(f"This is no count of {name!r}.", 4, hint)
    digits = value.lstrip("0")
    if not digits or len(digits) > 10 or int(digits) > LARGEST:
        message = "OAR can't count so many." if digits else "At least one must be asked for."
        raise wrong(message, 4, "")
    return name, int(digits)
