"""The resource of a fact from outside: one shape for every kind, what a kind lacks is null."""

from __future__ import annotations

from typing import Any, assert_never

import msgspec

from tradeoms.domain.outside.state import (
    Benchmark,
    Constituents,
    Figure,
    IssuerAmount,
    Offering,
    OutsideFact,
    ReportedShare,
    SecurityList,
)
from tradeoms.kernel.numbers import plain
from tradeoms.projections.resources_text import Stamps, instant


class OutsideResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A fact from outside, as it was loaded last.

    Attributes:
        id: Kind and whatever else a later load must share to replace it.
        version: Journal position of the load, as `seq` is.
        seq: Likewise.
        kind: `issuer`, `offering`, `figure`, `reported`, `benchmark` or
            `constituents`.
        name: What rules ask for it by: name of the amount or figure, id of the rule that was
            reported under, of the security that is offered or has constituents, code of the fund
            of a benchmark.
        fund: The fund it is of.
        issuer: The issuer it is of.
        cell: The cell whose share was reported.
        value: The amount, the figure, or the share (0 to 1).
        as_of: Day, or instant of a figure, that it is of; of an offering the day it is priced.
        restricted_from: Day from which short sales count against a purchase in the offering.
        weights: Weights (0 to 1) of groups in the benchmark, or of `by=group` of constituents.
        created_at: When it was loaded first.
        updated_at: When it was loaded last.
    """

    id: str
    version: int
    seq: int
    kind: str
    name: str
    fund: str | None = None
    issuer: str | None = None
    cell: str | None = None
    value: str | None = None
    as_of: str
    restricted_from: str | None = None
    weights: dict[str, str] | None = None
    created_at: str
    updated_at: str


def outside_resource(fact: OutsideFact, *, seq: int, stamps: Stamps) -> OutsideResource:
    """Show a fact from outside."""

    def shown(name: str, as_of: str, **more: Any) -> OutsideResource:  # Any: its fields
        kind = fact.key.partition(":")[0]
        return OutsideResource(
            id=fact.key,
            version=seq,
            seq=seq,
            kind=kind,
            name=name,
            as_of=as_of,
            created_at=stamps.created_at,
            updated_at=stamps.updated_at,
            **more,
        )

    match fact:
        case IssuerAmount(issuer=issuer, name=name, amount=amount, as_of=as_of):
            return shown(name, as_of.isoformat(), issuer=issuer, value=plain(amount))
        case Offering(security_id=security_id, pricing_date=priced, restricted_from=start):
            return shown(security_id, priced.isoformat(), restricted_from=start.isoformat())
        case Figure(name=name, fund=fund, value=value, at=at):
            return shown(name, instant(at), fund=fund, value=plain(value))
        case ReportedShare(rule=rule, cell=cell, share=share, on=on):
            return shown(rule, on.isoformat(), cell=cell, value=plain(share))
        case Benchmark(fund=fund, weights=weights, as_of=as_of):
            told = {group: plain(weight) for group, weight in weights}
            return shown(fund, as_of.isoformat(), fund=fund, weights=told)
        case Constituents(security_id=security_id, weights=parts, as_of=as_of):
            told = {f"{one.by}={one.group}": plain(one.weight) for one in parts}
            return shown(security_id, as_of.isoformat(), weights=told)
        case _:
            assert_never(fact)


class ListMember(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A member of a list: the value of the list's attribute, and why it stands there."""

    value: str
    reason: str


class NamedListResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A list that rules name, as it was loaded last.

    Attributes:
        id: `list:` and the name.
        version: Journal position of the load, as `seq` is.
        seq: Likewise.
        name: What rules say in `list`.
        attribute: What securities are compared by; `id` for a list of securities.
        members: In the order of the file.
        created_at: When it was loaded first.
        updated_at: When it was loaded last.
    """

    id: str
    version: int
    seq: int
    name: str
    attribute: str
    members: list[ListMember]
    created_at: str
    updated_at: str


def named_list_resource(one: SecurityList, *, seq: int, stamps: Stamps) -> NamedListResource:
    """Show a list."""
    members = [ListMember(value=member.value, reason=member.reason) for member in one.members]
    return NamedListResource(
        id=one.key,
        version=seq,
        seq=seq,
        name=one.name,
        attribute=one.attribute,
        members=members,
        created_at=stamps.created_at,
        updated_at=stamps.updated_at,
    )
