"""A swept firm comes to what the exact reference comes to, whatever is missing in it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from random import Random

import pytest

from tradeoms.compliance import ComplianceBook, parse_rules
from tradeoms.compliance.statecheck import Verdict, entities, judge_all
from tradeoms.compliance.sweep import sweep
from tradeoms.domain.evaluation import FundFacts, Leg, OpenOrder, SecurityFacts
from tradeoms.kernel.enums import Side

TODAY = date(2026, 3, 2)
RULES = parse_rules(
    [
        {"id": "issuer", "kind": "ratio", "group_by": "issuer", "max": "0.1", "warn": "0.09"},
        {"id": "block", "kind": "ratio", "group_by": "sector", "max": "0.3",
         "on_missing_key": "block"},
        {"id": "floor", "kind": "ratio", "group_by": "sector", "min": "0.05",
         "select": [["type", "==", "equity"]]},
        {"id": "one", "kind": "ratio", "min": "0.4", "max": "0.9",
         "select": [["liquid", "==", True]],
         "overrides": {"F1": {"max": "0.5"}, "F2": {"min": "0.1", "warn": "0.2"}}},
        {"id": "cash in", "kind": "ratio", "include_cash": True, "min": "0.95"},
        {"id": "sleeve", "kind": "ratio", "group_by": "issuer", "max": "0.25",
         "den": {"select": [["type", "==", "equity"]]}, "select": [["type", "==", "equity"]]},
        {"id": "abs", "kind": "ratio", "group_by": "issuer", "measure": "mv_abs", "max": "0.12",
         "strict": True},
        {"id": "long", "kind": "ratio", "measure": "mv_long", "max": "0.8", "den": "total_assets"},
        {"id": "firm", "kind": "ratio", "level": "firm", "group_by": "issuer", "max": "0.06"},
        {"id": "group", "kind": "ratio", "level": "group:G", "group_by": "sector", "max": "0.3"},
        {"id": "through", "kind": "ratio", "group_by": "issuer", "lookthrough": True,
         "max_age_days": 10, "max": "0.1"},
        {"id": "by", "kind": "ratio", "group_by": "issuer", "limit_by": {
            "attr": "type", "map": {"equity": "0.05", "bond": "0.2"}, "default": "0.1"}},
        {"id": "bench", "kind": "ratio", "group_by": "sector", "max_over_benchmark": "0.05"},
        {"id": "under", "kind": "ratio", "group_by": "sector", "min_under_benchmark": "0.05"},
        {"id": "both", "kind": "ratio", "group_by": "sector", "min_under_benchmark": "0",
         "max_over_benchmark": "0.2", "overrides": {"F1": {"min": "0.3"}}},
        {"id": "missing ok", "kind": "ratio", "group_by": "issuer", "max": "0.1",
         "on_missing": "disregard", "source": "56(2)"},
        {"id": "pre", "kind": "ratio", "when": "pre", "max": "0.0001"},
        {"id": "later", "kind": "ratio", "max": "0.0001", "effective_from": "2027-01-01"},
        {"id": "some", "kind": "ratio", "max": "0.5", "scope": {"funds": ["F3"]}},
        {"id": "cash", "kind": "cash", "min": "1000"},
        {"id": "cash usd", "kind": "cash", "currency": "USD", "min": "0"},
        {"id": "short", "kind": "short"},
        {"id": "located", "kind": "short", "mode": "locate", "select": [["type", "==", "equity"]]},
        {"id": "list", "kind": "restrict", "list": ["S1", "S2"]},
        {"id": "excluded", "kind": "restrict", "select": [["liquid", "==", False]]},
        {"id": "no sales", "kind": "restrict", "list": ["S3"], "sides": ["sell"]},
        {"id": "order", "kind": "order", "max_qty": "1"},
    ]
)  # fmt: skip


def world(seed: int) -> ComplianceBook:
    """A small firm in which now and then anything is missing."""
    dice = Random(seed)
    book = ComplianceBook()

    def maybe(value: object, lack: float = 0.08) -> object:
        return None if dice.random() < lack else value

    for currency in ("USD", "GBP"):
        if dice.random() < 0.9:
            book.put_fx(from_currency=currency, to_currency="EUR", rate=D(dice.choice("12")))
            book.put_fx(from_currency="EUR", to_currency=currency, rate=D("0.5"))
    weights = {"A": D("0.2"), "Z": D("0.04")}
    for number in range(6):
        nav = maybe(D(dice.choice((100_000, 0, 250_000))), 0.05)
        book.put_fund(
            FundFacts(
                id=f"F{number}", currency=dice.choice(("EUR", "EUR", "USD")),
                nav=nav if isinstance(nav, D) else None, total_assets=D(200_000),
                groups=("G",) if number % 2 else (), benchmark=weights if number else {},
            )
        )  # fmt: skip
        if dice.random() < 0.9:
            book.set_cash(f"F{number}", "EUR", D(dice.randint(-1000, 5000)))
            book.set_cash(f"F{number}", "USD", D(dice.randint(-10, 5000)))
    for number in range(14):
        attributes: dict[str, object] = {"located": str(dice.randint(0, 100))}
        if dice.random() < 0.9:
            attributes["liquid"] = dice.random() < 0.7
        issuer, sector = maybe(f"I{number % 5}"), maybe("ABC"[number % 3])
        book.put_security(
            SecurityFacts(
                id=f"S{number}", currency=dice.choice(("EUR", "USD", "GBP")),
                asset_type=str(maybe(dice.choice(("equity", "bond", "etf"))) or "") or None,
                issuer=issuer if isinstance(issuer, str) else None,
                sector=sector if isinstance(sector, str) else None, attributes=attributes,
                constituents=(("I1", D("0.5")), ("I2", D("0.3"))) if number == 13 else (),
                constituents_on=dice.choice((TODAY, date(2026, 1, 1))),
            )
        )  # fmt: skip
        if dice.random() < 0.95:
            book.put_price(security_id=f"S{number}", price=D(dice.randint(1, 100)), as_of=TODAY)
    _hold(book, dice)
    book.put_rules(RULES)
    return book


def _hold(book: ComplianceBook, dice: Random) -> None:
    for fund in range(6):
        for security in dice.sample(range(14), dice.randint(0, 10)):
            book.set_position(f"F{fund}", f"S{security}", D(dice.randint(-150, 1500)))
    book.reserve(
        OpenOrder(order_id="o", security_id="S0", side=Side.BUY,
                  legs=(Leg(fund_id="F1", quantity=D(10_000)),))
    )  # fmt: skip


def shown(found: dict[str, list[Verdict]]) -> dict[str, list[tuple[object, ...]]]:
    return {
        entity: sorted(
            (v.rule.id, str(v.key), v.result.outcome.value, str(v.result.num_after),
             str(v.result.den_after), str(v.result.limit))
            for v in verdicts
        )
        for entity, verdicts in found.items()
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(60))
def test_the_screen_loses_no_cell_and_invents_none(seed: int) -> None:
    book = world(seed)
    names = set(entities(book.facts, book.rules, TODAY))
    assert {"firm", "group:G"} <= names
    exact = judge_all(book.facts, book.rules, names, TODAY)
    assert shown(sweep(book.facts, book.rules, TODAY).verdicts) == shown(exact)


def test_only_the_entities_asked_for_are_tested() -> None:
    book = world(1)
    every = sweep(book.facts, book.rules, TODAY).verdicts
    some = sweep(book.facts, book.rules, TODAY, names={"F3", "firm"}).verdicts
    assert shown(some) == {k: v for k, v in shown(every).items() if k in ("F3", "firm")}


def test_a_cent_over_the_limit_of_a_trillion_is_found() -> None:
    book = ComplianceBook()
    book.put_fund(FundFacts(id="F", currency="EUR", nav=D(10) ** 12))
    for name, price in (("A", "50000000000"), ("B", "50000000000.01")):
        book.put_security(SecurityFacts(id=name, currency="EUR", issuer=name))
        book.put_price(security_id=name, price=D(price), as_of=TODAY)
        book.set_position("F", name, D(1))
    book.put_rules(parse_rules([{"id": "R", "kind": "ratio", "group_by": "issuer", "max": "0.05"}]))
    (verdict,) = sweep(book.facts, book.rules, TODAY).verdicts["F"]
    assert (verdict.key, str(verdict.excess)) == ("B", "1/100")
