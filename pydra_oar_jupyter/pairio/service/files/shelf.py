"""The one place where a service keeps files, and the signatures that open it for an upload."""

from __future__ import annotations

import hmac
import logging
import os
import secrets
import time
from typing import TYPE_CHECKING

from pydra_oar_jupyter.pairio.errors import PairioError
from pydra_oar_jupyter.pairio.service.errors import Refused
from pydra_oar_jupyter.pairio.service.files.store import store_at

if TYPE_CHECKING:
    from pathlib import Path

    from pydra_oar_jupyter.pairio.service.files.tickets import Ticket
    from pydra_oar_jupyter.pairio.service.settings import Settings

_log = logging.getLogger(__name__)
FORBIDDEN = 403


class Shelf:
    """A service's files.

    Raises:
        PairioError: the bucket can't be used, or others can read the secret.
    """

    def __init__(self, settings: Settings) -> None:
        self.store = store_at(settings.files, settings.data)
        self._secret = _secret(settings.data / "upload_secret")

    def upload_url(self, base: str, ticket: Ticket) -> str:
        """Where the file of a ticket is to be PUT."""
        expires = str(int(ticket.expires))
        signature = self._sign(ticket.ticket_id, expires, str(ticket.size))
        return (
            f"{base}/upload/{ticket.ticket_id}"
            f"?expires={expires}&size={ticket.size}&signature={signature}"
        )

    def check(self, ticket_id: str, expires: str, size: str, signature: str) -> int:
        """The most bytes that an upload URL allows.

        Raises:
            Refused: it is not a URL of ours, or has expired.
        """
        expected = self._sign(ticket_id, expires, size)
        if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
            raise Refused(
                FORBIDDEN, "The signature of this upload URL is wrong: ask for a new URL."
            )
        if int(expires) < time.time():
            raise Refused(FORBIDDEN, "This upload URL has expired: ask for a new one.")
        return int(size)

    async def remove(self, service: str, job: str) -> None:
        """Remove all files of a job, which itself is gone: what can't be removed now stays."""
        try:
            await self.store.remove(service, job)
        except (Refused, OSError) as error:
            _log.warning("The files of job %s could not be removed: %s", job, error)

    def _sign(self, *parts: str) -> str:
        text = "\n".join(parts).encode("utf-8", "replace")
        return hmac.new(self._secret, text, "sha256").hexdigest()


def _secret(path: Path) -> bytes:
    """The secret in that file, made if there is none."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
    except FileExistsError:
        pass
    if path.stat().st_mode & 0o077:
        raise PairioError(
            f"Others may know {path}, with which uploads are signed: remove it, and a new one is "
            "made. URLs for uploads that are on their way stop working."
        )
    return bytes.fromhex(path.read_text())
