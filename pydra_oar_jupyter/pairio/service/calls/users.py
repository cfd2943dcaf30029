"""Calls about users and their keys."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from pydra_oar_jupyter.pairio.service.accounts import need_self, user_of
from pydra_oar_jupyter.pairio.service.calls.shapes import calls
from pydra_oar_jupyter.pairio.service.errors import unauthorized
from pydra_oar_jupyter.pairio.service.names import Label, UserId
from pydra_oar_jupyter.pairio.service.state import InState, Key
from pydra_oar_jupyter.pairio.service.users import (
    UserStats,
    add_user,
    reset_key,
    user_named,
    user_stats,
)

router = calls("users")


class AddUserRequest(BaseModel):
    """There is to be this user."""

    type: Literal["addUserRequest"]
    userId: UserId


class AddUserResponse(BaseModel):
    """There is."""

    type: Literal["addUserResponse"] = "addUserResponse"


@router.post("/addUser")
def add(request: AddUserRequest, state: InState, key: Key) -> AddUserResponse:
    """Make a user, who gets a key by resetUserApiKey: for the service's administrators."""
    with state.write() as session:
        if not user_of(session, key).admin:
            raise unauthorized("Users are made by administrators of the service.")
        add_user(session, request.userId)
    return AddUserResponse()


class ResetUserApiKeyRequest(BaseModel):
    """This user needs a new key."""

    type: Literal["resetUserApiKeyRequest"]
    userId: str


class ResetUserApiKeyResponse(BaseModel):
    """The new key, which is told this once."""

    type: Literal["resetUserApiKeyResponse"] = "resetUserApiKeyResponse"
    apiKey: str


@router.post("/resetUserApiKey")
def reset(request: ResetUserApiKeyRequest, state: InState, key: Key) -> ResetUserApiKeyResponse:
    """A new key in place of the old one: for the user, and for administrators."""
    with state.write() as session:
        need_self(user_of(session, key), request.userId)
        new = reset_key(user_named(session, request.userId))
    return ResetUserApiKeyResponse(apiKey=new)


class SetUserInfoRequest(BaseModel):
    """Something about this user is different; what is null stays."""

    type: Literal["setUserInfoRequest"]
    userId: str
    name: Label | None = None
    email: Label | None = None


class SetUserInfoResponse(BaseModel):
    """It is noted."""

    type: Literal["setUserInfoResponse"] = "setUserInfoResponse"


@router.post("/setUserInfo")
def set_info(request: SetUserInfoRequest, state: InState, key: Key) -> SetUserInfoResponse:
    """Change a user's name or address: for the user, and for administrators."""
    with state.write() as session:
        need_self(user_of(session, key), request.userId)
        user = user_named(session, request.userId)
        if request.name is not None:
            user.name = request.name
        if request.email is not None:
            user.email = request.email
    return SetUserInfoResponse()


class ComputeUserStatsRequest(BaseModel):
    """What has this user used?"""

    type: Literal["computeUserStatsRequest"]
    userId: str


class ComputeUserStatsResponse(BaseModel):
    """This."""

    type: Literal["computeUserStatsResponse"] = "computeUserStatsResponse"
    userStats: UserStats


@router.post("/computeUserStats")
def stats(request: ComputeUserStatsRequest, state: InState) -> ComputeUserStatsResponse:
    """How many jobs a user has, and what they took."""
    with state.read() as session:
        user = user_named(session, request.userId)
        return ComputeUserStatsResponse(userStats=user_stats(session, user.user_id))
