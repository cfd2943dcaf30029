"""What can go wrong with a Pairio service, in the package's one family of exceptions."""

from __future__ import annotations

from pydra_oar_jupyter.core.errors import OarError


class PairioError(OarError):
    """A Pairio service refused something, or it can't be asked.

    Attributes:
        status: the status of the service's answer in HTTP, or None if it gave none.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        self.status = status
        super().__init__(message)


class PairioUnreachable(PairioError):
    """A service gave no usable answer, though it was asked again where that is safe.

    Attributes:
        sent: the question may have reached the service.
    """

    def __init__(self, message: str, status: int | None = None, *, sent: bool = True) -> None:
        self.sent = sent
        super().__init__(message, status)
