"""A FastAPI route that does nothing: it reads a JSON body and answers with one that is at hand."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse

app = FastAPI()
_answers = json.loads(Path(os.environ["BENCH_ANSWERS"]).read_text())


@app.post("/api/{name}")
async def answer(name: str, asked: dict[str, Any]) -> JSONResponse:  # noqa: ARG001 - it is parsed
    return JSONResponse(_answers[name])
