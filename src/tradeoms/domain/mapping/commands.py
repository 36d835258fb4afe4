"""The request to save how a file of orders is read."""

from __future__ import annotations

from dataclasses import dataclass

from tradeoms.domain.mapping.columns import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class DefineImportMapping:
    """Save a mapping under its name, in place of the one before.

    The fields are those of `state.ImportMapping`.
    """

    name: str
    columns: tuple[tuple[str, str], ...] = ()
    defaults: tuple[tuple[str, str], ...] = ()
    words: tuple[Words, ...] = ()
    ignored: tuple[str, ...] = ()
