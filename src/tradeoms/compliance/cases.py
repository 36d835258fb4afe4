"""The public case format: read a file of worked cases, run each, report what differs.

A case is funds, securities, positions, open orders, new orders and rules with the answer expected;
`schema` at the top of a file explains every field. Every number is text and is read exactly. A case
with a kind of rule that does not exist here is reported as failed, by name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from tradeoms.compliance.answer import worst_action, worst_outcome
from tradeoms.compliance.book import ComplianceBook
from tradeoms.compliance.classify import BreachClass, classify
from tradeoms.compliance.explain import expand
from tradeoms.compliance.kinds import ratio
from tradeoms.compliance.linear import CellResult, judge_state
from tradeoms.compliance.policy import KINDS, PolicyError, RatioRule, parse_rules
from tradeoms.compliance.question import effective, fund_tested
from tradeoms.compliance.reference import RuleAnswer
from tradeoms.domain.evaluation import (
    Action,
    Candidate,
    Evaluation,
    FundFacts,
    Leg,
    OpenOrder,
    Outcome,
    SecurityFacts,
)
from tradeoms.kernel.enums import Side

#: Day of a case that names none; rules with dates in force before it apply.
SOME_DAY: Final = date(2026, 2, 1)
_FIELDS: Final = {
    "ccy": "currency",
    "lot": "lot",
    "factor": "factor",
    "accrued": "accrued",
    "type": "asset_type",
    "issuer": "issuer",
    "group": "ultimate_parent",
    "sector": "sector",
    "industry": "industry",
    "country": "country",
    "mic": "mic",
    "adv": "adv",
    "constituents": "constituents",
    "constituents_date": "constituents_on",
}
_DECIMALS: Final = frozenset({"lot", "factor", "accrued", "adv"})


@dataclass(frozen=True, slots=True)
class Failure:
    """One case that did not come out as expected."""

    case_id: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a file of cases came to."""

    passed: tuple[str, ...]
    failures: tuple[Failure, ...]

    def lines(self) -> Iterator[str]:
        """Yield one line for every failing case, then the count."""
        for one in self.failures:
            yield f"{one.case_id}: expected {one.expected}, got {one.got}"
        yield f"{len(self.passed)} passed, {len(self.failures)} failed"


def run_cases(path: Path | str) -> Report:
    """Run every case of a file.

    Args:
        path: JSON file with a list `cases`.
    """
    content = json.loads(Path(path).read_text(encoding="utf-8"))
    passed: list[str] = []
    failures: list[Failure] = []
    for case in content["cases"]:
        failure = run_case(case)
        if failure is None:
            passed.append(case["id"])
        else:
            failures.append(failure)
    return Report(tuple(passed), tuple(failures))


def run_case(case: Mapping[str, Any]) -> Failure | None:  # Any: parsed JSON of the case format
    """Run one case; return what differs, None where nothing does."""
    kinds = [str(rule.get("kind")) for rule in case.get("rules", ())]
    unknown = sorted({kind for kind in kinds if kind not in KINDS})
    expected = case["expect"]
    if unknown:
        return _unsupported(case, ", ".join(f"kind {kind}" for kind in unknown))
    run = _MODES.get(case["mode"])
    if run is None:
        return _unsupported(case, f"mode {case['mode']}")
    try:
        got = run(case)
    except PolicyError as error:
        return _unsupported(case, str(error))
    shown = {name: got.get(name) for name in expected}
    wrong = {name: shown[name] for name in expected if not _agrees(name, expected[name], got)}
    if not wrong:
        return None
    return Failure(
        case["id"],
        json.dumps({name: expected[name] for name in wrong}),
        json.dumps(wrong, default=str),
    )


def _unsupported(case: Mapping[str, Any], what: str) -> Failure:
    return Failure(case["id"], json.dumps(case["expect"]), f"not supported: {what}")


