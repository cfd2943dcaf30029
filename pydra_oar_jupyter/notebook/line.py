"""A magic's line: options of ours, which have long names only, alone or among those of oarsub.

Parsing, help and completion of ours all follow one table for each magic.
"""

from __future__ import annotations

import re
import shlex
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core import options as oarsub
from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.request import Request
from pydra_oar_jupyter.core.resources import did_you_mean
from pydra_oar_jupyter.core.shellwords import split

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydra_oar_jupyter.core.options import Option
    from pydra_oar_jupyter.core.shellwords import Word


@dataclass(frozen=True)
class OwnOptions:
    """The options of ours that a magic has.

    Attributes:
        magic: its name.
        table: the options; the values of a repeatable one are gathered in a tuple.
        exclusive: not both: the fields of two, and why.
        instead: what to take in place of oarsub's options, where these are alone; "" where
            oarsub's stand among them.
    """

    magic: str
    table: tuple[Option, ...]
    exclusive: tuple[tuple[str, str, str], ...] = ()
    instead: str = ""

    def find(self, name: str) -> Option | None:
        """The option of that long name."""
        return next((option for option in self.table if option.long == name), None)


@dataclass(frozen=True, slots=True)
class Line:
    """A line that was read.

    Attributes:
        text: all of it.
        given: the values of our options, by field.
        oarsub: the rest, with blanks in place of ours: each word stands where it was.
    """

    text: str
    given: Mapping[str, Any]
    oarsub: str

    def request(self) -> Request:
        """Oarsub's options.

        Raises:
            RequestError: they are wrong.
        """
        try:
            return Request.parse(self.oarsub)
        except RequestError as error:
            text = self.text if error.text == self.oarsub else error.text
            raise RequestError(
                error.message, text=text, at=error.at, length=error.length, hint=error.hint
            ) from None


def read(text: str, own: OwnOptions) -> Line:
    """Find our options in a line.

    Raises:
        RequestError: one is wrong, with the place marked.
    """
    found: dict[str, Any] = {}
    rest = text
    words = deque(split(text))
    while words:
        word = words.popleft()
        if word.text == "--" and not own.instead:
            break
        option, inline = _ours(text, word, own)
        if option is None:
            if own.instead:
                raise _not_ours(text, word, own)
            continue
        value, end = _value(text, option, word, inline, words)
        if option.repeatable:
            values = value if isinstance(value, tuple) else (value,)
            found[option.field] = (*found.get(option.field, ()), *values)
        else:
            found[option.field] = value
        # Blanks in their place, so that the places in oarsub's options stay right.
        start = word.places[0]
        rest = rest[:start] + " " * (end - start) + rest[end:]
    _exclude(text, found, own)
    return Line(text, found, rest)


@contextmanager
def secrets_masked() -> Iterator[None]:
    """A line is shown with its error, the values of its --env are not."""
    try:
        yield
    except RequestError as error:
        text = _SECRET.sub(lambda match: match[1] + "*" * len(match[2]), error.text)
        raise RequestError(
            error.message, text=text, at=error.at, length=error.length, hint=error.hint
        ) from None


_SECRET = re.compile(r"""(--env[=\s]\s*["']?\w+=)("(?:\\.|[^"])*"|'[^']*'|[^\s"']+)""", re.ASCII)


def _ours(text: str, word: Word, own: OwnOptions) -> tuple[Option | None, Word | None]:
    """Which option of ours that is, and the value in the same word; none if it is oarsub's."""
    if not word.text.startswith("--"):
        return None, None
    name, equals, _ = word.text[2:].partition("=")
    if option := own.find(name):
        return option, word.part(len(name) + 3) if equals else None
    if not any(option.long.startswith(name.lower()) for option in oarsub.OPTIONS):
        known = [option.long for option in (*own.table, *(() if own.instead else oarsub.OPTIONS))]
        near = did_you_mean(name, known)
        at, length = word.span(0, len(name) + 2)
        raise RequestError(
            f"There is no option --{name}.", text=text, at=at, length=length,
            hint=near.replace("'", "'--", 1) or f"%{own.magic} shows all options.",
        )  # fmt: skip
    return None, None


def _not_ours(text: str, word: Word, own: OwnOptions) -> RequestError:
    """The error for a word where oarsub's options have no place."""
    option = word.text.startswith("-")
    at, length = word.span(0, len(word.text.partition("=")[0]) or 1)
    what = "is an option of oarsub, which has no part in this" if option else "belongs to no option"
    shown = text[at : at + length]
    return RequestError(
        f"{shown} {what}.", text=text, at=at, length=length,
        hint=own.instead if option else f"%{own.magic} shows all options.",
    )  # fmt: skip


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


def no_such_verb(magic: str, line: str, verbs: Sequence[str], cell: str) -> RequestError:
    """What to say of a line that begins with a verb that its magic has not.

    Args:
        magic: its name.
        line: what follows it.
        verbs: all that it has.
        cell: what a cell below the magic is.
    """
    verb = line.split(maxsplit=1)[0]
    return RequestError(
        f"%{magic} has no {verb!r}.", text=f"%{magic} {line.strip()}", at=len(magic) + 2,
        length=len(verb),
        hint=did_you_mean(verb, verbs)
        or f"It has: {', '.join(verbs)}. {cell} begins with %%{magic}.",
    )  # fmt: skip


def _exclude(line: str, found: Mapping[str, Any], own: OwnOptions) -> None:
    """Refuse what does not go together."""
    for one, other, why in own.exclusive:
        if one in found and other in found:
            names = [f"--{option.long}" for option in own.table if option.field in (one, other)]
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
