"""People, their keys, and signing in and out."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Annotated, Final

import msgspec
from pydantic import Field
from starlette.responses import Response

from tradeoms.app.client import EngineUnavailable
from tradeoms.app.identity import SystemClock
from tradeoms.kernel.enums import Role
from tradeoms.projections import queries_lists as q
from tradeoms.projections.queries_access import find_user
from tradeoms.projections.resources_reference import GrantResource, KeyResource, UserResource
from tradeoms.projections.resources_text import encode, instant
from tradeoms.rest.auth import (
    COOKIE,
    KEY_PREFIX,
    SECURE_COOKIE,
    Principal,
    csrf_token,
    new_secret,
    sha256_hex,
)
from tradeoms.rest.bodies import NothingBody, encode_fields
from tradeoms.rest.desk import list_of
from tradeoms.rest.endpoint import Call, ListQuery, endpoint, show_outcome
from tradeoms.rest.errors import problem, refusal, unavailable
from tradeoms.rest.fields import Body, Code, Text
from tradeoms.rest.openapi import PageOf
from tradeoms.rest.permissions import PUBLIC
from tradeoms.rest.routes import Routes
from tradeoms.rest.worker import Services

routes: Final = Routes("people")
_KEY_DAYS_MAX: Final = 365
_clock: Final = SystemClock()


FundName = Annotated[str, Field(min_length=1, max_length=64)]


class LoginBody(Body):
    """Who, and the password."""

    username: Annotated[str, Field(min_length=1, max_length=64)]
    password: Annotated[str, Field(min_length=1, max_length=1_000)]


class GrantBody(Body):
    """A role over funds; `*` is every fund."""

    role: Role
    funds: list[FundName] = Field(default_factory=lambda: ["*"], min_length=1)


class UserBody(Body):
    """A person."""

    id: Code
    name: Text
    grants: list[GrantBody]
    password: Annotated[str, Field(min_length=15, max_length=1_000)] | None = None
    """Absent keeps the one there is."""
    active: bool = True


class UsersBody(Body):
    """People to define or change, by log-in name."""

    users: Annotated[list[UserBody], Field(min_length=1, max_length=100)]


class KeyBody(Body):
    """A key for a person's programs."""

    user: Code
    label: Text
    days: Annotated[int, Field(ge=1, le=_KEY_DAYS_MAX)] = 90


class NewKey(msgspec.Struct):
    """A new key. The secret is shown this once."""

    id: str
    user: str
    key: str
    expires_at: str


class Me(msgspec.Struct):
    """Who you are, what you may do, and the token that your page sends with a cookie."""

    id: str
    name: str
    channel: str
    grants: tuple[GrantResource, ...]
    csrf_token: str
    expires_at: str


def _me(principal: Principal) -> bytes:
    user = principal.user
    return encode(
        Me(
            id=user.id,
            name=user.name,
            channel=principal.channel,
            grants=tuple(GrantResource(role=g.role.value, funds=g.funds) for g in user.grants),
            csrf_token=principal.csrf,
            expires_at=instant(principal.expires_at),
        )
    )


@endpoint(routes, "GET", "/me", permission="read", answer=Me)
async def get_me(call: Call) -> Response:
    """Show who you are."""
    return Response(_me(call.principal), media_type="application/json")


@endpoint(routes, "POST", "/login", permission=PUBLIC, body=LoginBody, answer=Me)
async def login(call: Call) -> Response:
    """Sign in with a password.

    The answer sets a cookie, and names the token that unsafe requests must carry with it.
    """
    request, services = call.request, call.services
    asked: LoginBody = call.body
    address = request.client.host if request.client else ""
    pause = services.passwords.pause(asked.username, address)
    if pause:
        raise problem(
            "too_many_attempts", "try again later", headers={"Retry-After": str(int(pause) + 1)}
        )
    user = await services.read(find_user, asked.username)
    stored = user.password_hash if user is not None and user.active else ""
    if not await services.passwords.right(asked.username, address, stored, asked.password):
        raise problem("credentials_wrong", "user name or password are wrong")
    return await _sign_in(services, asked.username, secure=services.secure)


