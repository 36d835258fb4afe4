"""Who is it: reads people, keys and sign-ins for the doors."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec
import sqlalchemy as sa

from tradeoms.domain.reference.state import ApiKey, SignIn, User
from tradeoms.projections import tables as t

_read_user: Final = msgspec.json.Decoder(User).decode
_read_key: Final = msgspec.json.Decoder(ApiKey).decode
_read_sign_in: Final = msgspec.json.Decoder(SignIn).decode


def find_user(link: sa.Connection, user_id: str) -> User | None:
    """The person of this log-in name."""
    state = link.execute(sa.select(t.users.c.state).where(t.users.c.id == user_id)).scalar()
    return None if state is None else _read_user(state)


def find_users(link: sa.Connection, ids: Collection[str]) -> dict[str, User]:
    """Those of these log-in names that are a person's."""
    wanted = sa.select(t.users.c.id, t.users.c.state).where(t.users.c.id.in_(sorted(ids)))
    return {row.id: _read_user(row.state) for row in link.execute(wanted)}


def find_key(link: sa.Connection, key_id: str) -> tuple[ApiKey, User] | None:
    """The key and its owner."""
    state = link.execute(sa.select(t.api_keys.c.state).where(t.api_keys.c.id == key_id)).scalar()
    if state is None:
        return None
    key = _read_key(state)
    user = find_user(link, key.user)
    return None if user is None else (key, user)


def find_sign_in(link: sa.Connection, token_sha256: str) -> tuple[SignIn, User] | None:
    """The live sign-in whose token has this hash, and its person."""
    table = t.sign_ins
    wanted = sa.select(table.c.state).where(table.c.token_sha256 == token_sha256, table.c.live)
    state = link.execute(wanted).scalar()
    if state is None:
        return None
    sign_in = _read_sign_in(state)
    user = find_user(link, sign_in.user)
    return None if user is None else (sign_in, user)


def access_seq(link: sa.Connection) -> tuple[int, ...]:
    """Changes whenever a person, key or sign-in does."""
    found = [
        link.execute(sa.select(sa.func.max(table.c.seq))).scalar() or 0
        for table in (t.users, t.api_keys, t.sign_ins)
    ]
    return tuple(found)
