"""People from a file: names, roles over funds, and passwords that are kept only as hashes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final

from argon2 import PasswordHasher

from tradeoms.domain.reference.commands import LoadUsers, UserRow
from tradeoms.domain.reference.state import Grant
from tradeoms.imports.cells import Cells, Once, each, in_order
from tradeoms.imports.rows import Format, RowError, RowFault
from tradeoms.kernel.enums import Role
from tradeoms.kernel.text import is_code

REQUIRED: Final = ("id", "name", "roles")
OPTIONAL: Final = ("password", "active")
PASSWORD_MIN: Final = 12
EVERY_FUND: Final = "*"
#: Each takes 64 MiB; other threads run meanwhile.
_HASHED_AT_ONCE: Final = 4

_hasher: Final = PasswordHasher()  # Argon2id, RFC 9106 low-memory profile


def hash_password(password: str) -> str:
    """The Argon2id hash of ``password`` in PHC form. Takes about 50 ms on purpose."""
    return _hasher.hash(password)


def weakness(password: str, *, user: str) -> str:
    """Why ``password`` is not good enough for ``user``; empty where it is."""
    if len(password) < PASSWORD_MIN:
        return f"at least {PASSWORD_MIN} characters"
    if password.casefold() in (user.casefold(), user.casefold() * 2):
        return "not the log-in name"
    return "" if len(set(password)) >= 5 else "at least five different characters"


def parse_grants(text: str) -> tuple[Grant, ...]:
    """The grants that `role@FUND|FUND; role@*` writes.

    Raises:
        ValueError: Saying what is wrong, with the words that are allowed.
    """
    grants = []
    for item in text.split(";"):
        word, at, funds = item.strip().partition("@")
        if not at or not funds:
            message = f"{item.strip()!r}: role@FUND|FUND is expected, or role@* for every fund"
            raise ValueError(message)
        if word not in set(Role):
            message = f"{word!r} is not a role; roles are {', '.join(Role)}"
            raise ValueError(message)
        names = tuple(name.strip() for name in funds.split("|"))
        wrong = [name for name in names if name != EVERY_FUND and not is_code(name)]
        if wrong or (EVERY_FUND in names and len(names) > 1) or len(set(names)) < len(names):
            message = f"{item.strip()!r}: names of funds, each once, or * alone"
            raise ValueError(message)
        grants.append(Grant(role=Role(word), funds=names))
    if len({grant.role for grant in grants}) < len(grants):
        message = "a role stands there twice; join its funds with |"
        raise ValueError(message)
    return tuple(grants)


def read_users(
    text: str,
    *,
    format: Format,  # noqa: A002 - public name
    hasher: Callable[[str], str] = hash_password,
) -> LoadUsers | list[RowError]:
    """Read a file of people. An empty password keeps the one that a known person has.

    Args:
        text: The file.
        format: How it is written.
        hasher: Turns a password into what is stored; passwords stand nowhere in the answer.

    Returns:
        The command that loads the whole file, or everything that is wrong with it.
    """
    errors: list[RowError] = []
    once = Once()
    users: list[UserRow] = []
    passwords: list[str] = []
    for cells in each(text, format, required=REQUIRED, optional=OPTIONAL, errors=errors):
        name = cells.code("id")
        once.check(cells, "id", name)
        password = cells.row.cells.get("password", "")
        if password and (reason := weakness(password, user=name)):
            cells.fault("password", RowFault.PASSWORD_WEAK, reason, value="")
        row = UserRow(
            id=name,
            name=cells.text("name", needed=True),
            grants=_grants(cells),
            active=cells.flag("active", default=True),
        )
        users.append(row)
        passwords.append(password)
    if errors:
        return in_order([_without_password(error) for error in errors])
    with ThreadPoolExecutor(_HASHED_AT_ONCE) as threads:
        hashes = threads.map(lambda password: hasher(password) if password else "", passwords)
    return LoadUsers(
        users=tuple(replace(row, password_hash=one) for row, one in zip(users, hashes, strict=True))
    )


def _grants(cells: Cells) -> tuple[Grant, ...]:
    text = cells.text("roles", needed=True)
    if not text:
        return ()
    try:
        return parse_grants(text)
    except ValueError as error:
        cells.fault("roles", RowFault.ROLES_INVALID, str(error))
        return ()


def _without_password(error: RowError) -> RowError:
    """No password may be shown: not in a row of the wrong shape, nor in a file without header."""
    if error.column in (*REQUIRED, "active"):
        return error
    column = "password" if error.column == "password" else ""
    return replace(error, column=column, value="")
