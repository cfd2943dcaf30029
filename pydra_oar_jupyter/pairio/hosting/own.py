"""Only processes of this account may talk with a service on loopback, where all accounts could."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

from starlette.middleware.trustedhost import TrustedHostMiddleware
from uvicorn.protocols.http.auto import AutoHTTPProtocol

if TYPE_CHECKING:
    from pydra_oar_jupyter.pairio.service.server import Server

# Tables of the TCP connections of this machine, each end with its account: proc_pid_net(5).
_TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
_REFUSAL = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def keep_to_own(server: Server) -> None:
    """Before it is started: let it answer this account's programs, at names of this machine.

    A page of another site may lead the browser here by a name of its own; its Host tells.
    """
    server.config.http = _OwnProtocol
    server.app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])


class _OwnProtocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]  # chosen at run time
    """Serves connections of this account, and closes those of others."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Look who it is."""
        ends = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
        if owner(*ends) == os.getuid():
            super().connection_made(transport)
            return
        transport.set_protocol(asyncio.Protocol())
        cast("asyncio.Transport", transport).write(_REFUSAL)
        transport.close()


def owner(near: tuple[str, int], far: tuple[str, int]) -> int | None:
    """The number of the account whose connection that is; None if there is none.

    Args:
        near: its own IPv4 address and port.
        far: those at the other end.
    """
    for table in _TABLES:
        ends = [_end(*near, table), _end(*far, table)]
        for line in _lines(table):
            words = line.split()
            if words[1:3] == ends:
                return int(words[7])
    return None


def _lines(table: str) -> list[str]:
    try:
        return Path(table).read_text().splitlines()[1:]
    except OSError:  # there is no IPv6 here
        return []


def _end(address: str, port: int, table: str) -> str:
    """An address as it stands in such a table: words of 32 bits, in this machine's byte order."""
    word = f"{int.from_bytes(socket.inet_aton(address), sys.byteorder):08X}"
    mapped = "0000000000000000FFFF0000" if table.endswith("6") else ""
    return f"{mapped}{word}:{port:04X}"
