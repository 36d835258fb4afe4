"""A mapping: how the columns and words of another system's files become those of an order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tradeoms.domain.mapping.columns import Words
from tradeoms.domain.mapping.events import ImportMappingDefined


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportMapping:
    """How a file is read.

    Attributes:
        version: Counts how often it was saved.
        columns: (our column, the file's name of it); a column not named here has our name.
        defaults: (our column, value) where the file has no such column or an empty cell.
        words: Meanings of the file's words; a word not named here is taken as it stands.
        ignored: Columns of the file that are not read.
    """

    name: str
    version: int
    columns: tuple[tuple[str, str], ...]
    defaults: tuple[tuple[str, str], ...]
    words: tuple[Words, ...]
    ignored: tuple[str, ...]
    defined_by: str
    created_at: datetime
    updated_at: datetime


def define(before: ImportMapping | None, event: ImportMappingDefined) -> ImportMapping:
    """The mapping as it was saved."""
    return ImportMapping(
        name=event.name,
        version=1 if before is None else before.version + 1,
        columns=event.columns,
        defaults=event.defaults,
        words=event.words,
        ignored=event.ignored,
        defined_by=event.defined_by,
        created_at=event.at if before is None else before.created_at,
        updated_at=event.at,
    )
