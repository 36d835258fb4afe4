"""Crosses: proposed, approved and booked to both orders in one commit, refused, and too old.

Everything is decided before the first event: a cross is booked to both sides or to none.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from tradeoms.app.handlers.answer import plain_json
from tradeoms.app.handlers.checking import blocking_rules
from tradeoms.app.handlers.pairs import refuse_paired
from tradeoms.app.handlers.rechecking import compliance_refusal
from tradeoms.app.handlers.reports import take_report
from tradeoms.app.handlers.sharing import (
    not_placed,
    refuse_crossing,
    state_allocation,
    unplaced,
)
from tradeoms.app.turn import Turn
from tradeoms.domain.block.cross import Idle
from tradeoms.domain.cross import commands as c
from tradeoms.domain.cross import decide
from tradeoms.domain.cross.decide import INTERNAL, Counterpart, why_lapsed
from tradeoms.domain.cross.events import CrossBooked, CrossLapsed
from tradeoms.domain.cross.state import Cross, Half
from tradeoms.domain.order.commands import Leg
from tradeoms.domain.order.state import Order
from tradeoms.domain.placement.commands import ReportKind, ReportPlacement
from tradeoms.domain.placement.events import PlacementCreated
from tradeoms.kernel.decider import Rejected
from tradeoms.kernel.enums import OrderType, TimeInForce
from tradeoms.kernel.numbers import ZERO
from tradeoms.projections.book import Book

#: Market of a trade that no market saw (ISO 10383).
_OFF_EXCHANGE = "XOFF"


def propose_cross(turn: Turn, command: c.ProposeCross) -> bytes | Rejected:
    """Put a cross forward, after compliance looked at both sides."""
    book = turn.book
    order_ids = (command.buy_order_id, command.sell_order_id)
    linked = _refuse_paired(turn, order_ids)
    if linked is not None:
        return linked
    buy, sell = (_side(turn, order_id) for order_id in order_ids)
    security = book.securities.get(buy.idle.order.security_id) if buy.idle else None
    decided = decide.decide_propose(
        command,
        buy=buy,
        sell=sell,
        security=security,
        funds=book.funds,
        mark=book.prices.get(security.id) if security else None,
        stamp=turn.stamp,
    )
    if isinstance(decided, Rejected):
        return decided
    for order_id in order_ids:
        crossing = refuse_crossing(turn, [book.orders[order_id]], command.quantity)
        if crossing is not None:
            return crossing
    checked = _check(turn, buy, sell, decided.price)
    if isinstance(checked, Rejected):
        return checked
    turn.emit(decided, decided.cross_id)
    return plain_json(id=decided.cross_id, version=1, seq=turn.seq)


def approve_cross(turn: Turn, command: c.ApproveCross) -> bytes | Rejected:
    """Book a cross: both orders, their funds and their cash, or nothing."""
    cross = turn.book.crosses.get(command.cross_id)
    refused = decide.refuse_settled(cross, command.cross_id)
    if refused is not None:
        return refused
    assert cross is not None
    linked = _refuse_paired(turn, cross.order_ids)
    if linked is not None:
        return linked
    buy, sell = (_side(turn, order_id, cross.id) for order_id in cross.order_ids)
    refused = decide.refuse_approval(
        command,
        cross,
        buy=buy,
        sell=sell,
        security=turn.book.securities[cross.security_id],
        funds=turn.book.funds,
        stamp=turn.stamp,
    )
    if refused is not None:
        return refused
    evidence = _check(turn, buy, sell, cross.price)
    if isinstance(evidence, Rejected):
        return evidence
    stamp = turn.stamp
    booked = [_book(turn, cross, order_id, word) for word, order_id in _halves(cross)]
    turn.stamp = stamp
    (buy_id, buy_legs), (sell_id, sell_legs) = booked
    event = CrossBooked(
        cross_id=cross.id,
        approved_by=stamp.actor,
        note=command.note,
        buy_placement_id=buy_id,
        sell_placement_id=sell_id,
        buy_legs=buy_legs,
        sell_legs=sell_legs,
        evidence=evidence,
        trade_on=turn.pretrade.today(stamp.at),
        at=stamp.at,
    )
    turn.emit(event, cross.id)
    return plain_json(id=cross.id, version=turn.book.crosses[cross.id].version, seq=turn.seq)


def refuse_cross(turn: Turn, command: c.RefuseCross) -> bytes | Rejected:
    """Let a cross go."""
    cross = turn.book.crosses.get(command.cross_id)
    refused = decide.refuse_settled(cross, command.cross_id)
    if refused is not None:
        return refused
    assert cross is not None
    decided = decide.decide_refuse(command, cross, turn.stamp)
    if isinstance(decided, Rejected):
        return decided
    turn.emit(decided, cross.id)
    return plain_json(id=cross.id, version=turn.book.crosses[cross.id].version, seq=turn.seq)


def reverse_cross(turn: Turn, command: c.ReverseCross) -> bytes | Rejected:
    """Take a booked cross back: both orders, their funds and their cash, or nothing."""
    cross = turn.book.crosses.get(command.cross_id)
    for order_id in cross.order_ids if cross else ():
        turn.recall_order(order_id)
    orders = [turn.book.orders[each] for each in cross.order_ids] if cross else []
    decided = decide.decide_reverse(command, cross, orders, turn.stamp)
    if isinstance(decided, Rejected):
        return decided
    assert cross is not None
    stamp = turn.stamp
    for word, half in (("buy", cross.buy), ("sell", cross.sell)):
        _take_back(turn, half, f"{cross.id}:{word}", command.reason)
    turn.stamp = stamp
    turn.emit(decided, cross.id)
    return plain_json(id=cross.id, version=turn.book.crosses[cross.id].version, seq=turn.seq)


def _take_back(turn: Turn, half: Half, exec_id: str, reason: str) -> None:
    """Bust the execution of one side, and end its placement, so that its units are free."""
    word = exec_id.rpartition(":")[2]
    turn.stamp = replace(turn.stamp, base=f"{turn.stamp.base.partition('-')[0]}-{word}")
    bust = ReportPlacement(
        session=INTERNAL,
        row=0,
        kind=ReportKind.BUST,
        cl_ord_id=turn.book.placements[half.placement_id].cl_ord_id,
        exec_id=f"{exec_id}:reversed",
        exec_ref_id=exec_id,
        text=reason,
        received_at=turn.at,
        keyed_by=turn.stamp.actor,
    )
    take_report(turn, bust)
    take_report(turn, replace(bust, kind=ReportKind.CANCELED, exec_id="", exec_ref_id=""))


def lapse_crosses(turn: Turn, _command: c.LapseCrosses) -> bytes:
    """Close what can be approved no more."""
    over = lapsing(turn.book, turn.at)
    for cross, why in over:
        turn.emit(CrossLapsed(cross_id=cross.id, at=turn.at, because=why), cross.id)
    return plain_json(lapsed=len(over), seq=turn.seq)


def lapsing(book: Book, now: datetime) -> list[tuple[Cross, str]]:
    """The crosses that wait and can be approved no more, the earliest first, and why."""
    ids = {key for waiting in book.waiting_crosses.values() for key in waiting}
    told = [(book.crosses[key], why_lapsed(book.crosses[key], book.orders, now)) for key in ids]
    return sorted(((one, why) for one, why in told if why), key=lambda pair: pair[0].id)


def _refuse_paired(turn: Turn, order_ids: tuple[str, str]) -> Rejected | None:
    """A cross would bring an order ahead of the one that it is paired with."""
    return refuse_paired(turn, order_ids[0]) or refuse_paired(turn, order_ids[1])


def _halves(cross: Cross) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("buy", cross.buy.order_id), ("sell", cross.sell.order_id)


def _side(turn: Turn, order_id: str, own: str = "") -> Counterpart:
    """One side as it stands: what no broker and no fund has, nor another cross than ``own``.

    Without ``own`` what crosses set aside is counted.
    """
    book = turn.book
    order = book.orders.get(order_id)
    block = book.blocks.get(book.block_of.get(order_id, ""))
    if order is None:
        return Counterpart(id=order_id, idle=None, block=block)
    allocation = book.allocations.get(order_id)
    lacking = tuple(
        (leg.fund, leg.quantity - (allocation.booked(leg.fund) if allocation else ZERO))
        for leg in order.legs
    )
    units = unplaced(turn, order, but=own) if own else not_placed(turn, order)
    idle = Idle(order=order, units=units, lacking=lacking)
    return Counterpart(id=order_id, idle=idle, block=block)


def _check(
    turn: Turn, buy: Counterpart, sell: Counterpart, price: Decimal
) -> tuple[str, ...] | Rejected:
    """Test each side with each fund opposite, at the price of the cross; the evidence."""
    assert buy.idle is not None
    assert sell.idle is not None
    found: list[str] = []
    for order, other in ((buy.idle.order, sell.idle.order), (sell.idle.order, buy.idle.order)):
        for leg in other.legs:
            evaluation = turn.pretrade.check(
                order, now=turn.at, limit_price=price, cross_with=leg.fund
            )
            rules = blocking_rules(evaluation, order.waived)
            if rules:
                refused = compliance_refusal(evaluation, rules)
                return replace(refused, evidence=evaluation.evidence)
            found.append(evaluation.evidence)
    return tuple(found)


def _book(turn: Turn, cross: Cross, order_id: str, word: str) -> tuple[str, tuple[Leg, ...]]:
    """Execute one side; its placement, and the units that each fund got or gave."""
    base = turn.stamp.base.partition("-")[0]
    cl_ord_id = turn.identity.next_cl_ord_id()
    turn.stamp = replace(turn.stamp, base=f"{base}-{word}", cl_ord_id=cl_ord_id)
    order: Order = turn.book.orders[order_id]
    state_allocation(turn, order)
    placement_id = turn.stamp.id("plc")
    created = PlacementCreated(
        placement_id=placement_id,
        order_id=order.id,
        block_id=turn.book.block_of[order.id],
        destination=INTERNAL,
        cl_ord_id=cl_ord_id,
        security_id=order.security_id,
        side=order.side,
        quantity=cross.quantity,
        order_type=OrderType.LIMIT,
        limit_price=cross.price,
        stop_price=None,
        time_in_force=TimeInForce.FOK,
        expire_on=None,
        text="",
        trader=cross.proposed_by,
        manual=True,
        at=turn.at,
    )
    turn.emit(created, placement_id)
    exec_id = f"{cross.id}:{word}"
    report = ReportPlacement(
        session=INTERNAL,
        row=0,
        kind=ReportKind.FILL,
        cl_ord_id=cl_ord_id,
        exec_id=exec_id,
        last_qty=cross.quantity,
        last_px=cross.price,
        venue=_OFF_EXCHANGE,
        transact_time=turn.at,
        received_at=turn.at,
        keyed_by=turn.stamp.actor,
    )
    take_report(turn, report)
    execution = turn.book.executions[turn.book.exec_ids[INTERNAL, exec_id]]
    assert execution.booked_qty == cross.quantity
    return placement_id, tuple(Leg(fund=fund, quantity=units) for fund, units in execution.split)
