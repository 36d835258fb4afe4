"""What happened to mappings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tradeoms.domain.mapping.columns import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportMappingDefined:
    """From now on files may be read by this mapping; the fields are those of `ImportMapping`."""

    name: str
    columns: tuple[tuple[str, str], ...]
    defaults: tuple[tuple[str, str], ...]
    words: tuple[Words, ...]
    ignored: tuple[str, ...]
    defined_by: str
    at: datetime
