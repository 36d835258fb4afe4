"""Routing: rules and broker lists loaded, proposals made, orders sent where they say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import msgspec

from tradeoms.app.handlers.answer import plain_json
from tradeoms.app.handlers.orders import find_order
from tradeoms.app.handlers.sharing import not_placed, unplaced
from tradeoms.app.turn import Turn
from tradeoms.app.worth import rate_of, worth_of
from tradeoms.domain.order.state import Order
from tradeoms.domain.placement.commands import CreatePlacement
from tradeoms.domain.routing import commands as c
from tradeoms.domain.routing.budget import Usage, usage
from tradeoms.domain.routing.decide import (
    decide_load_budgets,
    decide_load_lists,
    decide_load_rules,
    decide_route,
)
from tradeoms.domain.routing.propose import Measured, propose
from tradeoms.kernel.decider import Rejected
from tradeoms.kernel.numbers import ZERO

#: Decides a command as if it were asked alone: rights, kill switches, handler.
CarryOut = Callable[[Turn, str, Any], Any]  # Any: the catalogue's commands, and their answers


def load_routing_rules(turn: Turn, command: c.LoadRoutingRules) -> bytes | Rejected:
    """Set the rules."""
    decided = decide_load_rules(
        command, funds=turn.book.funds, destinations=turn.book.destinations, stamp=turn.stamp
    )
    return _loaded(turn, decided, len(command.rules))


def load_broker_lists(turn: Turn, command: c.LoadBrokerLists) -> bytes | Rejected:
    """Set the brokers of funds."""
    decided = decide_load_lists(
        command, funds=turn.book.funds, destinations=turn.book.destinations, stamp=turn.stamp
    )
    return _loaded(turn, decided, len(command.lists))


def load_commission_budgets(turn: Turn, command: c.LoadCommissionBudgets) -> bytes | Rejected:
    """Set the commission budgets."""
    decided = decide_load_budgets(
        command, funds=turn.book.funds, destinations=turn.book.destinations, stamp=turn.stamp
    )
    return _loaded(turn, decided, len(command.budgets))


def _loaded(turn: Turn, decided: Sequence[object] | Rejected, rows: int) -> bytes | Rejected:
    """Put what was loaded on record, and answer how much it is."""
    if isinstance(decided, Rejected):
        return decided
    turn.emit(decided[0], "routing")
    return plain_json(rows=rows, seq=turn.seq)


def route_order(turn: Turn, command: c.RouteOrder, carry_out: CarryOut) -> bytes | Rejected:
    """Propose where an order goes; place it there, or where a trader has a reason to."""
    order = find_order(turn, command.order_id)
    if isinstance(order, Rejected):
        return order
    proposal = propose(
        order,
        routing=turn.book.routing,
        measured=_measure(turn, order),
        destinations=turn.book.destinations,
    )
    told = {
        "order": order.id,
        "rule": proposal.rule or None,
        "because": proposal.because or None,
        "passed": [{"rule": one.rule, "why": one.why} for one in proposal.passed],
        "proposed": proposal.destination or None,
        "candidates": [
            {"destination": one.destination, "why_not": one.why_not or None}
            for one in proposal.candidates
        ],
    }
    if not command.place:
        return msgspec.json.encode({**told, "placement": None, "seq": turn.seq})
    routed = decide_route(command, order, proposal, turn.stamp)
    if isinstance(routed, Rejected):
        return routed
    quantity = command.quantity
    if quantity is None:  # where crosses have all of it, placing it says so
        quantity = max(unplaced(turn, order), ZERO) or not_placed(turn, order)
    place = CreatePlacement(order_id=order.id, destination=routed.destination, quantity=quantity)
    placement = carry_out(turn, "CreatePlacement", place)
    if isinstance(placement, Rejected):
        return placement
    turn.emit(routed, order.id)
    return msgspec.json.encode({**told, "placement": msgspec.Raw(placement), "seq": turn.seq})


def _measure(turn: Turn, order: Order) -> Measured:
    """What the rules ask about an order: its worth, and the budgets of where it could go."""
    book = turn.book
    funds = {"", *(leg.fund for leg in order.legs)}
    on = book.trade_on or turn.at.date()
    budgets: dict[str, tuple[Usage, ...]] = {}
    for budget in book.routing.budgets:
        if budget.fund in funds:
            used = usage(budget, on=on, paid=book.commissions.sums, rate=partial(rate_of, book))
            budgets[budget.destination] = (*budgets.get(budget.destination, ()), used)
    currencies = {rule.currency for rule in book.routing.rules if rule.currency}
    return Measured(
        security=book.securities[order.security_id],
        worth={currency: worth_of(book, order, currency) for currency in currencies},
        budgets=budgets,
    )
