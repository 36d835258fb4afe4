"""The algorithms of each destination, in one file of the data folder.

The node writes it when it is set up or started; doors read it, which must not know FIX.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

FILE: Final = "fix-algos.json"


class AlgoParameter(msgspec.Struct, frozen=True, kw_only=True):
    """What a strategy asks for.

    Attributes:
        type: As in FIXatdl: `Percentage_t`; `form` says how it is written.
        values: The enumIDs that are allowed; empty where any of the type is.
        minimum: Least value; of a `UTCTimestamp_t` the earliest time of day.
        precision: Most digits behind the point; None for any.
        constant: Sent always and never entered; empty where it is entered.
        fix_tag: 0 where it travels in the group of parameters (957).
        changeable: May change when the order is replaced.
    """

    name: str
    label: str
    type: str
    form: str
    required: bool
    values: tuple[str, ...]
    minimum: str
    maximum: str
    precision: int | None
    constant: str
    fix_tag: int
    changeable: bool


class AlgoStrategy(msgspec.Struct, frozen=True, kw_only=True):
    """An algorithm; `rules` are what to say where its values do not fit together."""

    name: str
    title: str
    version: str
    parameters: tuple[AlgoParameter, ...]
    rules: tuple[str, ...]


class DestinationAlgos(msgspec.Struct, frozen=True, kw_only=True):
    """The algorithms of a destination, or why its file gives none."""

    destination: str
    file: str
    problem: str
    strategies: tuple[AlgoStrategy, ...]


_decode: Final = msgspec.json.Decoder(tuple[DestinationAlgos, ...]).decode


def write_algos(data: Path, found: Iterable[DestinationAlgos]) -> None:
    """Put the algorithms into the data folder in place of those of before."""
    new = data / f"{FILE}.new"
    new.write_bytes(msgspec.json.encode(list(found)))
    new.replace(data / FILE)


def read_algos(data: Path) -> tuple[DestinationAlgos, ...]:
    """The algorithms of every destination that names a file; none before a node was set up."""
    try:
        return _decode((data / FILE).read_bytes())
    except FileNotFoundError:
        return ()
