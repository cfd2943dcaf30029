"""What a job prints, kept for uploads."""

from __future__ import annotations

import codecs
import tempfile

HALF = 49_000_000  # bytes; a service takes 100 MB of console output
_LONG = 1 << 20  # characters of a line that has no end


class Console:
    """The beginning and the end of what is written to it; progress bars as they looked last.

    It is kept in a file without a name: first the beginning, then a ring with the newest.

    Args:
        half: how many bytes of the beginning are kept, and how many of the end.
    """

    def __init__(self, half: int = HALF) -> None:
        self._half = half
        self._hidden: list[bytes] = []
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as this
        self._line = ""  # the last one, which has no end yet
        self._kept = 0  # bytes before that line
        self.size = 0  # bytes that were ever written to it: when that has grown, there is news

    def write(self, data: bytes) -> None:
        """Add output; a line counts as it looks once its carriage returns were obeyed."""
        self.size += len(data)
        *lines, rest = (self._line + self._decoder.decode(data)).split("\n")
        self._keep("".join(f"{_visible(line)}\n" for line in lines))
        rest = _newest(rest)
        if len(rest) > _LONG:
            self._keep(rest)
            rest = ""
        self._line = rest

    def hide(self, *words: str) -> None:
        """Show none of these, such as the job's key: who reads a job reads its console."""
        self._hidden += sorted((word.encode() for word in words), key=len, reverse=True)

    def content(self) -> bytes:
        """All that is kept and not hidden, as UTF-8."""
        everything = self._stored() + _visible(self._line).encode()
        for word in self._hidden:
            everything = everything.replace(word, b"[hidden]")
        return everything

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def _stored(self) -> bytes:
        if self._kept <= 2 * self._half:
            return self._read(0, self._kept)
        oldest = self._half + (self._kept - self._half) % self._half
        end = self._read(oldest, 2 * self._half) + self._read(self._half, oldest)
        out = f"\n… {self._kept - 2 * self._half} bytes are left out here …\n"
        # Both may have been cut inside of a character.
        parts = (self._read(0, self._half), out.encode(), end)
        return "".join(part.decode(errors="ignore") for part in parts).encode()

    def _read(self, start: int, end: int) -> bytes:
        self._file.seek(start)
        return self._file.read(end - start)

    def _keep(self, text: str) -> None:
        data = memoryview(text.encode())
        while data:
            at = self._kept
            if at >= self._half:
                at = self._half + (at - self._half) % self._half
            room = (self._half if at < self._half else 2 * self._half) - at
            self._file.seek(at)
            self._file.write(data[:room])
            self._kept += len(data[:room])
            data = data[room:]


def _newest(line: str) -> str:
    """A line without what was overwritten, but with the carriage returns at its end."""
    return line[line.rstrip("\r").rfind("\r") + 1 :]


def _visible(line: str) -> str:
    return _newest(line).rstrip("\r")
