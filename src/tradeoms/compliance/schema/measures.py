"""How rules measure: what of a holding, per what, at which level, against what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Final, Literal

from pydantic import PlainSerializer, PlainValidator

from tradeoms.compliance.schema.base import Conditions, Frozen, Word

Measure = Literal[
    "mv", "mv_long", "mv_abs", "exposure", "exposure_pos", "qty", "par", "votes", "share_eq"
]
Pending = Literal["worst", "all", "none"]
DenName = Literal["nav", "total_assets", "net_assets", "nav_plus_borrowings", "one"]

#: Measures that are not proportional to the quantity.
CURVED: Final = frozenset({"mv_long", "mv_abs", "exposure_pos"})
#: Measures that are amounts of money.
_MONEY: Final = frozenset({"mv", "mv_long", "mv_abs", "exposure", "exposure_pos"})
#: Why a rule names no currency that would not be evaluated.
NO_MONEY: Final = "`currency` belongs to a limit in money: `den` one, and a measure of value"


def in_money(den: object, measure: str) -> bool:
    """True where the limits of a rule are amounts of money, not shares or numbers."""
    return den == "one" and measure in _MONEY


class DenSelect(Frozen):
    """A denominator that is itself a sum of the rule's measure over securities."""

    select: Conditions


class DenSecurity(Frozen):
    """A denominator that is an attribute of the cell's security, e.g. its shares in issue."""

    security: Word


class DenIssuer(Frozen):
    """A denominator that is an amount of the cell's issuer, e.g. its votes in issue."""

    issuer: Word


class DenUnderlying(Frozen):
    """A denominator that is an amount of the cell's underlying, e.g. its share capital."""

    underlying: Word


#: A denominator that belongs to the cell and that trades do not move.
DenAmount = DenSecurity | DenIssuer | DenUnderlying


@dataclass(frozen=True, slots=True)
class Weighted:
    """A measure times the distance of an attribute from a level: v * (a - at)."""

    measure: str
    attr: str
    at: Fraction


def read_level(raw: object) -> str:
    """Read `fund`, `family`, `firm`, `group:NAME` or `{group: NAME}`."""
    if isinstance(raw, Mapping) and set(raw) == {"group"}:
        raw = f"group:{raw['group']}"
    if isinstance(raw, str) and (raw in {"fund", "family", "firm"} or raw[:6] == "group:" < raw):
        return raw
    message = f"level is fund, family, firm or group:NAME, not {raw!r}"
    raise ValueError(message)


def read_group_by(raw: object) -> tuple[str, ...]:
    """Read an attribute or a list of attributes."""
    if isinstance(raw, str) and raw:
        return (raw,)
    if isinstance(raw, Sequence) and all(isinstance(name, str) and name for name in raw):
        return tuple(raw)
    message = f"group_by is an attribute or a list of attributes, not {raw!r}"
    raise ValueError(message)


Level = Annotated[str, PlainValidator(read_level)]
GroupBy = Annotated[
    tuple[str, ...],
    PlainValidator(read_group_by),
    PlainSerializer(lambda names: names[0] if len(names) == 1 else list(names)),
]
