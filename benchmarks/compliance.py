"""Compliance: one order and a batch against 300 rules, over 1,000 funds and 5,000 securities.

Every check returns its evidence. Times are CPU time of the one process (machines are shared):
medians over orders of funds and securities drawn at random, so that most pairs are new, while
funds are added up and securities have been seen, as in a running engine; every order is looked at
again before its release and each placement, which has a row of its own. `ratio` is against a bare
numpy pass over arrays of the same size, timed in the same run. Where rule-engine is installed (the
extra `bench`) the cost of one trivial expression in it, once a rule, stands beside one order.
"""

from __future__ import annotations

import gc
import importlib.util
import json
import statistics
import time
from dataclasses import replace
from datetime import date
from decimal import Decimal
from random import Random  # noqa: TID251  # seeded dice for a made-up world

import numpy as np

from tradeoms.compliance import ComplianceBook, parse_rules
from tradeoms.compliance.columns import Columns
from tradeoms.compliance.schema.sums import RatioRule
from tradeoms.compliance.statecheck import settled
from tradeoms.compliance.sweep import screen
from tradeoms.domain.evaluation import Candidate, FundFacts, Leg, SecurityFacts
from tradeoms.kernel.enums import Side

FUNDS = 1_000
SECURITIES = 5_000
HOLDINGS = 100
RULES = 300
LEGS = 3
BATCH = 1_000
BASKET = 5_000
TODAY = date(2026, 3, 2)
CURRENCIES = {"EUR": "1", "USD": "0.9213", "GBP": "1.1724", "JPY": "0.006131"}
TYPES = ("equity", "equity", "equity", "bond", "fund", "mmi")


