"""What a service refuses, in the status codes of the protocol."""

from __future__ import annotations


class Refused(Exception):
    """A call that is answered by an error.

    Attributes:
        status: 400 for what is wrong in itself, 401 for whom it is not allowed to, 404 for
            what there is not.
    """

    def __init__(self, status: int, message: str) -> None:
        self.status, self.message = status, message
        super().__init__(message)


def wrong(message: str) -> Refused:
    """The request makes no sense."""
    return Refused(400, message)


def unauthorized(message: str) -> Refused:
    """The key is missing, wrong, or not enough."""
    return Refused(401, message)


def missing(message: str) -> Refused:
    """There is no such thing."""
    return Refused(404, message)