def load_book(case: Mapping[str, Any]) -> ComplianceBook:
    """Return the state that a case starts from, with its rules and open orders."""
    book = ComplianceBook()
    for fund_id, raw in case["funds"].items():
        book.put_fund(_fund(fund_id, raw, case.get("benchmark", {}).get(fund_id, {})))
        if raw.get("cash") is not None:
            book.set_cash(fund_id, raw["base"], Decimal(raw["cash"]))
    for security_id, raw in case["securities"].items():
        book.put_security(_security(security_id, raw))
        price = raw.get("price")
        book.put_price(
            security_id=security_id,
            as_of=_today(case),
            price=None if price is None else Decimal(price),
        )
    for pair, rate in case.get("fx", {}).items():
        from_currency, to_currency = pair.split("/")
        book.put_fx(from_currency=from_currency, to_currency=to_currency, rate=Decimal(rate))
    for fund_id, security_id, quantity in case["positions"]:
        book.add_position(fund_id, security_id, Decimal(quantity))
    book.put_rules(parse_rules([{"title": raw["id"], **raw} for raw in case["rules"]]))
    for raw in case.get("pending", ()):
        order = _candidate(raw)
        book.reserve(
            OpenOrder(
                order_id=f"pending {order.order_id}",
                security_id=order.security_id,
                side=order.side,
                legs=order.legs,
                order_type=order.order_type,
                limit_price=order.limit_price,
            )
        )
    now = _now(case)
    for _ in range(case.get("messages_in_window", 0)):
        book.note_sent(fund_id="", security_id="", side=Side.BUY, quantity=Decimal(0), at=now)
    for raw in case.get("recent", ()):
        order = _candidate(raw)
        book.note_sent(
            fund_id=raw["fund"],
            security_id=order.security_id,
            side=order.side,
            quantity=order.legs[0].quantity,
            at=now - _seconds_ago(case, raw),
        )
    return book


def _run_pre(case: Mapping[str, Any]) -> dict[str, Any]:
    book = load_book(case)
    candidates = tuple(_candidate(raw) for raw in case["orders"])
    if len(candidates) == 1:
        one = book.check(candidates[0], today=_today(case), now=_now(case))
        return _from_check(book, one)
    basket = book.check_basket(
        candidates, mode=case.get("basket", "net"), today=_today(case), now=_now(case)
    )
    return {
        "outcome": basket.outcome.value.upper(),
        "action": basket.action.value.upper(),
        "by_rule": {name: one.value.upper() for name, one in basket.outcome_by_rule},
        "max_qty": dict(basket.max_quantity),
        "binding": next(iter(basket.binding_rule.values()), None),
        "basket_scale": basket.scale,
        "culprits": list(basket.culprits),
        "cells": [],
    }


def _run_post(case: Mapping[str, Any]) -> dict[str, Any]:
    """Test the state as it stands; only rules about holdings have a state to test."""
    book = load_book(case)
    answers = []
    for rule in book.rules:
        cells: list[CellResult] = []
        tested = effective(rule, _today(case)) and rule.when != "pre"
        if isinstance(rule, RatioRule) and tested:
            for fund in book.facts.funds.values():
                if fund_tested(rule, fund, _today(case)):
                    found = ratio.state_cells(book.facts, rule, fund, _today(case))
                    cells.extend(judge_state(cell) for cell in found)
        outcome = worst_outcome(cell.outcome for cell in cells)
        answers.append(RuleAnswer(rule, outcome, tuple(cells)))
    outcome = worst_outcome(answer.outcome for answer in answers)
    action = Action.REPORT if outcome is Outcome.BREACH else worst_action(answers)
    return {
        "outcome": outcome.value.upper(),
        "action": action.value.upper(),
        "by_rule": {answer.rule.id: answer.outcome.value.upper() for answer in answers},
        "cells": [(answer.rule.id, cell) for answer in answers for cell in answer.cells],
    }


def _run_classify(case: Mapping[str, Any]) -> dict[str, Any]:
    """Compare the state now with the quantities of the last compliant run."""
    now, before = case["current"], case["previous"]
    book = load_book(
        {
            "funds": {"F": {"base": "EUR", "nav": now["nav"]}},
            "securities": {
                name: {"ccy": "EUR", **{key: held[key] for key in held if key != "qty"}}
                for name, held in now["positions"].items()
            },
            "positions": [["F", name, held["qty"]] for name, held in now["positions"].items()],
            "rules": case["rules"],
        }
    )
    compliant = {
        "F": {
            name: Decimal(held["qty"])
            for name, held in before["positions"].items()
            if name in now["positions"]
        }
    }
    fund, causes = book.facts.funds["F"], list(BreachClass)
    found = [
        cause
        for rule in book.rules
        if isinstance(rule, RatioRule)
        for cause in classify(book.facts, compliant, rule, fund, _today(case)).values()
    ]
    worst = max(found, key=causes.index, default=BreachClass.NONE)
    outcome = Outcome.PASS if worst is BreachClass.NONE else Outcome.BREACH
    return {"outcome": outcome.value.upper(), "breach_class": worst.value}


