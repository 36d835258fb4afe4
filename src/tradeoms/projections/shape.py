"""What the rows of the read models look like in this version, as one digest.

Rows hold states as JSON, in which a version writes what it knows. Where a field came or went, rows
of before do not say what the journal says now, though they can be read: they are written anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, get_args, get_type_hints

from tradeoms.projections.book import Book
from tradeoms.projections.tables import READ_MODELS


@cache
def shape() -> str:
    """SHA-256 over the columns of all read models and the fields of all that a row can hold."""
    lines = [f"{table.name} {column.name}" for table in READ_MODELS for column in table.columns]
    lines += _states()
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _states() -> Iterator[str]:
    """Each field, with its type, of the book and of what it is made of; each class once."""
    waiting: list[Any] = [Book]  # Any: types and their arguments
    seen: set[type] = set()
    while waiting:
        found = waiting.pop()
        waiting += get_args(found)
        if not (isinstance(found, type) and is_dataclass(found)) or found in seen:
            continue
        seen.add(found)
        hints = get_type_hints(found)
        for each in fields(found):
            yield f"{found.__module__}.{found.__qualname__} {each.name} {each.type}"
            waiting.append(hints[each.name])
