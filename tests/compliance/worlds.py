"""Small random worlds: a few funds, securities, holdings, open orders and rules of every kind.

Numbers are chosen so that limits are often met exactly, and now and then something is missing.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from tests.compliance.owned_rules import OWNED, exemption, put_outside, standing
from tradeoms.compliance import ComplianceBook, parse_rules
from tradeoms.compliance.outside import Offering, PastTrade
from tradeoms.domain.evaluation import Candidate, FundFacts, Leg, OpenOrder, SecurityFacts
from tradeoms.kernel.enums import Side

TODAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
FUNDS = ("F1", "F2", "F3")
SECURITIES = ("A", "B", "C", "D", "E")
SHARES = ("0.05", "0.1", "0.2", "0.25", "0.5", "1")
SIDES = (Side.BUY, Side.SELL, Side.SELL_SHORT, Side.BUY_TO_COVER)


def make_book(dice: Random, *, gaps: bool = True) -> ComplianceBook:
    book = ComplianceBook()
    for fund_id in FUNDS:
        book.put_fund(make_fund(dice, fund_id, gaps=gaps))
        for currency in ("EUR", "USD"):
            if dice.random() < 0.8:
                book.set_cash(fund_id, currency, Decimal(dice.choice([0, 500, 1000, 2500])))
    for security_id in SECURITIES:
        book.put_security(make_security(dice, security_id, gaps=gaps))
        book.put_price(security_id=security_id, price=make_price(dice, gaps=gaps), as_of=TODAY)
    book.put_fx(from_currency="USD", to_currency="EUR", rate=Decimal("0.5"))
    if not gaps or dice.random() < 0.7:
        book.put_fx(from_currency="EUR", to_currency="USD", rate=Decimal("1.25"))
    if dice.random() < 0.8:
        book.put_list("banned", dice.sample(SECURITIES, 2))
    for _ in range(dice.randint(0, 8)):
        book.set_position(dice.choice(FUNDS), dice.choice(SECURITIES), make_quantity(dice))
    for number in range(dice.randint(0, 4)):
        book.reserve(make_open(dice, f"open {number}"))
    put_outside(dice, book, gaps=gaps, now=NOW)
    put_dealings(dice, book)
    book.put_rules(
        parse_rules([make_rule(dice, f"R{number}") for number in range(dice.randint(1, 8))])
    )
    return book


def put_dealings(dice: Random, book: ComplianceBook) -> None:
    for _ in range(dice.randint(0, 6)):
        book.facts.outside.note_trade(make_trade(dice))
    for security_id in dice.sample(SECURITIES, dice.randint(0, 3)):
        book.facts.outside.offerings[security_id] = Offering(
            security_id=security_id,
            pricing_date=dice.choice([TODAY, date(2026, 2, 27)]),
            restricted_from=date(2026, 2, 20),
        )


def make_fund(dice: Random, fund_id: str, *, gaps: bool) -> FundFacts:
    nav = dice.choice([1000, 2000, 10000, *([0, -5, None] if gaps else [])])
    return FundFacts(
        id=fund_id,
        currency=dice.choice(["EUR", "EUR", "USD"]),
        nav=None if nav is None else Decimal(nav),
        total_assets=Decimal(dice.choice([1000, 4000])),
        borrowings=Decimal(dice.choice([0, 500])),
        groups=tuple(dice.sample(["G", "H"], dice.randint(0, 2))),
        family=dice.choice([None, "FAM"]),
        regimes=dice.choice([(), ("UCITS",), ("US-1940", "UCITS")]),
        authorised_on=dice.choice([None, date(2025, 10, 1)]),
        personal=dice.random() < 0.3,
        benchmark=dice.choice([{"X": Decimal("0.1")}, {"X": Decimal("0.1")}, {}]),
    )


def make_security(dice: Random, security_id: str, *, gaps: bool) -> SecurityFacts:
    missing = [None] if gaps else []
    free: dict[str, object] = {}
    if dice.random() < 0.5:
        free["located"] = Decimal(10)
    if dice.random() < 0.7:
        free["green"] = dice.choice([True, False, "true", "false", "perhaps"])
    if dice.random() < 0.3:
        free |= make_derivative(dice, gaps=gaps)
    if dice.random() < 0.9 or not gaps:
        free["shares_out"] = Decimal(dice.choice([100, 200]))
        free["duration"] = Decimal(dice.choice(["4", "5", "6.5"]))
    if dice.random() < 0.3:
        free["underlying"] = "U"
    if dice.random() < 0.3:
        free["votes"] = Decimal(2)
    if dice.random() < 0.2:
        free["blocked_owners"] = ("0.3", dice.choice(["0.2", "0.1"]))
    if dice.random() < 0.2:
        free |= {"id": "Z", "issuer": "I2", "type": "cash", "sector": "Y", "adv": Decimal(1000)}
    basket = dice.random() < 0.2
    return SecurityFacts(
        id=security_id,
        currency=dice.choice(["EUR", "EUR", "USD"]),
        lot=Decimal(dice.choice(["1", "1", "5", "0.5"])),
        factor=Decimal(dice.choice(["1", "1", "0.01"])),
        accrued=Decimal(dice.choice(["0", "0.5"])),
        asset_type=dice.choice(["equity", "bond", "fund", "option"]),
        issuer=dice.choice(["I1", "I2", *missing]),
        sector=dice.choice(["X", "Y", *missing]),
        adv=dice.choice([Decimal(50), *missing]),
        shares_outstanding=dice.choice([Decimal(100), Decimal(200), *missing]),
        constituents=(("I1", Decimal("0.5")), ("I2", Decimal("0.25"))) if basket else (),
        constituents_on=dice.choice([date(2026, 3, 1), date(2026, 1, 1)]) if basket else None,
        attributes=free,
    )


def make_derivative(dice: Random, *, gaps: bool) -> dict[str, object]:
    free: dict[str, object] = {"mult": Decimal(2), "und_price": Decimal(8)}
    if dice.random() < 0.9 or not gaps:
        free["delta"] = dice.choice([Decimal("0.5"), "-0.5", *(["much"] if gaps else [])])
    if dice.random() < 0.3:
        free["put_call"] = "put"
    return free


def make_price(dice: Random, *, gaps: bool) -> Decimal | None:
    prices = ["10", "7", "2.5", "100", "0.0001234567"]
    return None if gaps and dice.random() < 0.1 else Decimal(dice.choice(prices))


def make_quantity(dice: Random) -> Decimal:
    return Decimal(dice.choice(["-20", "-5", "5", "10", "10", "20", "40", "0", "0.5"]))


def make_legs(dice: Random) -> tuple[Leg, ...]:
    funds = dice.sample(FUNDS, dice.choice([1, 1, 2, 3]))
    return tuple(
        Leg(fund_id=fund, quantity=Decimal(dice.choice([1, 5, 10, 20, 30]))) for fund in funds
    )


def make_open(dice: Random, order_id: str) -> OpenOrder:
    one = make_candidate(dice, order_id)
    return OpenOrder(
        order_id=order_id,
        security_id=one.security_id,
        side=one.side,
        legs=one.legs,
        order_type=one.order_type,
        limit_price=one.limit_price,
    )


def make_candidate(dice: Random, order_id: str) -> Candidate:
    limit = dice.choice([None, None, Decimal(9), Decimal("11.5")])
    return Candidate(
        order_id=order_id,
        security_id=dice.choice(SECURITIES),
        side=dice.choice(SIDES),
        legs=make_legs(dice),
        order_type=dice.choice(["market", "limit", "rights_exercise"]),
        limit_price=limit,
        venue=dice.choice(["", "", "offering"]),
        cross_with=dice.choice([None, None, None, *FUNDS]),
        done=dice.choice([Decimal(0), Decimal(0), Decimal(0), Decimal(5), Decimal("7.5")]),
    )


def make_trade(dice: Random) -> PastTrade:
    return PastTrade(
        on=TODAY - timedelta(days=dice.choice([-1, 0, 1, 3, 6, 7, 8, 10, 11, 27, 28, 29, 60])),
        fund_id=dice.choice(FUNDS),
        security_id=dice.choice(SECURITIES[:3]),
        side=dice.choice(SIDES),
        quantity=Decimal(dice.choice([1, 5, 10])),
        regular_hours=dice.random() < 0.8,
    )


def make_rule(dice: Random, rule_id: str) -> dict[str, Any]:
    rule: dict[str, Any] = {"id": rule_id, "source": "somewhere"}
    rule["severity"] = dice.choice(["hard", "hard", "soft", "warn", "info", "shadow"])
    rule["on_missing"] = dice.choice(["block", "block", "warn", "disregard"])
    if dice.random() < 0.2:
        rule["scope"] = dice.choice(
            [
                {"funds": ["F1", "F2"]},
                {"fund_groups": ["G"]},
                {"regimes": ["UCITS"]},
                {"exclude_funds": ["F3"]},
                {"exclude_fund_groups": ["G"]},
            ]
        )
    if dice.random() < 0.2:
        rule["sides"] = dice.choice([["buy"], ["sell"], ["sell_short"]])
    if dice.random() < 0.1:
        rule["exempt_order_types"] = ["rights_exercise"]
    if dice.random() < 0.1:
        rule["grace_months_after_authorisation"] = dice.choice([5, 6])
    if dice.random() < 0.1:
        rule["effective_from"] = dice.choice(["2026-03-02", "2026-03-03"])
    first = [_ratio, _ratio, _ratio, _ratio, _cash, _short, _order, _restrict]
    maker = dice.choice([*first, make_dealing, *OWNED])
    made = rule | maker(dice)
    if made["kind"] not in ("ratio", "ownership") and dice.random() < 0.15:
        match = {"funds": dice.choice([["F1"], ["F1", "F2"]])}
        until = dice.choice(["2026-03-01", "2026-03-02"])
        made["exceptions"] = [exemption(match, until)]
    return made


def make_dealing(dice: Random) -> dict[str, Any]:
    """A rule about windows or crosses."""
    rule: dict[str, Any] = dice.choice(
        [
            {"kind": "cross"} | dice.choice([{}, {"mode": "self_match"}, {"mode": "principal"}]),
            {"kind": "cross", "mode": "17a-7"},
            {"kind": "window", "rule": "reg_m_105"},
            {"kind": "window", "rule": "personal_blackout", "days": 7},
            {"kind": "window", "rule": "min_holding", "days": dice.choice([1, 8, 28])},
            {"kind": "window", "rule": "short_swing", "months": 1},
        ]
    )
    if rule.get("rule") in ("reg_m_105", "short_swing"):
        rule["level"] = dice.choice(["fund", "firm", "family"])
    if rule.get("rule") == "short_swing" and dice.random() < 0.5:
        rule["above"] = "0.1"
    if dice.random() < 0.3:
        rule["select"] = [["green", "==", True]]
    return rule


def _ratio(dice: Random) -> dict[str, Any]:
    rule: dict[str, Any] = {"kind": "ratio"}
    rule["measure"] = dice.choice(
        ["mv", "mv", "mv", "mv_abs", "mv_long", "exposure", "qty", "exposure_pos", "share_eq"]
    )
    rule["den"] = dice.choice(
        [
            "nav",
            "nav",
            "total_assets",
            "nav_plus_borrowings",
            "one",
            {"select": [["type", "==", "equity"]]},
        ]
    )
    rule["pending"] = dice.choice(["worst", "worst", "worst", "all", "none"])
    rule["reducing"] = dice.choice(["allow", "allow", "allow", "deny"])
    rule["test"] = dice.choice(["always", "always", "acquisition"])
    rule["strict"] = dice.random() < 0.2
    rule["on_missing_key"] = dice.choice(["bound", "bound", "block"])
    if dice.random() < 0.7:
        rule["group_by"] = dice.choice(["issuer", "issuer", "sector", ["issuer", "sector"]])
    if dice.random() < 0.3:
        rule["select"] = dice.choice(
            [
                [["type", "==", "equity"]],
                [["green", "==", True]],
                [{"any_of": [["issuer", "==", "I1"], ["sector", "in", ["X"]]]}],
            ]
        )
    if dice.random() < 0.2:
        rule["exclude"] = [["green", "==", True]]
    if dice.random() < 0.25:
        rule["level"] = dice.choice(["firm", "family", "group:G"])
    if rule["measure"] == "mv" and "group_by" not in rule and dice.random() < 0.5:
        rule["include_cash"] = True
    if rule.get("group_by") == "issuer" and dice.random() < 0.2:
        rule |= {"lookthrough": True, "max_age_days": 30}
    if rule["den"] == "one" and rule["measure"] not in ("qty", "share_eq") and dice.random() < 0.7:
        rule["currency"] = dice.choice(["EUR", "USD"])
    limits = _limits(dice, rule)
    return rule | limits | (standing(dice) if "max" in limits else {})


def _limits(dice: Random, rule: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    shares = ("10", "20", "50") if rule["den"] == "one" else SHARES
    grouped = rule.get("group_by") == "sector" and rule.get("level", "fund") == "fund"
    kind = dice.choice(["max", "max", "max", "min", "both", "by", "benchmark"])
    if kind == "benchmark" and grouped:
        which = dice.choice(["over", "under", "both"])
        if which != "under":
            found["max_over_benchmark"] = dice.choice(shares)
        if which != "over":
            found["min_under_benchmark"] = dice.choice(["0", "0.05", "0.1"])
    elif kind == "by" and "group_by" in rule:
        found["limit_by"] = {"attr": "sector", "map": {"X": dice.choice(shares)}}
        if dice.random() < 0.5:
            found["limit_by"]["default"] = dice.choice(shares)
    else:
        if kind != "min":
            found["max"] = dice.choice(shares)
            if dice.random() < 0.4:
                found["warn"] = dice.choice(shares)
        if kind in ("min", "both"):
            found["min"] = dice.choice(["0.05", "0.1", "0.2"])
    if "level" not in rule and dice.random() < 0.2:
        found["overrides"] = {"F1": {"max": dice.choice(shares)}}
    return found


def _cash(dice: Random) -> dict[str, Any]:
    rule: dict[str, Any] = {"kind": "cash", "min": dice.choice(["0", "100", "500"])}
    rule["fee"] = dice.choice(["0", "0.001"])
    rule["pending"] = dice.choice(["worst", "all", "none"])
    rule["test"] = dice.choice(["always", "acquisition"])
    if dice.random() < 0.4:
        rule["currency"] = "USD"
    return rule


def _short(dice: Random) -> dict[str, Any]:
    rule: dict[str, Any] = {"kind": "short", "mode": dice.choice(["no_short", "locate"])}
    rule["pending"] = dice.choice(["worst", "all", "none"])
    if dice.random() < 0.3:
        rule["select"] = [["green", "==", True]]
    return rule


def _order(dice: Random) -> dict[str, Any]:
    rule: dict[str, Any] = {"kind": "order"}
    for name, values in {
        "max_value": ["100", "200", "1000"],
        "max_qty": ["10", "30", "100"],
        "max_adv": ["0.1", "0.5"],
        "collar": ["0.05", "0.15"],
    }.items():
        if dice.random() < 0.5:
            rule[name] = dice.choice(values)
    if len(rule) == 1:
        rule["max_qty"] = "25"
    if "collar" in rule:
        rule["collar_side"] = dice.choice(["both", "aggressive"])
    if dice.random() < 0.2:
        rule["select"] = [["green", "==", True]]
    return rule


def _restrict(dice: Random) -> dict[str, Any]:
    return {"kind": "restrict"} | dice.choice(
        [
            {"list": ["A", "B"]},
            {"list": "banned"},
            {"select": [["green", "==", True]]},
            {"blocked_owner_share": "0.5"},
        ]
    )
