"""Send a job's files to its service."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydra_oar_jupyter.pairio.errors import PairioUnreachable

if TYPE_CHECKING:
    from pydra_oar_jupyter.pairio.http import Api

Kind = Literal["output", "consoleOutput", "resourceUtilizationLog", "other"]
_NAMES = {"output": "outputName", "other": "otherName"}


async def upload(api: Api, job_id: str, kind: Kind, content: bytes | Path, name: str = "") -> str:
    """Send one file; the URL where it is from now on.

    A broken upload is begun again for ``api.patience`` seconds, each time at a URL of its own, as
    such a URL takes one upload only.

    Raises:
        PairioError: it was refused.
        PairioUnreachable: there was no usable answer.
    """
    end = time.monotonic() + api.patience
    while True:
        size = content.stat().st_size if isinstance(content, Path) else len(content)
        fields: dict[str, Any] = {"jobId": job_id, "uploadType": kind, "size": size}
        if kind in _NAMES:
            fields[_NAMES[kind]] = name
        place = await api.call("getSignedUploadUrl", fields)
        try:
            await api.put(place["signedUrl"], content)
        except PairioUnreachable:
            if time.monotonic() > end:
                raise
            await asyncio.sleep(1)
        else:
            return str(place["downloadUrl"])
