"""`users` and `keys`: who may act. Only hashes of passwords and secrets are stored."""

from __future__ import annotations

import os
import secrets
from datetime import timedelta
from typing import Annotated, Any, Final

import msgspec
import sqlalchemy as sa
import typer

from tradeoms.app.identity import SystemClock
from tradeoms.commands import shell
from tradeoms.domain.reference.commands import CreateApiKey, LoadUsers, RevokeApiKey, UserRow
from tradeoms.domain.reference.state import ApiKey, Grant, User
from tradeoms.imports.users import hash_password, parse_grants, weakness
from tradeoms.projections import tables as t
from tradeoms.projections.queries_access import find_user
from tradeoms.rest.auth import KEY_PREFIX, new_secret, sha256_hex

PASSWORD: Final = "TRADEOMS_PASSWORD"  # noqa: S105 - the name of a variable
_user: Final = msgspec.json.Decoder(User)
_key: Final = msgspec.json.Decoder(ApiKey)

users = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="People and their roles.")
keys = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Keys for programs.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
By = Annotated[
    str, typer.Option("--user", envvar="TRADEOMS_USER", help="Who does it; for the journal.")
]


def ask_password(user: str, *, variable: str = PASSWORD) -> str:
    """A password good enough for ``user``: from the environment, else asked for twice."""
    password = os.environ.get(variable, "")
    if not password:
        asked = typer.prompt(
            f"Password of {user}", hide_input=True, confirmation_prompt=True, err=True
        )
        password = str(asked)
    reason = weakness(password, user=user)
    if reason:
        shell.fail(f"the password of {user} is too weak: {reason}")
    return password


def grants_text(grants: tuple[Grant, ...]) -> str:
    """Roles as files write them."""
    return "; ".join(f"{grant.role}@{'|'.join(grant.funds)}" for grant in grants)


@users.command("list")
def list_users(ctx: typer.Context, *, as_of: shell.AsOf = "", json_: AsJson = False) -> None:
    """List people and their roles.

    Example: tradeoms users list --json
    """
    rows = [_user.decode(state) for state in _states(ctx, t.users, as_of)]
    rows.sort(key=lambda one: one.id)
    if json_:
        shell.say_json(
            [
                {"id": one.id, "name": one.name, "roles": grants_text(one.grants),
                 "active": one.active, "password": bool(one.password_hash)}
                for one in rows
            ]
        )  # fmt: skip
        return
    shell.say_table(
        ("id", "name", "roles", "active"),
        ((one.id, one.name, grants_text(one.grants), one.active) for one in rows),
    )


@users.command("add")
def add_user(  # noqa: PLR0913 - options
    ctx: typer.Context,
    user: Annotated[str, typer.Argument(help="Log-in name.")],
    *,
    name: Annotated[str, typer.Option(help="Full name.")],
    roles: Annotated[str, typer.Option(help="As in files: trader@*; risk@GROWTH|INDEX.")],
    password: Annotated[bool, typer.Option(help="Whether to set a password.")] = True,
    by: By = shell.SYSTEM,
    json_: AsJson = False,
) -> None:
    """Add a person, or change name and roles.

    The password comes from TRADEOMS_PASSWORD or is asked for.

    Example: tradeoms users add trader.tom --name "Tom Trader" --roles "trader@*"
    """
    try:
        grants = parse_grants(roles)
    except ValueError as error:
        shell.fail(f"--roles: {error}", code=shell.USAGE)
    hashed = hash_password(ask_password(user)) if password else ""
    row = UserRow(id=user, name=name, grants=grants, password_hash=hashed)
    _load(ctx, row, by=by, done=f"{user} has roles {grants_text(grants)}", as_json=json_)


@users.command("password")
def set_password(
    ctx: typer.Context,
    user: Annotated[str, typer.Argument(help="Log-in name.")],
    *,
    by: By = shell.SYSTEM,
    json_: AsJson = False,
) -> None:
    """Set a password, from TRADEOMS_PASSWORD or asked for.

    Example: tradeoms users password trader.tom
    """
    known = _known(ctx, user)
    hashed = hash_password(ask_password(user))
    row = UserRow(
        id=user, name=known.name, grants=known.grants, password_hash=hashed, active=known.active
    )
    _load(ctx, row, by=by, done=f"{user} has a new password", as_json=json_)


