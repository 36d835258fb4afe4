"""`window`: trades that may not follow an earlier one too soon.

Regulation M rule 105 (no purchase in an offering after a short sale in the days before it is
priced), codes of ethics under rule 17j-1 (no personal order soon after a client's trade; a least
holding period), section 16(b) of the Exchange Act (purchase and sale within less than six months).
Days are calendar days; earlier trades are those already made, not orders still open. A trade that
is dated after the trading day, as one in New York's evening is by UTC, was made on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from tradeoms.compliance.actions import stops
from tradeoms.compliance.facts import NOTHING, ONE, Facts
from tradeoms.compliance.kinds.membership import selected
from tradeoms.compliance.kinds.movement import Movement, movement_cell, unknown_cell
from tradeoms.compliance.linear import CellResult, Limit, LinearCell, judge, largest_factor
from tradeoms.compliance.outside import PastTrade
from tradeoms.compliance.question import Question, add_months, side_tested, subjects
from tradeoms.compliance.schema.dealings import WindowRule
from tradeoms.compliance.selector import attribute, number
from tradeoms.domain.evaluation import Candidate, FundFacts, OpenOrder, Outcome
from tradeoms.kernel.enums import Side

#: Where an order must be meant to trade to be a purchase in an offering.
OFFERING: Final = "offering"


def stirs(facts: Facts, candidate: Candidate) -> bool:
    """True where any window may say something: only a security that was traded before."""
    return candidate.security_id in facts.outside.trades


def wakes(facts: Facts, rule: WindowRule, candidate: Candidate, today: date) -> bool:
    """True where the newest trades of the security are in the window of the rule."""
    buys, newest = candidate.side.sign > 0, facts.outside.newest
    security_id = candidate.security_id
    match rule.rule:
        case "reg_m_105":
            return buys and candidate.venue == OFFERING
        case "personal_blackout":
            return any(_is_personal(facts, leg.fund_id) for leg in candidate.legs)
        case "min_holding":
            bought = newest.get((security_id, 1))
            sells = candidate.side is Side.SELL
            return sells and bought is not None and bought > _start(rule, today)
        case "short_swing":
            assert rule.months is not None
            opposite = newest.get((security_id, -1 if buys else 1))
            return opposite is not None and today < add_months(opposite, rule.months)


def _start(rule: WindowRule, today: date) -> date:
    """The day before the window: exactly `days` ago is over."""
    assert rule.days is not None
    return today - timedelta(days=rule.days)


def answer(facts: Facts, rule: WindowRule, question: Question) -> list[CellResult]:
    """Return the verdict on every fund and security in a window."""
    if rule.rule == "min_holding":
        return [judge(held) for held, _ in _held_cells(facts, rule, question)]
    return [cell for _, cell in _results(facts, rule, question)]


def factors(
    facts: Facts, rule: WindowRule, question: Question, candidate: Candidate
) -> Iterator[tuple[Fraction | None, bool]]:
    """Yield nothing for a forbidden trade, and what is old enough of a holding."""
    if rule.rule == "min_holding":
        for held, security_id in _held_cells(facts, rule, question):
            if security_id == candidate.security_id:
                yield from _held_factor(rule, held, candidate)
        return
    for one, cell in _results(facts, rule, question):
        if one is candidate and stops(rule, cell.outcome):
            yield NOTHING, False


def _held_factor(
    rule: WindowRule, cell: LinearCell, candidate: Candidate
) -> Iterator[tuple[Fraction | None, bool]]:
    if cell.unknown is None:
        yield largest_factor(cell, candidate.order_id)
    elif stops(rule, Outcome.UNKNOWN):
        yield NOTHING, False


def state(facts: Facts, rule: WindowRule, fund: FundFacts, today: date) -> list[CellResult]:  # noqa: ARG001  # the shape of a kind
    """Return nothing: a holding cannot be too early, only a trade can."""
    return []


def blame(facts: Facts, rule: WindowRule, question: Question) -> tuple[set[str], Fraction]:
    """Return the orders that come too soon; no scale but nothing lets them out."""
    culprits, scale = set(), ONE
    for candidate in question.candidates:
        alone = Question(candidates=(candidate,), today=question.today, now=question.now)
        outcomes = {cell.outcome for cell in answer(facts, rule, alone)}
        if Outcome.BREACH in outcomes:
            culprits.add(candidate.order_id)
        if any(stops(rule, one) for one in outcomes):
            scale = NOTHING
    return culprits, scale


def asked(rule: WindowRule) -> set[str]:
    """Return the attributes that decide: shares in issue, where insiders are told by a share."""
    return {"shares_outstanding"} if rule.above is not None else set()


def _tested(
    facts: Facts, rule: WindowRule, question: Question
) -> Iterator[tuple[Candidate, FundFacts, bool | None]]:
    """Yield orders and funds with earlier trades in the security, and whether it is selected."""
    for candidate, fund in subjects(facts, rule, question):
        if not stirs(facts, candidate) or not side_tested(rule.sides, candidate.side):
            continue
        security = facts.securities[candidate.security_id]
        inside = selected(rule.select, rule.exclude, security)
        if inside is not False:
            yield candidate, fund, inside


def _results(
    facts: Facts, rule: WindowRule, question: Question
) -> Iterator[tuple[Candidate, CellResult]]:
    check = {
        "reg_m_105": _offering,
        "personal_blackout": _blackout,
        "short_swing": _swing,
    }[rule.rule]
    for candidate, fund, inside in _tested(facts, rule, question):
        found = check(facts, rule, question.today, candidate, fund)
        if found is None:
            continue
        outcome, reason = found
        if inside is None and outcome is not Outcome.PASS:
            outcome = Outcome.UNKNOWN
            reason = _not_selected(candidate.security_id)
        yield (
            candidate,
            CellResult(entity=fund.id, key=candidate.security_id, outcome=outcome, reason=reason),
        )


def _offering(
    facts: Facts, rule: WindowRule, today: date, candidate: Candidate, fund: FundFacts
) -> tuple[Outcome, str] | None:
    """Rule 105: a short sale in the restricted period bars the purchase; 105(b)(1) lifts the bar.

    The period ends with the pricing, so sales on that day count. A purchase counts as bona fide
    where it was made in regular hours on a later day than the last short sale and on an earlier
    one than the pricing; together they must be at least what was sold short.
    """
    if candidate.venue != OFFERING or candidate.side.sign < 0:
        return None
    trades = _trades_of(facts, rule, candidate, fund)
    shorts = [trade for trade in trades if trade.side is Side.SELL_SHORT]
    if not shorts:
        return None
    offering = facts.outside.offerings.get(candidate.security_id)
    if offering is None:
        return Outcome.UNKNOWN, f"the offering of {candidate.security_id} is not known"
    first, last = offering.restricted_from, offering.pricing_date
    shorts = [trade for trade in shorts if first <= _made_on(trade, today) <= last]
    if not shorts:
        return Outcome.PASS, ""
    last = max(_made_on(trade, today) for trade in shorts)
    sold = sum((Fraction(trade.quantity) for trade in shorts), NOTHING)
    bought = sum(
        (
            Fraction(trade.quantity)
            for trade in trades
            if trade.side.sign > 0 and trade.regular_hours
            if last < _made_on(trade, today) < offering.pricing_date
        ),
        NOTHING,
    )
    if bought >= sold:
        return Outcome.PASS, ""
    return (
        Outcome.BREACH,
        f"sold short in the restricted period until {last.isoformat()}, and not bought back since",
    )


def _blackout(
    facts: Facts, rule: WindowRule, today: date, candidate: Candidate, fund: FundFacts
) -> tuple[Outcome, str] | None:
    """A personal account may not trade what a client traded less than `days` ago."""
    if not fund.personal:
        return None
    clients = [
        trade
        for trade in _younger(facts, rule, candidate, today)
        if not _is_personal(facts, trade.fund_id)
    ]
    if not clients:
        return Outcome.PASS, ""
    last = max(clients, key=lambda trade: trade.on)
    return Outcome.BREACH, f"{last.fund_id} traded it on {last.on.isoformat()}"


def _is_personal(facts: Facts, fund_id: str) -> bool:
    """True for a person's account; a fund that is not known counts as a client's."""
    fund = facts.funds.get(fund_id)
    return fund is not None and fund.personal


def _swing(
    facts: Facts, rule: WindowRule, today: date, candidate: Candidate, fund: FundFacts
) -> tuple[Outcome, str] | None:
    """An insider may not trade against his own trade of less than `months` ago."""
    assert rule.months is not None
    opposite = [
        trade
        for trade in _trades_of(facts, rule, candidate, fund)
        if trade.side.sign != candidate.side.sign and today < add_months(trade.on, rule.months)
    ]
    if not opposite:
        return None
    insider = _is_insider(facts, rule, candidate, fund)
    if insider is None:
        return Outcome.UNKNOWN, f"the shares in issue of {candidate.security_id} are not known"
    if not insider:
        return Outcome.PASS, ""
    last = max(opposite, key=lambda trade: trade.on)
    word = "bought" if last.side.sign > 0 else "sold"
    return Outcome.BREACH, f"{last.fund_id} {word} it on {last.on.isoformat()}"


def _is_insider(
    facts: Facts, rule: WindowRule, candidate: Candidate, fund: FundFacts
) -> bool | None:
    if rule.above is None:
        return True
    issued = number(attribute(facts.securities[candidate.security_id], "shares_outstanding"))
    if issued is None or issued <= 0:
        return None
    held = sum(
        (
            Fraction(facts.held(fund_id).get(candidate.security_id, 0))
            for fund_id in _members(facts, rule, fund)
        ),
        NOTHING,
    )
    return held > Fraction(rule.above) * Fraction(issued)


def _held_cells(
    facts: Facts, rule: WindowRule, question: Question
) -> Iterator[tuple[LinearCell, str]]:
    """Yield one cell for every fund and security sold: what remains must cover what is too young.

    The oldest units are sold first, so the units bought in the window are the last to go.
    """
    tested = [one for one in _tested(facts, rule, question) if one[0].side is Side.SELL]
    orders = list({candidate.order_id: candidate for candidate, _, _ in tested}.values())
    cells = {(fund.id, one.security_id): (one, fund, inside) for one, fund, inside in tested}
    for (fund_id, security_id), (candidate, fund, inside) in cells.items():
        young = sum(
            (
                Fraction(trade.quantity)
                for trade in _younger(facts, rule, candidate, question.today)
                if trade.fund_id == fund_id and trade.side is Side.BUY
            ),
            NOTHING,
        )
        if not young:
            continue
        if inside is None:
            yield unknown_cell(fund_id, security_id, _not_selected(security_id)), security_id
            continue
        opens = facts.open_in(fund_id, without=question.order_ids)
        cell = movement_cell(
            entity=fund_id,
            key=security_id,
            limit=Limit(bound="min", at=young),
            settled=Fraction(facts.held(fund_id).get(security_id, 0)),
            opens=_sales(opens, security_id, fund),
            news=_sales(orders, security_id, fund),
            pending="worst",
            any_subset=question.any_subset,
        )
        yield cell, security_id


def _sales(
    orders: Iterable[Candidate | OpenOrder], security_id: str, fund: FundFacts
) -> list[Movement]:
    return [
        Movement(order_id=order.order_id, amount=-Fraction(leg.quantity))
        for order in orders
        if order.security_id == security_id and order.side is Side.SELL
        for leg in order.legs
        if leg.fund_id == fund.id
    ]


def _not_selected(security_id: str) -> str:
    return f"an attribute of {security_id} that the rule selects by is missing"


def _younger(facts: Facts, rule: WindowRule, candidate: Candidate, today: date) -> list[PastTrade]:
    """Trades in the security in a window of days."""
    start = _start(rule, today)
    trades = facts.outside.trades[candidate.security_id].values()
    return [trade for trade in trades if start < trade.on]


def _made_on(trade: PastTrade, today: date) -> date:
    """Day of a trade that was made: it was not made after ``today``."""
    return min(trade.on, today)


def _trades_of(
    facts: Facts, rule: WindowRule, candidate: Candidate, fund: FundFacts
) -> list[PastTrade]:
    """Trades in the security of the funds that count as one with ``fund``."""
    members = set(_members(facts, rule, fund))
    trades = facts.outside.trades[candidate.security_id].values()
    return [trade for trade in trades if trade.fund_id in members]


def _members(facts: Facts, rule: WindowRule, fund: FundFacts) -> tuple[str, ...]:
    place = facts.level_of(fund, rule.level)
    return (fund.id,) if place is None else place[1]
