"""What all calls have in common."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from pydra_oar_jupyter.pairio.service.body import CallRoute


class Error(BaseModel):
    """What was wrong, in words."""

    error: str


ERRORS: dict[int | str, dict[str, Any]] = {
    "4XX": {
        "model": Error,
        "description": "400: it makes no sense; 401: it isn't allowed; 404: there is no such thing",
    }
}


def calls(subject: str) -> APIRouter:
    """A router for the calls on a subject."""
    return APIRouter(prefix="/api", tags=[subject], route_class=CallRoute, responses=ERRORS)