async def _sign_in(services: Services, user_id: str, *, secure: bool) -> Response:
    """A new token each time: one planted before (session fixation) is of no use."""
    token = new_secret()
    fields = {
        "user": user_id,
        "token_sha256": sha256_hex(token),
        "expires_at": instant(_clock.now() + services.sign_in_life),
    }
    try:
        outcome = await services.engine.submit(
            "OpenSignIn", encode_fields(fields), user=user_id, channel="ui"
        )
    except EngineUnavailable as error:
        raise unavailable(sent=error.sent) from None
    if outcome.status != "accepted":
        raise refusal(outcome)
    found = await services.read(find_user, user_id)
    assert found is not None
    body = {
        "id": found.id,
        "name": found.name,
        "channel": "ui",
        "grants": [{"role": g.role, "funds": g.funds} for g in found.grants],
        "csrf_token": csrf_token(token),
        "expires_at": fields["expires_at"],
    }
    response = Response(encode(body), media_type="application/json")
    response.set_cookie(
        SECURE_COOKIE if secure else COOKIE,
        token,
        max_age=int(services.sign_in_life.total_seconds()),
        path="/",
        secure=secure,
        httponly=True,
        samesite="strict",
    )
    return response


@endpoint(
    routes, "POST", "/logout", permission="EndSignIn", body=NothingBody, answer=None, status=204
)
async def logout(call: Call) -> Response:
    """Sign out; the cookie is worth nothing from then on."""
    if call.principal.sign_in:
        await call.submit("EndSignIn", encode_fields({"sign_in_id": call.principal.sign_in}))
        call.services.auth.forget()
    response = Response(status_code=204)
    name = SECURE_COOKIE if call.services.secure else COOKIE
    response.delete_cookie(name, path="/", secure=call.services.secure, httponly=True)
    return response


@endpoint(
    routes, "GET", "/users", permission="read_people", query=ListQuery,
    answer=PageOf(UserResource),
)  # fmt: skip
async def get_users(call: Call) -> Response:
    """List people and their grants."""
    return await list_of(call, q.USERS)


@endpoint(
    routes, "POST", "/users", permission="LoadUsers", body=UsersBody, answer={"type": "object"},
    key="optional",
)  # fmt: skip
async def load_users(call: Call) -> Response:
    """Define or change people."""
    hasher = call.services.passwords.hasher
    rows = []
    for user in call.body.users:
        row = user.model_dump(exclude={"password"})
        if user.password is not None:
            password = user.password
            row["password_hash"] = await call.services.in_thread(
                lambda password=password: hasher.hash(password)  # type: ignore[misc]  # bound now
            )
        rows.append(row)
    outcome = await call.submit("LoadUsers", encode_fields({"users": rows}))
    call.services.auth.forget()
    return show_outcome(outcome)


@endpoint(
    routes, "GET", "/keys", permission="read_people", query=ListQuery, answer=PageOf(KeyResource)
)
async def get_keys(call: Call) -> Response:
    """List API keys; never a secret."""
    return await list_of(call, q.KEYS)


@endpoint(
    routes, "POST", "/keys", permission="CreateApiKey", body=KeyBody, answer=NewKey, status=201,
)  # fmt: skip
async def create_key(call: Call) -> Response:
    """Make a key for a person's programs; its secret is shown this once."""
    asked: KeyBody = call.body
    key_id, secret = secrets.token_hex(6), new_secret()
    expires_at = _clock.now() + timedelta(days=asked.days)
    fields = {
        "key_id": key_id,
        "user": asked.user,
        "label": asked.label,
        "secret_sha256": sha256_hex(secret),
        "expires_at": instant(expires_at),
    }
    await call.submit("CreateApiKey", encode_fields(fields))
    made = NewKey(
        id=key_id,
        user=asked.user,
        key=f"{KEY_PREFIX}{key_id}_{secret}",
        expires_at=instant(expires_at),
    )
    return Response(encode(made), status_code=201, media_type="application/json")


@endpoint(
    routes, "POST", "/keys/{key_id}/revoke", permission="RevokeApiKey", body=NothingBody,
    answer={"type": "object"}, key="optional",
)  # fmt: skip
async def revoke_key(call: Call) -> Response:
    """Make a key useless from now on."""
    key_id = call.request.path_params["key_id"]
    outcome = await call.submit("RevokeApiKey", encode_fields({"key_id": key_id}))
    call.services.auth.forget()
    return show_outcome(outcome)
