"""Routing: rules and broker lists loaded, proposals made, orders sent where they say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from tradeoms.app.handlers.answer import plain_json
from tradeoms.app.handlers.orders import find_order
from tradeoms.app.handlers.sharing import unplaced
from tradeoms.app.turn import Turn
from tradeoms.domain.placement.commands import CreatePlacement
from tradeoms.domain.routing import commands as c
from tradeoms.domain.routing.decide import (
    decide_load_lists,
    decide_load_rules,
    decide_route,
    propose,
)
from tradeoms.kernel.decider import Rejected

#: Decides a command as if it were asked alone: rights, kill switches, handler.
CarryOut = Callable[[Turn, str, Any], Any]  # Any: the catalogue's commands, and their answers


def load_routing_rules(turn: Turn, command: c.LoadRoutingRules) -> bytes | Rejected:
    """Set the rules."""
    decided = decide_load_rules(
        command, funds=turn.book.funds, destinations=turn.book.destinations, stamp=turn.stamp
    )
    if isinstance(decided, Rejected):
        return decided
    turn.emit(decided[0], "routing")
    return plain_json(rows=len(command.rules), seq=turn.seq)


def load_broker_lists(turn: Turn, command: c.LoadBrokerLists) -> bytes | Rejected:
    """Set the brokers of funds."""
    decided = decide_load_lists(
        command, funds=turn.book.funds, destinations=turn.book.destinations, stamp=turn.stamp
    )
    if isinstance(decided, Rejected):
        return decided
    turn.emit(decided[0], "routing")
    return plain_json(rows=len(command.lists), seq=turn.seq)


def route_order(turn: Turn, command: c.RouteOrder, carry_out: CarryOut) -> bytes | Rejected:
    """Propose where an order goes; place it there, or where a trader has a reason to."""
    order = find_order(turn, command.order_id)
    if isinstance(order, Rejected):
        return order
    proposal = propose(
        order,
        security=turn.book.securities[order.security_id],
        routing=turn.book.routing,
        destinations=turn.book.destinations,
    )
    told = {
        "order": order.id,
        "rule": proposal.rule or None,
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
    quantity = unplaced(turn, order) if command.quantity is None else command.quantity
    place = CreatePlacement(order_id=order.id, destination=routed.destination, quantity=quantity)
    placement = carry_out(turn, "CreatePlacement", place)
    if isinstance(placement, Rejected):
        return placement
    turn.emit(routed, order.id)
    return msgspec.json.encode({**told, "placement": msgspec.Raw(placement), "seq": turn.seq})
