"""A line split into words as a POSIX shell splits it, each letter remembering its place."""

from __future__ import annotations

from dataclasses import dataclass

from pydra_oar_jupyter.core.errors import RequestError

_BLANK = " \t\r\n"
_BETWEEN = (*_BLANK, "\\\n")


@dataclass(frozen=True, slots=True)
class Word:
    """A word after quoting is undone.

    Attributes:
        text: what the command would be given.
        places: where in the source each letter of ``text`` stands, and where the word ends.
    """

    text: str
    places: tuple[int, ...]

    def part(self, start: int, end: int | None = None) -> Word:
        """The word made of ``text[start:end]``."""
        end = len(self.text) if end is None else end
        return Word(self.text[start:end], self.places[start : end + 1])

    def span(self, start: int, length: int) -> tuple[int, int]:
        """Where ``length`` letters from ``start`` are in the source: place and length there."""
        at = self.places[min(start, len(self.text))]
        last = min(start + length, len(self.text)) - 1
        return at, self.places[last] + 1 - at if last > start else 1


def split(text: str) -> list[Word]:
    """The words of a line: quotes, backslashes and comments as in sh; nothing is expanded.

    Raises:
        RequestError: a quote is not closed, or a backslash ends the line.
    """
    words: list[Word] = []
    at = 0
    while True:
        while text.startswith(_BETWEEN, at):
            at += 2 if text[at] == "\\" else 1
        if at == len(text):
            return words
        if text[at] == "#":
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
            continue
        word, at = _word(text, at)
        words.append(word)


def _word(text: str, at: int) -> tuple[Word, int]:
    """The word that begins at ``at``, and its end."""
    letters: list[str] = []
    places: list[int] = []
    start = opened = at
    quote = ""
    while at < len(text):
        letter = text[at]
        if not quote and letter in _BLANK:
            break
        if letter == quote:
            quote = ""
        elif not quote and letter in "'\"":
            quote, opened = letter, at
        elif letter == "\\" and quote != "'":
            if at + 1 == len(text) and not quote:
                raise RequestError("The line ends in a backslash.", text=text, at=at)
            if quote and text[at + 1 : at + 2] not in ("$", "`", '"', "\\", "\n"):
                letters.append(letter)
                places.append(at)
            else:
                if text[at + 1] != "\n":  # else the line goes on
                    letters.append(text[at + 1])
                    places.append(at + 1)
                at += 1
        else:
            letters.append(letter)
            places.append(at)
        at += 1
    if quote:
        raise RequestError("This quote is not closed.", text=text, at=opened)
    return Word("".join(letters), (*places, at if letters else start)), at
