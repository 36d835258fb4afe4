"""The fold of what orders refer to: rules, securities, prices, books, people, the day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, assert_never, get_args

from tradeoms.domain.approval.events import ApprovalLimitsLoaded
from tradeoms.domain.approval.state import ApprovalLimits
from tradeoms.domain.custom.events import CustomFieldsLoaded
from tradeoms.domain.custom.state import CustomFields
from tradeoms.domain.kill import events as kill_events
from tradeoms.domain.kill import state as kill_state
from tradeoms.domain.layout.events import LayoutEvent
from tradeoms.domain.mapping import state as mapping_state
from tradeoms.domain.mapping.events import ImportMappingDefined
from tradeoms.domain.orderlist import state as list_state
from tradeoms.domain.orderlist.events import OrderListCreated
from tradeoms.domain.outside.events import ListsLoaded, OutsideEvent, OutsideLoaded
from tradeoms.domain.placement.evolve import begin_day
from tradeoms.domain.reference import events as reference_events
from tradeoms.domain.reference.state import CashBalance, Position
from tradeoms.domain.routing import events as routing_events
from tradeoms.domain.ruleset import events as rule_events
from tradeoms.domain.ruleset import state as rule_state
from tradeoms.domain.session import events as session_events
from tradeoms.domain.session import state as session_state
from tradeoms.kernel.numbers import ZERO
from tradeoms.projections.book import Book
from tradeoms.projections.finished import note_finished
from tradeoms.projections.fold_layouts import fold_layout


def _fold_rule(book: Book, event: rule_events.RuleEvent, seq: int) -> None:
    key = (event.rule_id, event.version)
    if isinstance(event, rule_events.RuleDefined):
        book.rules[key] = rule_state.define(event)
    else:
        if isinstance(event, rule_events.RuleActivated):
            _supersede(book, event, seq)
        book.rules[key] = rule_state.change(book.rules[key], event)
    book.touched["rules", key] = seq


def _supersede(book: Book, event: rule_events.RuleActivated, seq: int) -> None:
    for other, rule in list(book.rules.items()):
        if other[0] == event.rule_id and rule.status is rule_state.RuleStatus.ACTIVE:
            book.rules[other] = rule_state.supersede(rule, event)
            book.touched["rules", other] = seq


def _fold_security(book: Book, event: reference_events.SecurityDefined, seq: int) -> None:
    security = event.security
    book.add_security(security)
    for scheme, value in security.identifiers:
        book.extra["identifiers", (scheme, value)] = (scheme, value, security.id)
    book.touched["securities", security.id] = seq


def _fold_prices(book: Book, event: reference_events.PricesLoaded, seq: int) -> None:
    for price in event.prices:
        book.prices[price.security_id] = price
        book.touched["prices", price.security_id] = seq
    for rate in event.rates:
        book.rates[rate.base, rate.to] = rate
        book.touched["rates", (rate.base, rate.to)] = seq


def _fold_positions(book: Book, event: reference_events.PositionsLoaded, seq: int) -> None:
    """A loaded book replaces the fund's; what is not in it is zero now."""
    for held in [key for key in book.positions if key[0] == event.fund]:
        book.positions[held] = replace(
            book.positions[held], quantity=ZERO, cost_minor=0, updated_at=event.at
        )
        book.touched["positions", held] = seq
    for purse in [key for key in book.cash if key[0] == event.fund]:
        book.cash[purse] = replace(book.cash[purse], minor=0, updated_at=event.at)
        book.touched["cash", purse] = seq
    for opening in event.positions:
        held = (event.fund, opening.security_id)
        security = book.securities.get(opening.security_id)
        book.positions[held] = Position(
            fund=event.fund,
            security_id=opening.security_id,
            quantity=opening.quantity,
            cost_minor=opening.cost_minor,
            currency=security.currency if security else "",
            updated_at=event.at,
        )
        book.touched["positions", held] = seq
    for amount in event.cash:
        purse = (event.fund, amount.currency)
        book.cash[purse] = CashBalance(
            fund=event.fund, currency=amount.currency, minor=amount.minor, updated_at=event.at
        )
        book.touched["cash", purse] = seq


