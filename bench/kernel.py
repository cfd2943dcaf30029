"""A real kernel, as a notebook starts it."""

from __future__ import annotations

import ast
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from jupyter_client.manager import start_new_kernel

if TYPE_CHECKING:
    from collections.abc import Iterator

_LIMIT = 600  # seconds that a cell may take


class Kernel:
    """Runs cells and returns what a last ``print`` of a literal printed."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def run(self, code: str) -> Any:
        printed: list[str] = []

        def output(message: dict[str, Any]) -> None:
            content = message["content"]
            if message["msg_type"] == "stream" and content["name"] == "stdout":
                printed.append(content["text"])

        reply = self._client.execute_interactive(code, timeout=_LIMIT, output_hook=output)
        if reply["content"]["status"] != "ok":
            raise RuntimeError("\n".join(reply["content"].get("traceback", ["the cell failed"])))
        lines = "".join(printed).strip().splitlines()
        return ast.literal_eval(lines[-1]) if lines else None


@contextmanager
def kernel() -> Iterator[Kernel]:
    """A kernel of its own, stopped at the end."""
    manager, client = start_new_kernel(kernel_name="python3", stderr=subprocess.DEVNULL)
    try:
        yield Kernel(client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
