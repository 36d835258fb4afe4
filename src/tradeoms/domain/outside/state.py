"""Facts from outside: the newest load of each wins, history is in the journal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import assert_never


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerAmount:
    """An amount of an issuer, e.g. `votes_out`, `debt_out`; not negative."""

    issuer: str
    name: str
    amount: Decimal
    as_of: date

    @property
    def key(self) -> str:
        """What a later load replaces."""
        return f"issuer:{self.issuer}:{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offering:
    """A firm-commitment offering; short sales from `restricted_from` to the pricing count."""

    security_id: str
    pricing_date: date
    restricted_from: date

    @property
    def key(self) -> str:
        """What a later load replaces."""
        return f"offering:{self.security_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number of a fund that another system measured, e.g. value at risk, and when."""

    name: str
    fund: str
    value: Decimal
    at: datetime

    @property
    def key(self) -> str:
        """What a later load replaces."""
        return f"figure:{self.name}:{self.fund}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedShare:
    """The share of an issue (0 to 1) that was last reported under a rule."""

    rule: str
    cell: str
    share: Decimal
    on: date

    @property
    def key(self) -> str:
        """What a later load replaces."""
        return f"reported:{self.rule}:{self.cell}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """Weights (0 to 1) of groups in a fund's benchmark, by group; what is absent weighs nothing."""

    fund: str
    weights: tuple[tuple[str, Decimal], ...]
    as_of: date

    @property
    def key(self) -> str:
        """What a later load replaces."""
        return f"benchmark:{self.fund}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A member of a list: the value of the list's attribute, and why it stands there."""

    value: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityList:
    """A list that rules name: the securities whose `attribute` has the value of a member.

    The attribute is `id` for a list of securities. A list without members is known, and names
    nothing; a list that was never loaded is unknown.
    """

    name: str
    attribute: str
    members: tuple[Listed, ...]

    @property
    def key(self) -> str:
        """What a later load replaces."""
        return f"list:{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """What share (0 to 1) of a fund is in one group: a value of the attribute `by`."""

    by: str
    group: str
    weight: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Constituents:
    """What a fund that is held as a security holds itself, by group."""

    security_id: str
    weights: tuple[Weight, ...]
    as_of: date

    @property
    def key(self) -> str:
        """What a later load replaces."""
        return f"constituents:{self.security_id}"

    @property
    def grouped(self) -> dict[str, tuple[tuple[str, Decimal], ...]]:
        """(group, weight) pairs by attribute."""
        found: dict[str, tuple[tuple[str, Decimal], ...]] = {}
        for one in self.weights:
            found[one.by] = (*found.get(one.by, ()), (one.group, one.weight))
        return found


OutsideFact = IssuerAmount | Offering | Figure | ReportedShare | Benchmark | Constituents
#: All that is kept; lists are told to control alone.
Kept = OutsideFact | SecurityList
#: Kind, the first word of a key, to the class of the fact.
KINDS: dict[str, type[OutsideFact]] = {
    "issuer": IssuerAmount,
    "offering": Offering,
    "figure": Figure,
    "reported": ReportedShare,
    "benchmark": Benchmark,
    "constituents": Constituents,
}


#: As `KINDS`, of all that is kept.
KEPT: dict[str, type[Kept]] = {**KINDS, "list": SecurityList}


def named(fact: Kept) -> tuple[str, str]:
    """By what a rule asks for a fact, and the fund that it is of; empty where it is of none."""
    match fact:
        case IssuerAmount(name=name):
            return name, ""
        case Offering(security_id=security_id) | Constituents(security_id=security_id):
            return security_id, ""
        case Figure(name=name, fund=fund):
            return name, fund
        case SecurityList(name=name):
            return name, ""
        case ReportedShare(rule=rule):
            return rule, ""
        case Benchmark(fund=fund):
            return fund, fund
        case _:
            assert_never(fact)
