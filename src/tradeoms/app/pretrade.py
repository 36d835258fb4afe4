"""Keeps compliance's picture of the world in step with the book, and asks it about orders.

Net asset value is struck when positions or prices are loaded: cash and positions at the marks, in
the fund's base currency. It is on record, and the denominator until the next time; a trade does not
move it (compliance specification, section 8).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import partial

from tradeoms.app.ageing import why_rate_too_old, why_too_old
from tradeoms.app.known import (
    candidate_of,
    fund_facts,
    leg_of,
    net_value,
    past_trade,
    security_facts,
    set_outside,
)
from tradeoms.app.message_count import note_message, recall_messages
from tradeoms.app.reserved import larger_legs, limits_of, remaining, worst
from tradeoms.app.worth import value_funds
from tradeoms.compliance.book import ComplianceBook
from tradeoms.compliance.policy import Rule, read_rule
from tradeoms.compliance.schema.dealings import WINDOW_MAX_DAYS, WindowRule
from tradeoms.compliance.statecheck import entities
from tradeoms.domain.allocation.events import AllocationAdjusted, ExecutionAllocated
from tradeoms.domain.booking.events import AllocationBooked, AllocationReversed
from tradeoms.domain.evaluation import Candidate, Evaluation, OpenOrder
from tradeoms.domain.order.commands import Leg
from tradeoms.domain.order.state import Order, Phase
from tradeoms.domain.outside.events import ListsLoaded, OutsideEvent, OutsideLoaded
from tradeoms.domain.outside.state import Benchmark, Constituents, Kept, SecurityList
from tradeoms.domain.placement.events import (
    PlacementCreated,
    PlacementReported,
    ReplaceRequested,
)
from tradeoms.domain.reference import events as reference_events
from tradeoms.domain.reference.state import Fund, FxRate, Price, Security
from tradeoms.domain.ruleset.events import RuleActivated, RuleRetired
from tradeoms.domain.ruleset.state import RuleStatus
from tradeoms.kernel.numbers import ZERO, from_minor
from tradeoms.kernel.records import replace
from tradeoms.projections.book import Book
from tradeoms.projections.queries_trades import Traded

_Shared = ExecutionAllocated | AllocationAdjusted
#: Phases in which an order may still be filled, so that compliance must count it.
RESERVING = frozenset({Phase.APPROVED, Phase.RELEASED, Phase.CANCELING})


@dataclass(slots=True)
class Pretrade:
    """Compliance beside a book: told of every event, asked about every order.

    Attributes:
        history: Reads the committed trades of so many days; `None` where it cannot be asked while
            events are followed.
        only: Rules to ask instead of those in force, to try them.
        price_max_age: Trading days after which a price counts no more; 0 is no limit.
    """

    book: Book
    compliance: ComplianceBook
    history: Callable[[int], Iterable[Traded]] | None = None
    only: tuple[Rule, ...] | None = None
    price_max_age: int = 0
    _recent: list[_Shared] = field(default_factory=list)
    _remembers: bool = False
    _parsed: dict[str, Rule] = field(default_factory=dict)
    #: Orders by security of which a part has a limit and the rest the mark: a price may turn them.
    _beside_mark: dict[str, set[str]] = field(default_factory=dict)

    def load(self) -> None:
        """Take over all that the book holds; at start, and after a rebuild."""
        for fund in self.book.funds.values():
            self._put_fund(fund)
        for security in self.book.securities.values():
            self._put_security(security)
        self._put_rates(self.book.rates.values())
        self._put_prices(self.book.prices.values())
        for position in self.book.positions.values():
            self.compliance.set_position(position.fund, position.security_id, position.quantity)
        for balance in self.book.cash.values():
            self.compliance.set_cash(
                balance.fund, balance.currency, from_minor(balance.minor, balance.currency)
            )
        self._put_outside(self.book.outside.values())
        self._value_unkept()
        self._put_rules()
        for order in self.book.orders.values():
            self.reserve(order)

    def follow(self, event: object) -> None:
        """Take over what ``event``, already folded into the book, changed."""
        match event:
            case ExecutionAllocated() | AllocationAdjusted():
                self._follow_allocated(event)
            case AllocationBooked() | AllocationReversed():
                self._follow_charges(event)
            case OutsideLoaded() | ListsLoaded():
                self._follow_outside(event)
            case reference_events.DayRolled():
                self._age_prices()
            case RuleActivated() | RuleRetired():
                self._put_rules()
            case _:
                self._follow_loads(event)

    def _follow_loads(self, event: object) -> None:
        """Take over funds, securities, prices, positions and values that were loaded."""
        match event:
            case reference_events.FundDefined(fund=fund):
                self._put_fund(fund)
                self._value_unkept()
            case reference_events.SecurityDefined(security=security):
                self._follow_security(security)
            case reference_events.PricesLoaded():
                self._follow_prices(event)
            case reference_events.PositionsLoaded(fund=fund_code):
                self._follow_positions(fund_code)
            case reference_events.FundsValued(total_assets=values):
                for fund_code, value in values:
                    self._set_value(fund_code, value)
            case _:
                self._follow_working(event)

    def reserve(self, order: Order) -> None:
        """Count what may still fill of ``order``, or stop counting it."""
        if order.is_closed or not (order.phase in RESERVING or self._is_out(order)):
            self.compliance.release(order.id)
            return
        legs = remaining(larger_legs(order), self.book.allocations.get(order.id))
        if not legs:
            self.compliance.release(order.id)
            return
        limits = limits_of(order, self.book.placements_for(order.id))
        self.compliance.reserve(
            OpenOrder(
                order_id=order.id,
                security_id=order.security_id,
                side=order.side,
                legs=legs,
                order_type=order.order_type.value,
                limit_price=worst(
                    limits, order.side, self.compliance.facts.price(order.security_id)
                ),
            )
        )
        if None in limits and len(limits) > 1:
            self._beside_mark.setdefault(order.security_id, set()).add(order.id)

    def _is_out(self, order: Order) -> bool:
        """True where a broker may still execute a part, whatever the desk thinks of the order."""
        return any(each.is_open_for(order.id) for each in self.book.placements_for(order.id))

    def check(
        self,
        order: Order,
        *,
        now: datetime,
        legs: tuple[Leg, ...] | None = None,
        limit_price: Decimal | None = None,
        cross_with: str = "",
    ) -> Evaluation:
        """Test what is left of an order in use, with other legs, limit or cross where given.

        Limits on the order's size see what is done of it, too.
        Compliance leaves out the order's own reservation, so that it is not counted twice, and the
        messages behind its submission.
        """
        candidate = replace(
            self._candidate(order, legs or order.legs),
            limit_price=limit_price or order.limit_price,
            cross_with=cross_with or order.cross_with or None,
            submitted_at=order.submitted_at,
        )
        return self.check_candidate(candidate, now=now)

    def check_submitted(self, order: Order, *, now: datetime) -> Evaluation:
        """Test what is left of an order that is submitted now, be it for the second time."""
        candidate = self._candidate(order, order.legs)
        with self.compliance.messages.submitting([candidate], now):
            return self.check_candidate(candidate, now=now)

    def check_candidate(self, candidate: Candidate, *, now: datetime) -> Evaluation:
        """Test one order."""
        return self.compliance.check(candidate, today=self.today(now), now=now)

    def check_batch(self, orders: Sequence[Order], *, now: datetime) -> list[Evaluation]:
        """Test orders that are submitted one after the other; each counts for those behind it."""
        candidates = [candidate_of(order, tuple(map(leg_of, order.legs))) for order in orders]
        with self.compliance.messages.submitting(candidates, now):
            return self.compliance.check_batch(candidates, today=self.today(now), now=now)

    def try_batch(self, orders: Sequence[Order], *, now: datetime) -> list[Evaluation]:
        """Test as `check_batch` does, and count none of them afterwards."""
        try:
            return self.check_batch(orders, now=now)
        finally:
            for order in orders:
                self.compliance.release(order.id)

    def subjects(self, today: date) -> tuple[str, ...]:
        """The funds, and the aggregates of funds that rules in force test after trading."""
        return entities(self.compliance.facts, self.compliance.rules, today)

    def today(self, now: datetime) -> date:
        """The trading day: the one rolled to, else the date of the clock."""
        return self.book.trade_on or now.date()

    def _candidate(self, order: Order, legs: Iterable[Leg]) -> Candidate:
        """What is left of ``legs``, beside what is done of them."""
        left = remaining(legs, self.book.allocations.get(order.id))
        done = sum((leg.quantity for leg in legs), ZERO) - sum((leg.quantity for leg in left), ZERO)
        return replace(candidate_of(order, left), done=done)

    def _follow_allocated(self, event: _Shared) -> None:
        sign = 1 if event.buys else -1
        for leg in event.legs:
            if leg.quantity_delta or leg.cost_delta_minor:
                units = sign * leg.quantity_delta
                money = from_minor(-sign * leg.cost_delta_minor, event.currency)
                self.compliance.add_position(leg.fund, event.security_id, units)
                self.compliance.add_cash(leg.fund, event.currency, money)
        if self._remembers:
            self._note_trades(event)
        else:
            self._recent.append(event)

    def _follow_charges(self, event: AllocationBooked | AllocationReversed) -> None:
        sign = -1 if isinstance(event, AllocationBooked) else 1
        for leg in event.legs:
            money = from_minor(sign * leg.charges_minor, event.currency)
            self.compliance.add_cash(leg.fund, event.currency, money)

    def committed(self) -> None:
        """Know that all that was followed stands in the database."""
        self._recent.clear()

    def _note_trades(self, event: _Shared) -> None:
        """Remember what each fund traded; a bust takes it back, an adjustment moves it."""
        side = self.book.orders[event.order_id].side
        for execution_id, fund, quantity in event.traded:
            execution = self.book.executions[execution_id]
            traded = Traded(
                fund=fund, security_id=event.security_id, side=side, quantity=quantity,
                on=execution.trade_on,
            )  # fmt: skip
            self.compliance.facts.outside.note_trade(past_trade(traded))

    def _remember(self) -> None:
        """Read the past as far as any window reaches: once, when the first rule asks for it.

        Raises:
            ValueError: If the past cannot be read now; whoever follows must start anew.
        """
        if self.history is None:
            message = "the trades of the past are not known"
            raise ValueError(message)
        for traded in self.history(WINDOW_MAX_DAYS + 7):
            self.compliance.facts.outside.note_trade(past_trade(traded))
        for event in self._recent:
            self._note_trades(event)
        self._remembers = True

    def _put_fund(self, fund: Fund) -> None:
        """Take over a fund with the weights of its benchmark."""
        benchmark = self.book.outside.get(f"benchmark:{fund.code}")
        weights = benchmark.weights if isinstance(benchmark, Benchmark) else ()
        self.compliance.put_fund(fund_facts(fund, dict(weights)))
        if fund.code in self.book.assets:
            self._set_value(fund.code, self.book.assets[fund.code])

    def _put_security(self, security: Security) -> None:
        """Take over a security with what it holds itself."""
        self.compliance.put_security(security_facts(security, self.book.outside))

    def _follow_working(self, event: object) -> None:
        """Count messages, and orders at the limits that brokers have now, or are asked to take."""
        note_message(self.compliance.messages, self.book, event)
        if isinstance(event, PlacementCreated | ReplaceRequested | PlacementReported):
            for order_id in self.book.placements[event.placement_id].order_ids:
                if order_id in self.book.orders:
                    self.reserve(self.book.orders[order_id])

    def _put_outside(self, facts: Iterable[Kept]) -> None:
        """Take over facts from outside, and lists."""
        for fact in facts:
            if isinstance(fact, Benchmark):
                self._put_fund(self.book.funds[fact.fund])
            elif isinstance(fact, Constituents):
                self._put_security(self.book.securities[fact.security_id])
            elif isinstance(fact, SecurityList):
                members = [member.value for member in fact.members]
                self.compliance.put_list(fact.name, members, attribute=fact.attribute)
            else:
                self.compliance.change_outside(partial(set_outside, fact=fact))

    def _follow_outside(self, event: OutsideEvent) -> None:
        self._put_outside(event.facts)
        if isinstance(event, OutsideLoaded):
            self._value_unkept()

    def _follow_prices(self, event: reference_events.PricesLoaded) -> None:
        self._put_rates(event.rates)
        self._put_prices(event.prices)
        self._value_unkept()

    def _follow_security(self, security: Security) -> None:
        self._put_security(security)
        price = self.book.prices.get(security.id)
        if price is not None:
            self._put_prices((price,))  # its market, whose days count, may be another now

    def _put_rates(self, rates: Iterable[FxRate]) -> None:
        """Take over rates; one that is too old for the trading day counts as missing."""
        for rate in rates:
            why = why_rate_too_old(rate, self.book.trade_on, self.price_max_age)
            self.compliance.put_fx(
                from_currency=rate.base, to_currency=rate.to,
                rate=None if why else rate.rate, why_none=why,
            )  # fmt: skip

    def _put_prices(self, prices: Iterable[Price]) -> None:
        """Take over prices; one that is too old for the trading day counts as missing."""
        for price in prices:
            mic, as_of = self.book.securities[price.security_id].mic, price.as_of
            why = why_too_old(price, mic, self.book.trade_on, self.price_max_age)
            mark = None if why else price.price
            self.compliance.put_price(
                security_id=price.security_id, price=mark, as_of=as_of, why_none=why
            )
            for order_id in sorted(self._beside_mark.pop(price.security_id, ())):
                if order_id in self.book.orders:
                    self.reserve(self.book.orders[order_id])

    def _age_prices(self) -> None:
        """Look at the age of every price and rate again: a trading day began."""
        if self.price_max_age:
            self._put_rates(self.book.rates.values())
            self._put_prices(self.book.prices.values())
            self._value_unkept()

    def _follow_positions(self, fund: str) -> None:
        for (owner, security_id), position in self.book.positions.items():
            if owner == fund:
                self.compliance.set_position(owner, security_id, position.quantity)
        for (owner, currency), balance in self.book.cash.items():
            if owner == fund:
                self.compliance.set_cash(owner, currency, from_minor(balance.minor, currency))
        self._value_unkept()

    def _put_rules(self) -> None:
        """Rules in force, in the order of their names: the rule set's hash must not vary."""
        rules = sorted(self.book.rules.items())
        active = [rule for _, rule in rules if rule.status is RuleStatus.ACTIVE]
        parsed = [self._parse(rule.definition) for rule in active]
        if self.only is not None:
            parsed = list(self.only)
        if not self._remembers and any(isinstance(rule, WindowRule) for rule in parsed):
            self._remember()
        self.compliance.put_rules(parsed)
        recall_messages(self.compliance.messages, self.book)

    def _parse(self, definition: str) -> Rule:
        """The rule of a text, parsed once: versions never change."""
        rule = self._parsed.get(definition)
        if rule is None:
            rule = self._parsed[definition] = read_rule(definition)
        return rule

    def _value_unkept(self) -> None:
        """Value the funds whose value is not on record: older journals do not have it."""
        unkept = self.book.funds.keys() - self.book.assets.keys()
        if unkept:
            values = value_funds(self.book, self.compliance.facts, unkept)
            for fund, value in values.items():
                self._set_value(fund, value)

    def _set_value(self, fund: str, value: Decimal | None) -> None:
        """Take over what a fund holds: its total assets, and with its liabilities its net value."""
        nav = net_value(self.book.funds[fund], value)
        self.compliance.set_nav(fund, nav, total_assets=value)