def _fold_fund(book: Book, event: reference_events.FundDefined, seq: int) -> None:
    book.funds[event.fund.code] = event.fund
    book.touched["funds", event.fund.code] = seq


def _fold_values(book: Book, event: reference_events.FundsValued, seq: int) -> None:
    for fund, value in event.total_assets:
        book.assets[fund] = value
        book.touched["facts", (f"assets:{fund}",)] = seq


def _fold_outside(book: Book, event: OutsideEvent, seq: int) -> None:
    for fact in event.facts:
        book.outside[fact.key] = fact
        book.touched["outside", fact.key] = seq


def _fold_destination(book: Book, event: reference_events.DestinationDefined, seq: int) -> None:
    book.destinations[event.destination.name] = event.destination
    book.touched["destinations", event.destination.name] = seq


def _fold_user(book: Book, event: reference_events.UserDefined, seq: int) -> None:
    book.users[event.user.id] = event.user
    book.touched["users", event.user.id] = seq


def _fold_key(book: Book, event: Any, seq: int) -> None:
    if isinstance(event, reference_events.ApiKeyCreated):
        key = event.key
    else:
        key = replace(book.api_keys[event.key_id], revoked=True)
    book.api_keys[key.id] = key
    book.touched["api_keys", key.id] = seq


def _fold_sign_in(book: Book, event: Any, seq: int) -> None:
    if isinstance(event, reference_events.SignInOpened):
        sign_in = event.sign_in
    elif isinstance(event, reference_events.SignInRenewed):
        sign_in = replace(book.sign_ins[event.sign_in_id], seen_at=event.at)
    else:
        sign_in = replace(book.sign_ins[event.sign_in_id], ended=True)
    book.sign_ins[sign_in.id] = sign_in
    book.touched["sign_ins", sign_in.id] = seq


def _fold_day(book: Book, event: reference_events.DayRolled, seq: int) -> None:
    """A new day: what is finished leaves memory once its rows are written, the rest goes on."""
    for before in list(book.placements.values()):
        after = begin_day(before, event.trade_on, event.at)
        if after is not before:
            book.placements[after.id] = after
            book.touched["placements", after.id] = seq
            for order_id in after.order_ids:
                book.touch_order(order_id, seq)
    for order in book.orders.values():
        if all(_is_over(book, each) for each in book.companions(order.id)):
            book.retire_order(order.id, seq)
    note_finished(book)
    book.trade_on = event.trade_on
    book.days = book.days.begin(event.trade_on, event.at)
    book.touched["facts", ("trade_on",)] = seq
    book.touched["facts", ("trading_days",)] = seq


def _is_over(book: Book, order_id: str) -> bool:
    """True for a closed order of which no broker may execute anything."""
    placements = book.placements_for(order_id)
    return book.orders[order_id].is_closed and not any(p.is_open for p in placements)


def _fold_gateway(book: Book, event: reference_events.GatewayAttached, seq: int) -> None:
    book.gateways[event.session] = event.journal_id
    book.touched["facts", (f"gateway:{event.session}",)] = seq


def _fold_kill(book: Book, event: kill_events.KillEvent, seq: int) -> None:
    if isinstance(event, kill_events.KillSwitchThrown):
        switch = kill_state.throw(event)
    else:
        switch = kill_state.release(book.kill_switches[event.switch_id], event)
    book.add_kill_switch(switch)
    book.touched["kill_switches", switch.id] = seq


def _fold_mapping(book: Book, event: ImportMappingDefined, seq: int) -> None:
    before = book.import_mappings.get(event.name)
    book.import_mappings[event.name] = mapping_state.define(before, event)
    book.touched["import_mappings", event.name] = seq


