"""Compliance: one order and a batch against 300 rules, over 1,000 funds and 5,000 securities.

Every check returns its evidence. Times are CPU time of the one process (machines are shared), medians over distinct orders, warm: funds are added up
and leg plans exist, as in a running engine. `cold` is the first order of a security in its funds.
"""

from __future__ import annotations

import json
import random
import statistics
import time
from datetime import date
from decimal import Decimal

from tradeoms.compliance import ComplianceBook, parse_rules
from tradeoms.domain.evaluation import Candidate, FundFacts, Leg, SecurityFacts
from tradeoms.kernel.enums import Side

FUNDS = 1_000
SECURITIES = 5_000
HOLDINGS = 100
RULES = 300
LEGS = 3
BATCH = 1_000
TODAY = date(2026, 3, 2)
CURRENCIES = {"EUR": "1", "USD": "0.9213", "GBP": "1.1724", "JPY": "0.006131"}
TYPES = ("equity", "equity", "equity", "bond", "fund", "mmi")


def make_rules(dice: random.Random) -> list[dict[str, object]]:
    """Return 300 rules on about forty cubes: what a large UCITS house might run."""
    selects: list[list[object]] = [
        [], [["type", "==", "equity"]], [["type", "in", ["equity", "bond", "mmi"]]],
        [["type", "==", "bond"]], [["country", "in", ["C1", "C2", "C3"]]], [["rating", "<", "4"]],
        [["liquid", "==", False]],
    ]
    groups = ["issuer", "group", "sector", "industry", "country", None]
    rules: list[dict[str, object]] = []
    while len(rules) < RULES - 60:
        number = len(rules)
        group, select = groups[number % 6], selects[number // 6 % 7]
        wide = {"issuer": 1, "group": 2, "sector": 8, "industry": 6, "country": 8, None: 20}[group]
        rule: dict[str, object] = {
            "id": f"ratio.{number}", "kind": "ratio", "select": select, "severity": "hard",
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
    for number in range(20):
        rules.append({"id": f"list.{number}", "kind": "restrict", "severity": "hard",
                      "list": f"list {number}", "sides": ["buy"]})
    for number in range(20):
        rules.append({"id": f"order.{number}", "kind": "order", "severity": "hard",
                      "max_value": str(50_000_000 + number), "max_adv": "5", "collar": "0.2"})
    for number in range(10):
        rules.append({"id": f"short.{number}", "kind": "short", "mode": "no_short",
                      "select": selects[number % 7]})
    for number in range(10):
        rules.append({"id": f"cash.{number}", "kind": "cash", "min": str(-1000 * number),
                      "fee": "0.001" if number % 2 else "0"})
    return rules


def make_book(dice: random.Random) -> ComplianceBook:
    """Return the world: funds of 500 m, 100 holdings each."""
    book = ComplianceBook()
    for currency, rate in CURRENCIES.items():
        book.put_fx(from_currency=currency, to_currency="EUR", rate=Decimal(rate))
    for number in range(FUNDS):
        book.put_fund(FundFacts(id=f"F{number:04}", currency="EUR", nav=Decimal(500_000_000),
                                total_assets=Decimal(510_000_000), regime="UCITS-IE"))
        book.set_cash(f"F{number:04}", "EUR", Decimal(20_000_000))
    for number in range(SECURITIES):
        security_id = f"S{number:04}"
        book.put_security(SecurityFacts(
            id=security_id, currency=dice.choice(list(CURRENCIES)), asset_type=dice.choice(TYPES),
            issuer=f"I{dice.randint(1, 3000)}", ultimate_parent=f"G{dice.randint(1, 2000)}",
            sector=f"SE{dice.randint(1, 11)}", industry=f"IN{dice.randint(1, 60)}",
            country=f"C{dice.randint(1, 40)}", adv=Decimal(dice.randint(10**5, 10**7)),
            attributes={"rating": str(dice.randint(1, 10)), "liquid": dice.random() < 0.9},
        ))
        price = Decimal(dice.randint(500, 50_000)) / 100
        book.put_price(security_id=security_id, price=price, as_of=TODAY)
    for number in range(FUNDS):
        for security in dice.sample(range(SECURITIES), HOLDINGS):
            book.set_position(f"F{number:04}", f"S{security:04}",
                              Decimal(dice.randint(1_000, 20_000)))
    for number in range(20):
        book.put_list(f"list {number}", [f"S{4900 + number:04}"])
    book.put_rules(parse_rules(make_rules(dice)))
    return book


def make_orders(dice: random.Random, count: int, prefix: str) -> list[Candidate]:
    """Return orders to buy (two of three) or sell, split over three funds."""
    found = []
    for number in range(count):
        funds = dice.sample(range(FUNDS), LEGS)
        found.append(Candidate(
            order_id=f"{prefix}{number}", security_id=f"S{dice.randrange(4_900):04}", side=Side.BUY,
            legs=tuple(Leg(fund_id=f"F{fund:04}", quantity=Decimal(dice.randint(1, 20) * 10))
                       for fund in funds),
        ))
    return found


def run() -> list[dict[str, object]]:
    """Measure; return one row per figure."""
    dice = random.Random(7)
    book = make_book(dice)
    started = time.process_time()
    book.check(make_orders(dice, 1, "first ")[0], today=TODAY)
    for number in range(FUNDS):
        book.warm(f"F{number:04}", today=TODAY)
    built = time.process_time() - started
    singles = make_orders(dice, 300, "single ")
    cold = [_time(book, order) for order in singles]
    warm = [_time(book, order) for order in singles * 3]
    evidence = [len(book.check(order, today=TODAY).evidence) for order in singles]
    batches, allowed = [], 0
    for number in range(5):
        orders = make_orders(dice, BATCH, f"batch {number} ")
        started = time.process_time()
        answers = book.check_batch(orders, today=TODAY)
        batches.append((time.process_time() - started) / BATCH * 1e6)
        allowed += sum(answer.action.allows for answer in answers)
    return [
        {"figure": "add up 1,000 funds x 100 holdings", "value": round(built, 2), "unit": "s"},
        {"figure": "one order, cold, median", "value": round(statistics.median(cold), 1),
         "unit": "us"},
        {"figure": "one order, median", "value": round(statistics.median(warm), 1), "unit": "us",
         "goal": 150},
        {"figure": "one order, p99", "value": round(statistics.quantiles(warm, n=100)[98], 1),
         "unit": "us"},
        {"figure": "batch of 1,000, an order, median", "value": round(statistics.median(batches), 1),
         "unit": "us", "goal": 80},
        {"figure": "batch orders allowed", "value": allowed, "unit": f"of {5 * BATCH}"},
        {"figure": "evidence, median", "value": statistics.median(evidence), "unit": "bytes",
         "goal": 1500},
    ]


def _time(book: ComplianceBook, order: Candidate) -> float:
    started = time.process_time()
    book.check(order, today=TODAY)
    return (time.process_time() - started) * 1e6


if __name__ == "__main__":
    for row in run():
        print(json.dumps(row))
