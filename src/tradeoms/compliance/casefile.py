"""One case of the public case format as a compliance book: what a case starts from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from tradeoms.compliance.book import ComplianceBook
from tradeoms.compliance.facts import regimes_from
from tradeoms.compliance.outside import Figure, Offering, Outside, PastTrade
from tradeoms.compliance.policy import parse_rules
from tradeoms.domain.evaluation import Candidate, FundFacts, Leg, OpenOrder, SecurityFacts
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
    "shares_outstanding": "shares_outstanding",
    "adv": "adv",
    "constituents": "constituents",
    "constituents_date": "constituents_on",
}
_DECIMALS: Final = frozenset({"lot", "factor", "accrued", "shares_outstanding", "adv"})


_TRADES: Final = {"buy": Side.BUY, "sell": Side.SELL, "short": Side.SELL_SHORT}


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
            as_of=today_of(case),
            price=None if price is None else Decimal(price),
        )
    for pair, rate in case.get("fx", {}).items():
        from_currency, to_currency = pair.split("/")
        book.put_fx(from_currency=from_currency, to_currency=to_currency, rate=Decimal(rate))
    for fund_id, security_id, quantity in case["positions"]:
        book.add_position(fund_id, security_id, Decimal(quantity))
    book.put_rules(parse_rules([_rule(case, raw) for raw in case["rules"]]))
    for raw in case.get("pending", ()):
        order = candidate_of(raw)
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
    _put_outside(book.facts.outside, case)
    now = now_of(case)
    for _ in range(case.get("messages_in_window", 0)):
        book.messages.note(fund_id="", security_id="", side=Side.BUY, quantity=Decimal(0), at=now)
    for raw in case.get("recent", ()):
        order = candidate_of(raw)
        book.messages.note(
            fund_id=raw["fund"],
            security_id=order.security_id,
            side=order.side,
            quantity=order.legs[0].quantity,
            at=now - _seconds_ago(case, raw),
        )
    return book


def _rule(case: Mapping[str, Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return a rule of a case; its title and legal reference stand with the case."""
    return {"title": raw["id"], "source": case.get("ref") or "a worked case", **raw}


def _put_outside(outside: Outside, case: Mapping[str, Any]) -> None:
    for issuer, amounts in case.get("issuers", {}).items():
        outside.issuers[issuer] = _amounts(amounts)
    for underlying, amounts in case.get("securities_den", {}).items():
        outside.underlyings[underlying] = _amounts(amounts)
    for raw in case.get("history", ()):
        outside.note_trade(
            PastTrade(
                on=date.fromisoformat(raw["date"]),
                fund_id=raw["fund"],
                security_id=raw["sec"],
                side=_TRADES[raw["side"]],
                quantity=Decimal(raw["qty"]),
                regular_hours=bool(raw.get("regular_hours", True)),
            )
        )
    for name, values in case.get("figures", {}).items():
        for fund_id, value in values.items():
            outside.figures[name, fund_id] = Figure(value=Decimal(value), at=now_of(case))
    if "offering" in case:
        raw = case["offering"]
        outside.offerings[raw["sec"]] = Offering(
            security_id=raw["sec"],
            pricing_date=date.fromisoformat(raw["pricing_date"]),
            restricted_from=date.fromisoformat(raw["restricted_from"]),
        )
    for rule in case["rules"]:
        for key, share in case.get("last_reported", {}).items():
            outside.reported[rule["id"], key] = Decimal(share)


def _amounts(raw: Mapping[str, str | None]) -> dict[str, Decimal]:
    return {name: Decimal(amount) for name, amount in raw.items() if amount is not None}


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
        debt=amount("debt"),
        other_liabilities=amount("other_liabilities"),
        personal=bool(raw.get("personal", False)),
        groups=tuple(raw.get("groups", ())),
        regimes=regimes_from(raw.get("regime")),
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


def candidate_of(raw: Mapping[str, Any]) -> Candidate:
    """Return an order of a case."""
    limit = raw.get("limit")
    return Candidate(
        order_id=raw.get("id", ""),
        security_id=raw["sec"],
        side=Side(raw["side"]),
        legs=(Leg(fund_id=raw["fund"], quantity=Decimal(raw["qty"])),),
        order_type=raw.get("order_type", "market" if limit is None else "limit"),
        limit_price=None if limit is None else Decimal(limit),
        venue=raw.get("venue", ""),
        cross_with=raw.get("cross_with"),
    )


def today_of(case: Mapping[str, Any]) -> date:
    """Return the day of a case."""
    return date.fromisoformat(case["date"]) if "date" in case else SOME_DAY


def now_of(case: Mapping[str, Any]) -> datetime:
    """Return the instant of a case: noon of its day, UTC."""
    return datetime.combine(today_of(case), time(12), tzinfo=UTC)


def _seconds_ago(case: Mapping[str, Any], raw: Mapping[str, Any]) -> timedelta:
    order_at = Fraction(case["orders"][0].get("t", 0))
    return timedelta(seconds=float(order_at - Fraction(raw.get("t", 0))))