@users.command("disable")
def disable_user(
    ctx: typer.Context,
    user: Annotated[str, typer.Argument(help="Log-in name.")],
    *,
    by: By = shell.SYSTEM,
    json_: AsJson = False,
) -> None:
    """Take all rights from a person; the name stays taken.

    Example: tradeoms users disable trader.tom
    """
    known = _known(ctx, user)
    row = UserRow(id=user, name=known.name, grants=known.grants, active=False)
    _load(ctx, row, by=by, done=f"{user} may do nothing any more", as_json=json_)


@keys.command("list")
def list_keys(ctx: typer.Context, *, as_of: shell.AsOf = "", json_: AsJson = False) -> None:
    """List keys; their secrets are known only to their owners.

    Example: tradeoms keys list
    """
    rows = [_key.decode(state) for state in _states(ctx, t.api_keys, as_of)]
    shown = [
        {"id": one.id, "user": one.user, "label": one.label, "revoked": one.revoked,
         "expires_at": one.expires_at.isoformat()}
        for one in sorted(rows, key=lambda one: one.created_at)
    ]  # fmt: skip
    if json_:
        shell.say_json(shown)
        return
    columns = ("id", "user", "label", "revoked", "expires_at")
    shell.say_table(columns, ([one[name] for name in columns] for one in shown))


@keys.command("create")
def create_key(
    ctx: typer.Context,
    user: Annotated[str, typer.Argument(help="Person for whom the key acts.")],
    *,
    label: Annotated[str, typer.Option(help="What the key is for.")] = "",
    days: Annotated[int, typer.Option(min=1, max=3660, help="Days until it expires.")] = 365,
    by: By = shell.SYSTEM,
    json_: AsJson = False,
) -> None:
    """Create a key and print it, once: only the hash of its secret is kept.

    Example: tradeoms keys create pm.growth --label "order generator" --days 90
    """
    key_id, secret = mint_key()
    command = CreateApiKey(
        key_id=key_id,
        user=user,
        label=label,
        secret_sha256=sha256_hex(secret),
        expires_at=SystemClock().now() + timedelta(days=days),
    )
    with shell.boot().door(shell.settings(ctx), by) as door:
        outcome = door.submit("CreateApiKey", command)
    if json_ and outcome.status == "accepted":
        shell.say_json({"id": key_id, "user": user, "key": key_text(key_id, secret)})
        return
    shell.finish(outcome, done=key_text(key_id, secret), as_json=json_)


@keys.command("revoke")
def revoke_key(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(help="Id of the key.")],
    *,
    by: By = shell.SYSTEM,
    json_: AsJson = False,
) -> None:
    """Make a key useless from now on.

    Example: tradeoms keys revoke 5f0c2a917b3d4e68
    """
    shell.submit(ctx, by, RevokeApiKey(key_id=key), f"{key} is revoked", as_json=json_)


def mint_key() -> tuple[str, str]:
    """A new key's public id and its secret of 256 bits."""
    return secrets.token_hex(8), new_secret()


def key_text(key_id: str, secret: str) -> str:
    """The key as its owner keeps it, and sends it after `Authorization: Bearer`."""
    return f"{KEY_PREFIX}{key_id}_{secret}"


def _states(ctx: typer.Context, table: sa.Table, as_of: str) -> list[Any]:  # Any: JSON text
    engine = shell.records(ctx, as_of)
    with engine.connect() as link:
        return list(link.execute(sa.select(table.c.state)).scalars())


def _known(ctx: typer.Context, user: str) -> User:
    engine = shell.boot().reader(shell.settings(ctx))
    with engine.connect() as link:
        found = find_user(link, user)
    if found is None:
        shell.fail(f"there is no user {user}; `tradeoms users list` shows them")
    return found


def _load(ctx: typer.Context, row: UserRow, *, by: str, done: str, as_json: bool) -> None:
    shell.submit(ctx, by, LoadUsers(users=(row,)), done, as_json=as_json)
