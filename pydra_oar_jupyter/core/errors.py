"""One family of exceptions; each says what happened and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydra_oar_jupyter.core.outcome import Outcome


class OarError(Exception):
    """Whatever this package refuses or cannot do."""


class RequestError(OarError):
    """What was asked is wrong; nothing was submitted.

    Args:
        message: what is wrong, in a sentence.
        text: what was written, of which a part is wrong.
        at: where in ``text`` that part begins, in characters.
        length: of how many characters it is.
        hint: what to write instead.
    """

    def __init__(
        self,
        message: str,
        *,
        text: str = "",
        at: int | None = None,
        length: int = 1,
        hint: str = "",
    ) -> None:
        self.message, self.text, self.at, self.length, self.hint = message, text, at, length, hint
        lines = [message]
        if text and at is not None:
            # One line of the text, so that the marks stand under their place.
            start = text.rfind("\n", 0, at) + 1
            line = text[start:].split("\n", 1)[0].replace("\t", " ")
            lines += [f"  {line}", "  " + " " * (at - start) + "^" * max(1, length)]
        if hint:
            lines.append(hint)
        super().__init__("\n".join(lines))


class PackingError(OarError):
    """Something can't be sent to the job or come back from it.

    Attributes:
        name: the variable that it is about, or "".
    """

    def __init__(self, message: str, name: str = "") -> None:
        self.name = name
        super().__init__(message)


class SpoolError(OarError):
    """A job's directory can't be written, read or trusted."""


class BackendError(OarError):
    """The scheduler answered that it won't."""


class Refused(BackendError):
    """The scheduler refused a submission; nothing runs."""


class Unreachable(BackendError):
    """The scheduler gave no usable answer. It is asked again; nothing is lost."""


class JobFailed(OarError):
    """A job ended without the result that was asked of it.

    Attributes:
        outcome: how it ended, told apart (exit code, signal, walltime, deletion …).
    """

    def __init__(self, message: str, outcome: Outcome) -> None:
        self.outcome = outcome
        super().__init__(message)
