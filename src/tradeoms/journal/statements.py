"""The hot statements, one text per table and operation, prepared once.

SQLite takes rows as tuples through `executemany`. PostgreSQL takes a whole batch as one JSON
parameter and unfolds it with `json_to_recordset`: six times the rate of `executemany`, measured.
In the JSON a row is an object with the keys a0, a1, ...; bytes are base64.
"""

# ruff: noqa: S608 - names come from our own tables, values are always parameters

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Any, Final

import msgspec
import sqlalchemy as sa

#: One row in column order, or (for DELETE) one key in primary key order.
RowValues = tuple[Any, ...]  # Any: int, str, bool, bytes or None, as the table says


@unique
class Op(StrEnum):
    """What to do with rows; in a batch they run in this order."""

    DELETE = "delete"
    INSERT = "insert"
    UPSERT = "upsert"


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL text, and how rows become its parameters."""

    sql: str
    parameters: Callable[[Sequence[RowValues]], Any]  # Any: what the driver wants


#: In the `info` of a column: its first value stays when the row is replaced.
KEPT: Final = "kept"

_SQLITE: Final[sa.Dialect] = sa.make_url("sqlite://").get_dialect()()
_POSTGRESQL: Final[sa.Dialect] = sa.make_url("postgresql://").get_dialect()()
_KNOWN: Final = (sa.Text, sa.Integer, sa.Boolean, sa.LargeBinary)  # BigInteger is an Integer
_to_json: Final = msgspec.json.Encoder(decimal_format="string").encode


def build_statement(table: sa.Table, op: Op, *, backend: str) -> Statement:
    """Write the statement of ``op`` on ``table`` for ``backend`` ("sqlite" or "postgresql").

    Raises:
        TypeError: If a column has a type that the fast path does not know.
    """
    for column in table.columns:
        if not isinstance(column.type, _KNOWN):
            message = f"{table.name}.{column.name}: no fast path for {column.type!r}"
            raise TypeError(message)
    if backend == "sqlite":
        return Statement(_sqlite_text(table, op), list)
    return _postgresql_statement(table, op)


def _sqlite_text(table: sa.Table, op: Op) -> str:
    quote = _SQLITE.identifier_preparer.quote
    name = quote(table.name)
    if op is Op.DELETE:
        where = " AND ".join(f"{quote(column.name)} = ?" for column in table.primary_key)
        return f"DELETE FROM {name} WHERE {where}"
    columns = ", ".join(quote(column.name) for column in table.columns)
    marks = ", ".join("?" for _ in table.columns)
    insert = f"INSERT INTO {name} ({columns}) VALUES ({marks})"
    return insert if op is Op.INSERT else insert + _on_conflict(table, quote)


def _postgresql_statement(table: sa.Table, op: Op) -> Statement:
    quote = _POSTGRESQL.identifier_preparer.quote
    name = quote(table.name)
    columns = list(table.primary_key if op is Op.DELETE else table.columns)
    names = [quote(column.name) for column in columns]
    unfolded = ", ".join(f"a{index} {_json_type(column)}" for index, column in enumerate(columns))
    source = f"json_to_recordset(%s::json) AS r({unfolded})"
    values = [_json_value(index, column) for index, column in enumerate(columns)]
    if op is Op.DELETE:
        where = " AND ".join(
            f"t.{column} = {value}" for column, value in zip(names, values, strict=True)
        )
        text = f"DELETE FROM {name} AS t USING {source} WHERE {where}"
    else:
        text = f"INSERT INTO {name} ({', '.join(names)}) SELECT {', '.join(values)} FROM {source}"
        text += _on_conflict(table, quote) if op is Op.UPSERT else ""
    return Statement(text, _json_parameters(len(columns)))


def _on_conflict(table: sa.Table, quote: Callable[[str], str]) -> str:
    keys = {column.name for column in table.primary_key}
    target = ", ".join(quote(column.name) for column in table.primary_key)
    changes = ", ".join(
        f"{quote(column.name)} = excluded.{quote(column.name)}"
        for column in table.columns
        if column.name not in keys and not column.info.get(KEPT)
    )
    return f" ON CONFLICT ({target}) DO " + (f"UPDATE SET {changes}" if changes else "NOTHING")


def _json_type(column: sa.Column[Any]) -> str:  # Any: a column of any of the known types
    if isinstance(column.type, sa.Text | sa.LargeBinary):
        return "text"
    return column.type.compile(_POSTGRESQL).lower()


def _json_value(index: int, column: sa.Column[Any]) -> str:  # Any: as above
    if isinstance(column.type, sa.LargeBinary):
        return f"decode(r.a{index}, 'base64')"
    return f"r.a{index}"


def _json_parameters(width: int) -> Callable[[Sequence[RowValues]], tuple[str]]:
    """Return the function from rows to the one JSON parameter.

    A Struct per row is made and encoded three times faster than a dict per row.
    """
    fields = [(f"a{index}", Any) for index in range(width)]
    record = msgspec.defstruct("Record", fields, gc=False)

    def parameters(rows: Sequence[RowValues]) -> tuple[str]:
        return (_to_json([record(*row) for row in rows]).decode(),)

    return parameters