def _fold_session_action(book: Book, event: session_events.SessionEvent, seq: int) -> None:
    match event:
        case session_events.SessionActionRequested(action_id=""):
            return  # of the first version: nothing more was told about it
        case session_events.SessionActionRequested():
            action = session_state.request(event)
        case session_events.SessionActionApproved(approved_by=person, reason=why, at=at):
            before = book.session_actions[event.action_id]
            action = session_state.decide(before, by=person, reason=why, approved=True, at=at)
        case session_events.SessionActionRefused(refused_by=person, reason=why, at=at):
            before = book.session_actions[event.action_id]
            action = session_state.decide(before, by=person, reason=why, approved=False, at=at)
        case session_events.SessionActionReported():
            action = session_state.report(book.session_actions[event.action_id], event)
        case _:
            assert_never(event)
    book.session_actions[action.id] = action
    book.touched["session_actions", action.id] = seq


def _fold_list(book: Book, event: OrderListCreated, seq: int) -> None:
    book.order_lists[event.list_id] = list_state.create(event)
    book.touched["order_lists", event.list_id] = seq
    for order_id in event.order_ids:
        book.extra["list_orders", (event.list_id, order_id)] = (event.list_id, order_id)


def _fold_routing(book: Book, event: Any, seq: int) -> None:
    if isinstance(event, routing_events.RoutingRulesLoaded):
        book.routing = replace(book.routing, rules=event.rules)
    elif isinstance(event, routing_events.CommissionBudgetsLoaded):
        book.routing = replace(book.routing, budgets=event.budgets)
    else:
        book.routing = replace(book.routing, lists=event.lists)
    book.touched["facts", ("routing",)] = seq


def _fold_custom(book: Book, event: CustomFieldsLoaded, seq: int) -> None:
    book.custom_fields = CustomFields(fields=event.fields)
    book.touched["facts", ("custom-fields",)] = seq


def _fold_limits(book: Book, event: ApprovalLimitsLoaded, seq: int) -> None:
    book.approval_limits = ApprovalLimits(limits=event.limits)
    book.touched["facts", ("approval-limits",)] = seq


def _fold_nothing(book: Book, event: object, seq: int) -> None:
    """It is on record, and changes nothing."""


REFERENCE_FOLDS: Final[dict[type, Callable[[Book, Any, int], None]]] = {
    **dict.fromkeys(get_args(rule_events.RuleEvent), _fold_rule),
    reference_events.FundDefined: _fold_fund,
    reference_events.SecurityDefined: _fold_security,
    reference_events.PricesLoaded: _fold_prices,
    reference_events.FundsValued: _fold_values,
    reference_events.PositionsLoaded: _fold_positions,
    OutsideLoaded: _fold_outside,
    ListsLoaded: _fold_outside,
    reference_events.DestinationDefined: _fold_destination,
    reference_events.UserDefined: _fold_user,
    reference_events.ApiKeyCreated: _fold_key,
    reference_events.ApiKeyRevoked: _fold_key,
    reference_events.SignInOpened: _fold_sign_in,
    reference_events.SignInRenewed: _fold_sign_in,
    reference_events.SignInEnded: _fold_sign_in,
    reference_events.DayRolled: _fold_day,
    reference_events.GatewayAttached: _fold_gateway,
    reference_events.RequestRefused: _fold_nothing,
    kill_events.KillSwitchThrown: _fold_kill,
    kill_events.KillSwitchReleased: _fold_kill,
    ImportMappingDefined: _fold_mapping,
    **dict.fromkeys(get_args(LayoutEvent), fold_layout),
    **dict.fromkeys(get_args(session_events.SessionEvent), _fold_session_action),
    OrderListCreated: _fold_list,
    CustomFieldsLoaded: _fold_custom,
    ApprovalLimitsLoaded: _fold_limits,
    routing_events.RoutingRulesLoaded: _fold_routing,
    routing_events.BrokerListsLoaded: _fold_routing,
    routing_events.CommissionBudgetsLoaded: _fold_routing,
    routing_events.OrderRouted: _fold_nothing,
}
