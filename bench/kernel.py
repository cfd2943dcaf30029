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
    """Runs cells."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def run(self, code: str) -> str:
        """Run a cell; what it printed."""
        printed: list[str] = []

        def output(message: dict[str, Any]) -> None:
            content = message["content"]
            if message["msg_type"] == "stream" and content["name"] == "stdout":
                printed.append(content["text"])

        reply = self._client.execute_interactive(code, timeout=_LIMIT, output_hook=output)
        if reply["content"]["status"] != "ok":
            raise RuntimeError("\n".join(reply["content"].get("traceback", ["the cell failed"])))
        return "".join(printed)

    def value(self, code: str) -> Any:
        """Run a cell; the literal in the last line that it printed."""
        return ast.literal_eval(self.run(code).strip().splitlines()[-1])


@contextmanager
def kernel() -> Iterator[Kernel]:
    """A kernel of its own, stopped at the end."""
    manager, client = start_new_kernel(kernel_name="python3", stderr=subprocess.DEVNULL)
    try:
        yield Kernel(client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
