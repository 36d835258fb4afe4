"""Finds the mapping by which a file is to be read."""

from __future__ import annotations

from typing import Final

import msgspec
import sqlalchemy as sa

from tradeoms.domain.mapping.state import ImportMapping
from tradeoms.projections import tables as t

_read: Final = msgspec.json.Decoder(ImportMapping).decode


def find_mapping(link: sa.Connection, name: str) -> ImportMapping | None:
    """The mapping called ``name``."""
    wanted = sa.select(t.import_mappings.c.state).where(t.import_mappings.c.name == name)
    state = link.scalar(wanted)
    return None if state is None else _read(state)
