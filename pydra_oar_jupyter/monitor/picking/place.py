"""Resources into a cell: the options on its first line that say what the job needs."""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.options import OPTIONS, SHORT, meant
from pydra_oar_jupyter.core.request import Request
from pydra_oar_jupyter.core.shellwords import split
from pydra_oar_jupyter.monitor.picking.choice import joined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydra_oar_jupyter.core.options import Option
    from pydra_oar_jupyter.core.shellwords import Word

# What a choice of resources is made of: none of it stays of an earlier one.
_CHOSEN = ("resources", "properties", "queue", "types")
# IPython looks for the magic in the first line that is not empty.
_FIRST = re.compile(r"(?:[ \t]*\n)*[ \t]*%%(\w+)(?=[ \t\n]|$)([^\n]*)")
_PAIRIO = "The service of a %%pairio cell chooses where its job runs."


def place(*, cell: str, words: str) -> dict[str, Any]:
    """The cell with these words on its first line, as ``%%oar`` where it has no magic of ours.

    Of a line that is there, only the options are replaced that are among the words, or say what
    resources are wanted; everything else stays letter by letter.

    Raises:
        RequestError: the words, or those of the cell's line, are wrong; or it is a cell of Pairio.
    """
    request = Request.parse(words)
    line = joined(request.words())
    if len(lines := line.splitlines()) > 1:  # as IPython has them
        raise RequestError("A magic has one line only.", text=line, at=len(lines[0]))
    first = _FIRST.match(cell)
    magic = first[1] if first else ""
    if magic == "pairio":
        raise RequestError(_PAIRIO, hint="Ask for cores and time with --cpus, --memory, --time.")
    if first is None or magic not in ("oar", "pydra"):
        return {"cell": f"%%oar {line}".rstrip() + f"\n{cell}"}
    start, end = first.span(2)
    return {"cell": cell[:start] + _replaced(first[2], request, line) + cell[end:]}


def _replaced(text: str, request: Request, line: str) -> str:
    """The text after a magic with the options of a request in place of those of its kind."""
    fields = {*_CHOSEN, *(o.field for o in OPTIONS if o.field and _is_set(request, o))}
    spans = [(start, end) for field, start, end in _written(text) if field in fields]
    if not spans:
        return f" {line}{text}" if line else text
    parts, at, new = [], 0, line
    for start, end in spans:
        parts.append(text[at:start])
        if new and start and not text[start - 1].isspace():
            parts.append(" ")  # it stood in one word with a flag
        at = end + len(text[end:]) - len(text[end:].lstrip(" \t"))
        if new:
            parts.append(new + text[end:at])
            new = ""
    rest = "".join([*parts, text[at:]])
    return rest if text[at:] else rest.rstrip(" \t")


def _is_set(request: Request, option: Option) -> bool:
    return getattr(request, option.field) not in (None, (), False)


def _written(text: str) -> Iterator[tuple[str, int, int]]:
    """Oarsub's options in a line with others among them: the field, and from where to where."""
    words = deque(split(text))
    while words:
        word = words.popleft()
        if word.text == "--":
            return
        if word.text.startswith("--"):
            yield from _long(text, word, words)
        elif word.text.startswith("-"):
            yield from _letters(text, word, words)


def _long(text: str, word: Word, words: deque[Word]) -> Iterator[tuple[str, int, int]]:
    name, equals, _ = word.text[2:].partition("=")
    fits = meant(name)
    if len(fits) != 1:  # one of ours: what is quoted after it is its value
        if not equals and words and text[words[0].places[0] - 1] in "'\"":
            words.popleft()
        return
    [option] = fits
    last = words.popleft() if option.metavar and not equals and words else word
    yield option.field, _start(text, word), last.places[-1]


def _letters(text: str, word: Word, words: deque[Word]) -> Iterator[tuple[str, int, int]]:
    for at, letter in enumerate(word.text[1:], 1):
        option = SHORT.get(letter)
        if option is None:
            return
        if option.metavar:
            last = word if at + 1 < len(word.text) or not words else words.popleft()
            # Flags before it in the word stay; a quote may stand before its first letter.
            start = _start(text, word) if at == 1 else word.places[at]
            yield option.field, start, last.places[-1]
            return
        if len(word.text) == 2:
            yield option.field, _start(text, word), word.places[-1]


def _start(text: str, word: Word) -> int:
    """Where a word begins, with its opening quote."""
    at = word.places[0]
    while at and text[at - 1] in "'\"\\":
        at -= 1
    return at