def make_rules(dice: Random) -> list[dict[str, object]]:
    """Return 300 rules on about forty cubes: what a large UCITS house might run."""
    selects: list[list[object]] = [
        [],
        [["type", "==", "equity"]],
        [["type", "in", ["equity", "bond", "mmi"]]],
        [["type", "==", "bond"]],
        [["country", "in", ["C1", "C2", "C3"]]],
        [["rating", "<", "4"]],
        [["liquid", "==", False]],
    ]
    groups = ["issuer", "group", "sector", "industry", "country", None]
    rules: list[dict[str, object]] = []
    while len(rules) < RULES - 60:
        number = len(rules)
        group, select = groups[number % 6], selects[number // 6 % 7]
        wide = {"issuer": 1, "group": 2, "sector": 8, "industry": 6, "country": 8, None: 20}[group]
        rule: dict[str, object] = {
            "id": f"ratio.{number}",
            "kind": "ratio",
            "select": select,
            "severity": "hard",
            "measure": "mv" if number % 11 else "exposure",
            "den": "total_assets" if number % 5 == 0 else "nav",
            "max": str(Decimal(wide) * Decimal(dice.randint(50, 90)) / 100),
        }
        if group is not None:
            rule["group_by"] = group
        if number % 4 == 0:
            rule["severity"] = "soft"
            rule["warn"] = str(Decimal(str(rule["max"])) * Decimal("0.9"))
        if group is None and not select:
            rule |= {"min": "-5", "max": "40"}
        rules.append(rule)
    return rules + _plain_rules(selects)


def _plain_rules(selects: list[list[object]]) -> list[dict[str, object]]:
    """Return the sixty rules that are not percentage limits."""
    rules: list[dict[str, object]] = [
        {"id": f"list.{number}", "kind": "restrict", "list": f"list {number}", "sides": ["buy"]}
        for number in range(20)
    ]
    rules += [
        {
            "id": f"order.{number}",
            "kind": "order",
            "max_value": str(50_000_000 + 1_000_000 * number),
            "max_adv": "5",
            "collar": "0.2",
        }
        for number in range(20)
    ]
    rules += [
        {"id": f"short.{number}", "kind": "short", "select": selects[number % 7]}
        for number in range(10)
    ]
    rules += [
        {
            "id": f"cash.{number}",
            "kind": "cash",
            "min": str(-1000 * number),
            "fee": "0.001" if number % 2 else "0",
        }
        for number in range(10)
    ]
    return rules


def make_book(dice: Random, *, funds: int = FUNDS, holdings: int = HOLDINGS) -> ComplianceBook:
    """Return the world: funds of 500 m, so many holdings each."""
    book = ComplianceBook()
    for currency, rate in CURRENCIES.items():
        book.put_fx(from_currency=currency, to_currency="EUR", rate=Decimal(rate))
    for number in range(funds):
        book.put_fund(
            FundFacts(
                id=f"F{number:04}",
                currency="EUR",
                nav=Decimal(500_000_000),
                total_assets=Decimal(510_000_000),
                regimes=("UCITS-IE",),
            )
        )
        book.set_cash(f"F{number:04}", "EUR", Decimal(20_000_000))
    for number in range(SECURITIES):
        security_id = f"S{number:04}"
        book.put_security(
            SecurityFacts(
                id=security_id,
                currency=dice.choice(list(CURRENCIES)),
                asset_type=dice.choice(TYPES),
                issuer=f"I{dice.randint(1, 3000)}",
                ultimate_parent=f"G{dice.randint(1, 2000)}",
                sector=f"SE{dice.randint(1, 11)}",
                industry=f"IN{dice.randint(1, 60)}",
                country=f"C{dice.randint(1, 40)}",
                adv=Decimal(dice.randint(10**5, 10**7)),
                attributes={"rating": str(dice.randint(1, 10)), "liquid": dice.random() < 0.9},
            )
        )
        price = Decimal(dice.randint(500, 50_000)) / 100
        book.put_price(security_id=security_id, price=price, as_of=TODAY)
    for number in range(funds):
        for security in dice.sample(range(SECURITIES), holdings):
            book.set_position(
                f"F{number:04}", f"S{security:04}", Decimal(dice.randint(1_000, 20_000))
            )
    for number in range(20):
        book.put_list(f"list {number}", [f"S{4900 + number:04}"])
    book.put_rules(parse_rules(make_rules(dice)))
    return book


def make_orders(dice: Random, count: int, prefix: str) -> list[Candidate]:
    """Return orders to buy (two of three) or sell, split over three funds."""
    found = []
    for number in range(count):
        funds = dice.sample(range(FUNDS), LEGS)
        found.append(
            Candidate(
                order_id=f"{prefix}{number}",
                security_id=f"S{dice.randrange(4_900):04}",
                side=Side.BUY,
                legs=tuple(
                    Leg(fund_id=f"F{fund:04}", quantity=Decimal(dice.randint(1, 20) * 10))
                    for fund in funds
                ),
            )
        )
    return found


def run_of_firm() -> list[dict[str, object]]:
    """Measure the post-trade screen: 2,000 funds, 600,000 positions, 300 rules (240 are ratios).

    The columns and what rules ask of securities are laid out before; they are timed apart.
    """
    dice = Random(11)  # noqa: S311  # as above
    book = make_book(dice, funds=2_000, holdings=300)
    rules = [rule for rule in book.rules if isinstance(rule, RatioRule)]
    times, bare, laid, found = [], [], [], 0
    for _ in range(3):
        started = time.process_time()
        columns = Columns(settled(book.facts), TODAY)
        for rule in rules:
            columns.grouping(rule)
            columns.selection(rule.select, rule.exclude)
            columns.denominators(rule)
        laid.append(time.process_time() - started)
        started = time.process_time()
        found = screen(columns, rules, book.facts.funds)
        times.append(time.process_time() - started)
        bare.append(_bare_screen(columns, rules))
    screened, base = statistics.median(times), statistics.median(bare)
    return [
        {"figure": "post-trade run, lay out 600,000 positions", "unit": "s",
         "value": round(statistics.median(laid), 2)},
        {"figure": "post-trade run, screen x 300 rules", "unit": "s", "goal": 0.6,
         "value": round(screened, 2), "ratio": round(screened / base, 1)},
        {"figure": "post-trade run, cells for the exact judge", "unit": "cells", "value": found},
    ]  # fmt: skip


def _bare_screen(columns: Columns, rules: list[RatioRule]) -> float:
    """Seconds of the same sums in numpy alone: one bincount a cube, one comparison a rule."""
    cubes: dict[object, tuple[np.ndarray, int]] = {}
    for rule in rules:
        group = columns.grouping(rule)
        key = (rule.measure, rule.select, rule.group_by)
        cubes.setdefault(key, (group.cell, len(group.entity_c) + 1))
    values, mask = columns.quantity_n * 2.0, columns.quantity_n > 0
    started = time.process_time()
    sums = {
        key: np.bincount(cell, np.where(mask, values, 0.0), count)
        for key, (cell, count) in cubes.items()
    }
    for rule in rules:
        (sums[rule.measure, rule.select, rule.group_by] > 1e12).any()
    return time.process_time() - started


def run() -> list[dict[str, object]]:
    """Measure; return one row per figure."""
    dice = Random(7)  # noqa: S311  # as above
    book = make_book(dice)
    started = time.process_time()
    for number in range(FUNDS):
        book.warm(f"F{number:04}", today=TODAY)
    built = time.process_time() - started
    for order in make_orders(dice, 2 * SECURITIES, "seen "):
        book.check(order, today=TODAY)
    gc.collect()
    gc.freeze()
    singles, again, batches, baskets, bare = [], [], [], [], []
    allowed = size = 0
    for number in range(5):
        bare.append(_bare(BATCH) / BATCH)
        orders = make_orders(dice, BATCH, f"batch {number} ")
        started = time.process_time()
        answers = book.check_batch(orders, today=TODAY)
        batches.append((time.process_time() - started) / BATCH * 1e6)
        allowed += sum(answer.action.allows for answer in answers)
        size = round(statistics.median(len(answer.evidence) for answer in answers))
        basket = [
            replace(one, legs=one.legs[:1]) for one in make_orders(dice, BASKET, f"b {number} ")
        ]
        started = time.process_time()
        book.check_basket(basket, mode="net", today=TODAY)
        baskets.append(time.process_time() - started)
        lonely = make_orders(dice, 200, f"single {number} ")
        singles += [_time(book, order) for order in lonely]
        again += [_time(book, order) for order in lonely]
    batch, single, base = map(statistics.median, (batches, singles, bare))
    return [
        {"figure": "this machine: sum(range(1000))", "value": _pace(), "unit": "us"},
        {"figure": "add up 1,000 funds x 100 holdings", "value": round(built, 2), "unit": "s"},
        _row("one order, median", single, 150, _bare(1)),
        _row("one order, p99", statistics.quantiles(singles, n=100)[98], None, None),
        _row("the same again, as at release, median", statistics.median(again), 150, _bare(1)),
        *_beside_rule_engine(single),
        _row("batch of 1,000, an order, median", batch, 80, base),
        {
            "figure": f"basket of {BASKET:,} with headroom",
            "value": round(statistics.median(baskets), 2),
            "unit": "s",
            "goal": 0.5,
            "ratio": round(statistics.median(baskets) * 1e6 / (_bare(BASKET) / LEGS), 1),
        },
        {"figure": "batch orders allowed", "value": allowed, "unit": f"of {5 * BATCH}"},
        {"figure": "evidence, median", "value": size, "unit": "bytes", "goal": 1500},
        *run_of_firm(),
    ]


def _beside_rule_engine(single: float) -> list[dict[str, object]]:
    """The same number of rules as trivial expressions of rule-engine; `ratio` is theirs to ours."""
    if importlib.util.find_spec("rule_engine") is None:
        return []
    import rule_engine  # noqa: PLC0415  # an extra that only this figure needs

    trivial, facts = rule_engine.Rule("weight > 0.1"), {"weight": 0.05}
    times = []
    for _ in range(200):
        started = time.process_time()
        for _rule in range(RULES):
            trivial.matches(facts)
        times.append((time.process_time() - started) * 1e6)
    theirs = statistics.median(times)
    figure = f"{RULES} trivial expressions in rule-engine"
    return [{"figure": figure, "unit": "us", "value": round(theirs), "ratio": theirs / single}]


def _pace() -> float:
    """Microseconds of a fixed piece of Python, to read the other figures by."""
    times = []
    for _ in range(200):
        started = time.perf_counter()
        sum(range(1000))
        times.append((time.perf_counter() - started) * 1e6)
    return round(statistics.median(times), 1)


def _row(figure: str, value: float, goal: int | None, base: float | None) -> dict[str, object]:
    row: dict[str, object] = {"figure": figure, "value": round(value, 1), "unit": "us"}
    if goal is not None:
        row["goal"] = goal
    if base is not None:
        row["ratio"] = round(value / base, 1)
    return row


def _time(book: ComplianceBook, order: Candidate) -> float:
    started = time.process_time()
    book.check(order, today=TODAY)
    return (time.process_time() - started) * 1e6


def _bare(orders: int) -> float:
    """Microseconds of one numpy pass over the rows of ``orders`` orders: gather, test, headroom."""
    count = orders * LEGS * 36
    numbers = np.random.default_rng(7)
    sums = numbers.random(2_000_000)
    slots = numbers.integers(0, len(sums), count)
    limit, moves = numbers.random(count), numbers.random(count)
    times = []
    for _ in range(7):
        started = time.process_time()
        before = sums[slots] - limit
        (before + moves > 0).any()
        (np.maximum(-before, 0) / moves).min()
        times.append((time.process_time() - started) * 1e6)
    return statistics.median(times)


if __name__ == "__main__":
    for row in run():
        print(json.dumps(row))