_MODES: Final[Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    "pre": _run_pre,
    "post": _run_post,
    "classify": _run_classify,
}


def _from_check(book: ComplianceBook, one: Evaluation) -> dict[str, Any]:
    expanded = expand(one.evidence, book.rules) if one.evidence else ()
    return {
        "outcome": one.outcome.value.upper(),
        "action": one.action.value.upper(),
        "by_rule": {answer.rule.id: answer.outcome.value.upper() for answer in expanded},
        "max_qty": {one.order_id: one.max_quantity},
        "binding": one.binding_rule,
        "cells": [(answer.rule.id, cell) for answer in expanded for cell in answer.cells],
    }


def _agrees(name: str, expected: Any, got: Mapping[str, Any]) -> bool:
    found = got.get(name)
    if name == "cells":
        return all(
            any(_same_cell(want, rule_id, cell) for rule_id, cell in found or ())
            for want in expected
        )
    if name == "max_qty":
        return all(
            _same_number(most, (found or {}).get(order_id, "absent"))
            for order_id, most in expected.items()
        )
    if name == "basket_scale":
        return found is not None and Fraction(found) == Fraction(expected)
    if name == "culprits":
        return sorted(found or ()) == sorted(expected)
    return bool(found == expected)


def _same_number(expected: Any, found: Any) -> bool:
    if expected is None or found is None or found == "absent":
        return expected is None and found is None
    return Fraction(expected) == Fraction(found)


def _same_cell(want: Mapping[str, Any], rule_id: str, cell: CellResult) -> bool:
    if (rule_id, cell.key) != (want["rule"], want.get("group")) or not cell.den_after:
        return False
    assert cell.num_after is not None
    return (
        cell.num_after == Fraction(want["num"])
        and cell.den_after == Fraction(want["den"])
        and cell.num_after * 100 / cell.den_after == Fraction(want["pct"])
    )


def _fund(fund_id: str, raw: Mapping[str, Any], benchmark: Mapping[str, str]) -> FundFacts:
    def amount(name: str) -> Decimal | None:
        return None if raw.get(name) is None else Decimal(raw[name])

    authorised = raw.get("authorised")
    return FundFacts(
        id=fund_id,
        currency=raw["base"],
        nav=amount("nav"),
        total_assets=amount("total_assets"),
        borrowings=amount("borrowings") or Decimal(0),
        groups=tuple(raw.get("groups", ())),
        authorised_on=None if authorised is None else date.fromisoformat(authorised),
        benchmark={group: Decimal(weight) for group, weight in benchmark.items()},
    )


def _security(security_id: str, raw: Mapping[str, Any]) -> SecurityFacts:
    known: dict[str, Any] = {}
    free: dict[str, object] = {}
    for name, value in raw.items():
        if value is None or name == "price":
            continue
        if name not in _FIELDS:
            free[name] = tuple(value) if isinstance(value, list) else value
        elif name in _DECIMALS:
            known[_FIELDS[name]] = Decimal(value)
        else:
            known[_FIELDS[name]] = value
    if "constituents" in known:
        known["constituents"] = tuple((name, Decimal(part)) for name, part in known["constituents"])
    if "constituents_on" in known:
        known["constituents_on"] = date.fromisoformat(known["constituents_on"])
    return SecurityFacts(id=security_id, attributes=free, **known)


def _candidate(raw: Mapping[str, Any]) -> Candidate:
    limit = raw.get("limit")
    return Candidate(
        order_id=raw.get("id", ""),
        security_id=raw["sec"],
        side=Side(raw["side"]),
        legs=(Leg(fund_id=raw["fund"], quantity=Decimal(raw["qty"])),),
        order_type=raw.get("order_type", "market" if limit is None else "limit"),
        limit_price=None if limit is None else Decimal(limit),
    )


def _today(case: Mapping[str, Any]) -> date:
    return date.fromisoformat(case["date"]) if "date" in case else SOME_DAY


def _now(case: Mapping[str, Any]) -> datetime:
    return datetime.combine(_today(case), time(12), tzinfo=UTC)


def _seconds_ago(case: Mapping[str, Any], raw: Mapping[str, Any]) -> timedelta:
    order_at = Fraction(case["orders"][0].get("t", 0))
    return timedelta(seconds=float(order_at - Fraction(raw.get("t", 0))))
