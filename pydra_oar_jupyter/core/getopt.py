"""Words to options, as Perl's Getopt::Long does with ``gnu_getopt`` in oarsub.

``-l host=1``, ``-lhost=1``, ``--resource=host=1``, ``--resource host=1``, ``-kS``; a long name
in any case, and by its beginning where only one begins so; ``--`` ends the options.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.options import LONG, OPTIONS, SHORT, meant
from pydra_oar_jupyter.core.resources import did_you_mean
from pydra_oar_jupyter.core.shellwords import Word

if TYPE_CHECKING:
    from pydra_oar_jupyter.core.options import Option


@dataclass(frozen=True, slots=True)
class Given:
    """An option that was given: where it is written, and its value (True for a flag)."""

    option: Option
    word: Word
    value: Any


def read(text: str, words: list[Word]) -> tuple[list[Given], list[Word]]:
    """The options among the words of a text, and the words that are none.

    Raises:
        RequestError: an option is unknown or refused, or its value is wrong.
    """
    given: list[Given] = []
    rest: list[Word] = []
    queue = deque(words)
    while queue:
        word = queue.popleft()
        if word.text == "--":
            rest += queue
            break
        if word.text.startswith("--"):
            given.append(_long(text, word, queue))
        elif word.text.startswith("-") and word.text != "-":
            given += _letters(text, word, queue)
        else:
            rest.append(word)
    return given, rest


def read_script(script: str) -> list[Given]:
    """The options in a script's ``#OAR`` lines.

    Raises:
        RequestError: oarsub would not read a line, or its value is wrong.
    """
    given: list[Given] = []
    for match in re.finditer(r"^#OAR(?=\s|$)[^\S\n]*(.*)$", script, re.MULTILINE):
        line = Word(match[1], tuple(range(match.start(1), match.end(1) + 1)))
        line = line.part(0, len(line.text.rstrip()))
        name = re.match(r"--[\w-]*|-.?|\S*", line.text)
        assert name is not None  # it matches any text
        head, value = line.part(0, name.end()), line.part(name.end())
        known = LONG if head.text.startswith("--") else SHORT
        option = known.get(head.text.lstrip("-")) if head.text.startswith("-") else None
        if option is None or not option.in_script:
            names = [o.long for o in OPTIONS if o.in_script]
            raise _wrong(
                f"oarsub reads no option {head.text!r} from a script." if head.text else
                "This line has no option.",
                script, head,
                (option and option.refused) or did_you_mean(head.text.lstrip("-"), names)
                or "Such as: #OAR -l host=1,walltime=2",
            )  # fmt: skip
        value = value.part(len(value.text) - len(value.text.lstrip()))
        if value.text.startswith("=") or re.fullmatch('".*"', value.text):
            bare = value.text.strip('="')
            hint = f"Write #OAR {head.text} {bare}"
            raise _wrong("oarsub takes a script's values as they stand.", script, value, hint)
        if not option.metavar and value.text:
            raise _wrong(f"{option.word} takes no value.", script, value)
        given.append(_value(script, option, head, value if value.text else None))
    return given


def _long(text: str, word: Word, queue: deque[Word]) -> Given:
    """``--name``, ``--name=value``, or ``--name`` and the next word."""
    end = word.text.find("=", 3)
    head = word if end < 0 else word.part(0, end)
    name = head.text[2:]
    fits = meant(name)
    if not fits:
        hint = did_you_mean(name.lower(), LONG)
        raise _wrong(f"oarsub has no option {head.text!r}.", text, head, _dashed(hint))
    if len(fits) > 1:
        names = ", ".join(f"--{option.long}" for option in fits)
        raise _wrong(f"{head.text!r} may be several options.", text, head, f"One of {names}.")
    option = fits[0]
    if option.metavar and end < 0:
        return _value(text, option, head, queue.popleft() if queue else None)
    if not option.metavar and end >= 0:
        raise _wrong(f"{option.word} takes no value.", text, word.part(end))
    return _value(text, option, head, word.part(end + 1) if end >= 0 else None)


def _letters(text: str, word: Word, queue: deque[Word]) -> list[Given]:
    """``-x``, ``-xy`` for two flags, ``-xvalue``, or ``-x`` and the next word."""
    given: list[Given] = []
    name = word.text[1:].partition("=")[0]
    if name in LONG and len(name) > 1:  # to oarsub, -name is -n ame
        raise _wrong("A long name has two dashes.", text, word, f"Did you mean '--{name}'?")
    at = 1
    while at < len(word.text):
        head = word.part(at - 1 if at == 1 else at, at + 1)
        option = SHORT.get(word.text[at])
        at += 1
        if option is None:
            letter = word.text[at - 1]
            other = SHORT.get(letter.swapcase())
            hint = f"Did you mean '-{other.short}'?" if other and not other.refused else ""
            raise _wrong(f"oarsub has no option '-{letter}'.", text, head, hint)
        if not option.metavar:
            given.append(_value(text, option, head, None))
            continue
        value = word.part(at) if at < len(word.text) else queue.popleft() if queue else None
        at = len(word.text)
        given.append(_value(text, option, head, value))
    return given


def _value(text: str, option: Option, head: Word, word: Word | None) -> Given:
    """The option with its value read; ``head`` is where its name is written."""
    if option.refused:
        raise _wrong(f"{option.word} is not for a notebook's jobs.", text, head, option.refused)
    if not option.metavar:
        return Given(option, head, True)
    if word is None:
        hint = f"Such as {option.example}."
        raise _wrong(f"{option.word} needs a value ({option.metavar}).", text, head, hint)
    if bad := re.search("[\0\ud800-\udfff]", word.text):
        raise _wrong("No command can be given this letter.", text, word.part(*bad.span()))
    try:
        return Given(option, head, option.parse(word.text))
    except RequestError as error:
        at, length = word.span(error.at or 0, error.length)
        hint = error.hint
        if word.text.startswith("=") and head.places[-1] == word.places[0]:
            hint = f"No = after a letter: {option.word} {word.text[1:]}"
        raise RequestError(
            f"{option.word}: {error.message}", text=text, at=at, length=length, hint=hint
        ) from None


def _dashed(hint: str) -> str:
    return hint.replace(" '", " '--")


def _wrong(message: str, text: str, word: Word, hint: str = "") -> RequestError:
    at, length = word.span(0, len(word.text))
    return RequestError(message, text=text, at=at, length=length, hint=hint)
