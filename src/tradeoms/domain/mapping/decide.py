"""Decides whether a mapping can be saved: it must have one reading."""

from __future__ import annotations

from enum import StrEnum, unique

from tradeoms.domain.mapping import commands as c
from tradeoms.domain.mapping.columns import COLUMNS, CUSTOM
from tradeoms.domain.mapping.events import ImportMappingDefined
from tradeoms.kernel.decider import Refusal, Rejected, Stamp, refusal
from tradeoms.kernel.text import is_code


@unique
class MappingRejection(StrEnum):
    """Why a mapping was not saved. Declared in the order the checks run."""

    MAPPING_NAME_INVALID = "mapping_name_invalid"
    MAPPING_COLUMN_UNKNOWN = "mapping_column_unknown"
    MAPPING_COLUMN_TWICE = "mapping_column_twice"
    MAPPING_EMPTY = "mapping_empty"


def decide_define(
    command: c.DefineImportMapping, stamp: Stamp
) -> list[ImportMappingDefined] | Rejected:
    """Save a mapping; every reason against it is told at once."""
    code = MappingRejection
    refusals = []
    if not is_code(command.name):
        detail = "1 to 64 letters, digits or ._:/-"
        refusals.append(refusal(code.MAPPING_NAME_INVALID, detail, "name", command.name))
    refusals += _check_columns(command)
    if not (command.columns or command.defaults or command.words or command.ignored):
        detail = "it would read a file as no mapping does"
        refusals.append(refusal(code.MAPPING_EMPTY, detail, "columns", ""))
    if refusals:
        return Rejected(refusals=tuple(refusals))
    return [
        ImportMappingDefined(
            name=command.name,
            columns=command.columns,
            defaults=command.defaults,
            words=command.words,
            ignored=command.ignored,
            defined_by=stamp.actor,
            at=stamp.at,
        )
    ]


def _check_columns(command: c.DefineImportMapping) -> list[Refusal]:
    """Our columns exist and stand in each list once; no column of the file has two meanings."""
    code = MappingRejection
    ours = {
        "columns": [name for name, _ in command.columns],
        "defaults": [name for name, _ in command.defaults],
        "words": [words.column for words in command.words],
    }
    refusals = []
    for field, names in ours.items():
        for name in names:
            if name not in COLUMNS and not name.startswith(CUSTOM):
                detail = f"columns are {', '.join(COLUMNS)}, {CUSTOM}NAME"
                refusals.append(refusal(code.MAPPING_COLUMN_UNKNOWN, detail, field, name))
        refusals += _twice(field, names)
    taken = dict(command.columns)
    own = [name for name in taken if name not in COLUMNS]
    read = [name for name in COLUMNS if name in taken or name not in command.ignored] + own
    theirs = [taken.get(name, name) for name in read]
    refusals += _twice("columns", [*theirs, *command.ignored])
    for words in command.words:
        refusals += _twice(f"words/{words.column}", [word for word, _ in words.meanings])
    return refusals


def _twice(field: str, names: list[str]) -> list[Refusal]:
    again = [name for number, name in enumerate(names) if name in names[:number]]
    detail = "it stands there twice, or for two columns"
    return [refusal(MappingRejection.MAPPING_COLUMN_TWICE, detail, field, name) for name in again]
