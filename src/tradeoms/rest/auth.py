"""Who is asking: API keys of programs, cookie sign-ins of people.

What was found is remembered for a few seconds, and forgotten as soon as the journal tells that a
person, key or sign-in changed; the engine decides again when it applies a command.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from starlette.requests import Request

from tradeoms.app.identity import SystemClock
from tradeoms.domain.reference.state import User
from tradeoms.kernel.enums import Role
from tradeoms.projections.paging import Scope, scope_of
from tradeoms.projections.queries_access import find_key, find_sign_in
from tradeoms.rest.errors import ProblemError, problem

KEY_PREFIX: Final = "toms_"
COOKIE: Final = "tradeoms"
SECURE_COOKIE: Final = "__Host-tradeoms"
CSRF_HEADER: Final = "x-csrf-token"
_REMEMBERED_S: Final = 5.0
_REMEMBERED_MAX: Final = 10_000
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})

Read = Callable[..., Awaitable[Any]]  # Any: what the function it is given returns
Renew = Callable[["Principal"], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The natural person behind a request, and how he came.

    Attributes:
        channel: `key:<id>` or `ui`.
        scope: What he may see.
        csrf: Token that an unsafe request must carry; empty for keys.
        sign_in: Id of the sign-in; empty for keys.
        expires_at: End of the key or sign-in, whatever is done with it.
        seen_at: When a sign-in was last known to be used.
    """

    user: User
    channel: str
    scope: Scope
    roles: frozenset[Role]
    expires_at: datetime
    csrf: str = ""
    sign_in: str = ""
    seen_at: datetime | None = None

    @property
    def name(self) -> str:
        """Whose requests are counted together: a key's, or all browsers' of a person."""
        return f"ui:{self.user.id}" if self.sign_in else self.channel


#: Who is behind a request to a public route.
NOBODY: Final = Principal(
    user=User(id="", name="", grants=(), active=False),
    channel="",
    scope=Scope(frozenset()),
    roles=frozenset(),
    expires_at=datetime.max.replace(tzinfo=UTC),
)


def sha256_hex(text: str) -> str:
    """The hash under which a secret is kept; secrets have 256 bits, so no slow hash is needed."""
    return hashlib.sha256(text.encode()).hexdigest()


def csrf_token(token: str) -> str:
    """The token that a page must send back with a cookie; it cannot be made without the cookie."""
    return hmac.new(token.encode(), b"tradeoms csrf", hashlib.sha256).hexdigest()


def new_secret() -> str:
    """256 bits of text."""
    return secrets.token_urlsafe(32)


class Authenticator:
    """Finds the principal of a request."""

    def __init__(self, read: Read, renew: Renew, *, idle: timedelta) -> None:
        """Look up through ``read``, which runs a query in a thread.

        A sign-in that nobody uses for ``idle`` is over; ``renew`` puts on record that it is used.
        """
        self._read = read
        self._renew = renew
        self._idle = idle
        self._renewed: dict[str, datetime] = {}
        self._clock = SystemClock()
        self._known: dict[str, tuple[Principal, float]] = {}

    def forget(self) -> None:
        """Look everyone up anew."""
        self._known.clear()

    async def principal(self, request: Request, *, used: bool = True) -> Principal:
        """The person behind ``request``; with ``used`` a sign-in counts as used now.

        Raises:
            ProblemError: 401 without valid credentials; 403 for a cookie without its CSRF token.
        """
        credential = _credential(request)
        found = self._known.get(credential)
        if found is None or found[1] < time.monotonic():
            principal = await self._look_up(credential)
            if len(self._known) >= _REMEMBERED_MAX:
                self._known.clear()
            self._known[credential] = (principal, time.monotonic() + _REMEMBERED_S)
        else:
            principal = found[0]
        now = self._clock.now()
        if principal.expires_at <= now:
            raise unauthenticated()
        if principal.seen_at is not None:
            self._look_at_use(principal, principal.seen_at, now, used=used)
        if principal.csrf and request.method not in _SAFE:
            given = request.headers.get(CSRF_HEADER, "")
            if not hmac.compare_digest(given.encode(), principal.csrf.encode()):
                raise problem("csrf_failed", "send the CSRF token of /me", pointer="X-CSRF-Token")
        return principal

    def _look_at_use(
        self, principal: Principal, seen_at: datetime, now: datetime, *, used: bool
    ) -> None:
        """End what was idle for too long; put use on record four times in that time at most."""
        last = max(seen_at, self._renewed.get(principal.sign_in, seen_at))
        if now - last >= self._idle:
            raise unauthenticated()
        if used and now - last >= self._idle / 4:
            if len(self._renewed) >= _REMEMBERED_MAX:
                self._renewed.clear()
            self._renewed[principal.sign_in] = now
            self._renew(principal)

    async def _look_up(self, credential: str) -> Principal:
        if credential.startswith(KEY_PREFIX):
            return await self._by_key(credential)
        return await self._by_cookie(credential)

    async def _by_key(self, credential: str) -> Principal:
        key_id, _, secret = credential.removeprefix(KEY_PREFIX).partition("_")
        found = await self._read(find_key, key_id) if key_id and secret else None
        stored = found[0].secret_sha256 if found else "0" * 64
        right = hmac.compare_digest(sha256_hex(secret), stored)
        if found is None or not right or found[0].revoked or not found[1].active:
            raise unauthenticated()
        key, user = found
        return _principal(user, channel=f"key:{key.id}", expires_at=key.expires_at)

    async def _by_cookie(self, token: str) -> Principal:
        found = await self._read(find_sign_in, sha256_hex(token))
        if found is None or found[0].ended or not found[1].active:
            raise unauthenticated()
        sign_in, user = found
        return _principal(
            user,
            channel="ui",
            expires_at=sign_in.expires_at,
            csrf=csrf_token(token),
            sign_in=sign_in.id,
            seen_at=sign_in.seen_at or sign_in.created_at,
        )


def _principal(
    user: User,
    *,
    channel: str,
    expires_at: datetime,
    csrf: str = "",
    sign_in: str = "",
    seen_at: datetime | None = None,
) -> Principal:
    return Principal(
        user=user,
        channel=channel,
        scope=scope_of(user),
        roles=frozenset(grant.role for grant in user.grants),
        expires_at=expires_at,
        csrf=csrf,
        sign_in=sign_in,
        seen_at=seen_at,
    )


def _credential(request: Request) -> str:
    """The key of the Authorization header, or the cookie; never both, never in the address."""
    header = request.headers.get("authorization", "")
    if header:
        kind, _, credential = header.partition(" ")
        if kind.lower() == "bearer" and credential.startswith(KEY_PREFIX):
            return credential
        raise unauthenticated()
    token = request.cookies.get(SECURE_COOKIE) or request.cookies.get(COOKIE) or ""
    if not token or token.startswith(KEY_PREFIX):
        raise unauthenticated()
    return token


def unauthenticated() -> ProblemError:
    """The one answer to every wrong, expired or missing credential."""
    return problem(
        "unauthenticated",
        "sign in, or send a valid API key",
        headers={"WWW-Authenticate": 'Bearer realm="tradeoms"'},
    )
