"""The resources of the desk's own tools."""

from __future__ import annotations

import msgspec

from tradeoms.domain.mapping.state import ImportMapping
from tradeoms.projections.resources_text import instant


class ImportMappingResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How files of orders are read; see `ImportMapping`."""

    id: str
    version: int
    seq: int
    name: str
    columns: dict[str, str]
    defaults: dict[str, str]
    words: dict[str, dict[str, str]]
    ignored: tuple[str, ...]
    defined_by: str
    created_at: str
    updated_at: str


def import_mapping_resource(mapping: ImportMapping, *, seq: int) -> ImportMappingResource:
    """Show a mapping."""
    return ImportMappingResource(
        id=mapping.name,
        version=mapping.version,
        seq=seq,
        name=mapping.name,
        columns=dict(mapping.columns),
        defaults=dict(mapping.defaults),
        words={words.column: dict(words.meanings) for words in mapping.words},
        ignored=mapping.ignored,
        defined_by=mapping.defined_by,
        created_at=instant(mapping.created_at),
        updated_at=instant(mapping.updated_at),
    )
