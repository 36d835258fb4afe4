"""Decides loads of facts from outside. Every bad row is told; one bad row refuses the load."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from decimal import Decimal
from typing import Final, assert_never

from tradeoms.domain.outside.commands import LoadLists, LoadOutside
from tradeoms.domain.outside.events import ListsLoaded, OutsideLoaded
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
from tradeoms.domain.reference.decide import ReferenceRejection
from tradeoms.kernel.decider import Refusal, Rejected, Stamp, reject
from tradeoms.kernel.text import TEXT_MAX, is_code

_ONE: Final = Decimal(1)


def decide_outside(
    command: LoadOutside, *, funds: Collection[str], securities: Collection[str], stamp: Stamp
) -> list[OutsideLoaded] | Rejected:
    """Set facts; the funds and securities they are about must be loaded."""
    refusals: list[Refusal] = []
    seen: set[str] = set()
    for row, fact in enumerate(command.facts):
        if fact.key in seen:
            detail = "it stands in the file twice"
            refusals.append(_row(ReferenceRejection.ROW_TWICE, row, "key", fact.key, detail))
        seen.add(fact.key)
        refusals += _check(row, fact, funds=funds, securities=securities)
    if refusals:
        return Rejected(refusals=tuple(refusals))
    if not seen:
        return reject(ReferenceRejection.NOTHING_TO_LOAD, "there are no rows")
    return [
        OutsideLoaded(
            issuers=command.issuers,
            offerings=command.offerings,
            figures=command.figures,
            reported=command.reported,
            benchmarks=command.benchmarks,
            constituents=command.constituents,
            at=stamp.at,
        )
    ]


def decide_lists(
    command: LoadLists, *, securities: Collection[str], stamp: Stamp
) -> list[ListsLoaded] | Rejected:
    """Set lists; the securities that a list names by id must be loaded."""
    refusals: list[Refusal] = []
    seen: set[str] = set()
    for row, one in enumerate(command.lists):
        if one.name in seen:
            detail = "it stands in the file twice"
            refusals.append(_row(ReferenceRejection.ROW_TWICE, row, "name", one.name, detail))
        seen.add(one.name)
        refusals += _codes(row, name=one.name, attribute=one.attribute)
        refusals += _members(row, one, securities)
    if refusals:
        return Rejected(refusals=tuple(refusals))
    if not seen:
        return reject(ReferenceRejection.NOTHING_TO_LOAD, "there are no lists")
    return [ListsLoaded(lists=command.lists, loaded_by=stamp.actor, at=stamp.at)]


def _members(row: int, one: SecurityList, securities: Collection[str]) -> Iterator[Refusal]:
    code = ReferenceRejection
    seen: set[str] = set()
    for number, member in enumerate(one.members):
        field = f"members/{number}"
        if not member.value or len(member.value) > TEXT_MAX or len(member.reason) > TEXT_MAX:
            detail = f"a value, and at most {TEXT_MAX} characters in value and reason"
            yield _row(code.VALUE_RANGE, row, field, member.value, detail)
        if member.value in seen:
            yield _row(code.ROW_TWICE, row, field, member.value, "it stands in the list twice")
        seen.add(member.value)
        if one.attribute == "id" and member.value not in securities:
            detail = "load the security first"
            yield _row(code.SECURITY_NOT_LOADED, row, field, member.value, detail)


def _check(
    row: int, fact: OutsideFact, *, funds: Collection[str], securities: Collection[str]
) -> Iterator[Refusal]:
    code = ReferenceRejection
    match fact:
        case IssuerAmount(issuer=issuer, name=name, amount=amount):
            yield from _codes(row, issuer=issuer, name=name)
            if amount < 0:
                yield _row(code.VALUE_RANGE, row, "amount", amount, "must not be negative")
        case Offering(security_id=security_id, pricing_date=priced, restricted_from=start):
            yield from _security(row, security_id, securities)
            if start > priced:
                detail = f"it is after the pricing on {priced}"
                yield _row(code.PERIOD_REVERSED, row, "restricted_from", start, detail)
        case Figure(name=name, fund=fund):
            yield from _codes(row, name=name)
            yield from _fund(row, fund, funds)
        case ReportedShare(rule=rule, cell=cell, share=share):
            yield from _codes(row, rule=rule, cell=cell)
            yield from _share(row, share)
        case Benchmark(fund=fund, weights=weights):
            yield from _fund(row, fund, funds)
            for _, weight in weights:
                yield from _share(row, weight)
        case Constituents(security_id=security_id):
            yield from _security(row, security_id, securities)
            yield from _constituents(row, fact)
        case _:
            assert_never(fact)


def _constituents(row: int, fact: Constituents) -> Iterator[Refusal]:
    if not fact.weights:
        detail = "a fund without constituents: nothing would be known of it"
        yield _row(ReferenceRejection.VALUE_RANGE, row, "weights", "", detail)
    seen: set[tuple[str, str]] = set()
    for one in fact.weights:
        yield from _codes(row, by=one.by)
        yield from _share(row, one.weight)
        if (one.by, one.group) in seen:
            detail = "it stands there twice"
            yield _row(ReferenceRejection.ROW_TWICE, row, "group", one.group, detail)
        seen.add((one.by, one.group))


def _security(row: int, security_id: str, securities: Collection[str]) -> Iterator[Refusal]:
    if security_id not in securities:
        code = ReferenceRejection.SECURITY_NOT_LOADED
        yield _row(code, row, "security", security_id, "load the security first")


def _fund(row: int, fund: str, funds: Collection[str]) -> Iterator[Refusal]:
    if fund not in funds:
        code = ReferenceRejection.FUND_NOT_LOADED
        yield _row(code, row, "fund", fund, "load the fund first")


def _share(row: int, share: Decimal) -> Iterator[Refusal]:
    if not 0 <= share <= _ONE:
        yield _row(ReferenceRejection.VALUE_RANGE, row, "share", share, "a share from 0 to 1")


def _codes(row: int, **names: str) -> Iterator[Refusal]:
    for field, value in names.items():
        if not is_code(value):
            detail = "1 to 64 letters, digits or ._:/-"
            yield _row(ReferenceRejection.CODE_FORMAT, row, field, value, detail)


def _row(code: ReferenceRejection, row: int, field: str, value: object, detail: str) -> Refusal:
    return Refusal(code=code, detail=detail, field=f"rows/{row}/{field}", value=str(value))
