"""The scenarios of a certification, in the order in which they are played.

Each is a function that returns, or raises `Failed` with what was expected and what came. Sources:
FIX 4.4 Volume 2 (session) and Volume 4 appendix D (order state changes).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from tradeoms.app.instruction import Instruction, InstructionKind
from tradeoms.domain.placement.commands import ReportKind, ReportPlacement
from tradeoms.fix.certify.client import Failed
from tradeoms.fix.certify.desk import Desk
from tradeoms.fix.certify.plan import Cue
from tradeoms.fix.dialect import Dialect
from tradeoms.fix.outbound import mass_status_request
from tradeoms.kernel.enums import OrdStatus
from tradeoms.kernel.numbers import ZERO


@dataclass(frozen=True, slots=True)
class Scenario:
    """One thing to prove.

    Attributes:
        name: For the command line and the transcript.
        asks: What the counterparty has to do, for the person at its end.
        play: Plays it.
        cues: Quantities that the plan must have for it.
        wanted: False for a dialect that does not have it.
    """

    name: str
    asks: str
    play: Callable[[Desk], None]
    cues: tuple[Cue, ...] = ()
    wanted: Callable[[Dialect], bool] = lambda _: True


def logon(desk: Desk) -> None:
    """Both Logons, numbers from 1."""
    desk.client.connect()
    desk.client.log_on()
    desk.client.wait("Logon", lambda: bool(desk.client.since(0, "A")))
    (answer, *_) = desk.client.since(0, "A")
    _equal("HeartBtInt (108)", answer.get(108), str(desk.client.config.heartbeat_s))
    _equal("MsgSeqNum (34) after the reset", answer.get(34), "1")


def heartbeat(desk: Desk) -> None:
    """A TestRequest is answered."""
    desk.client.ask_alive("certify")


def filled(desk: Desk) -> None:
    """New, executions, filled."""
    order = desk.place("fill")
    accepted = desk.expect_kind(ReportKind.NEW, order)
    if not accepted.broker_order_id:
        raise Failed(reason="New without OrderID (37)")
    done = desk.expect("Filled", order, having=lambda each: each.ord_status is OrdStatus.FILLED)
    _equal("CumQty (14)", done.cum_qty, order.quantity)
    _equal("LeavesQty (151)", done.leaves_qty, ZERO)


def partly_filled(desk: Desk) -> None:
    """Half an order."""
    order = desk.place("partial")
    _partial(desk, order)


def rejected(desk: Desk) -> None:
    """A reject of a new order."""
    order = desk.place("reject")
    told = desk.expect_kind(ReportKind.REJECTED, order)
    _equal("OrdStatus (39)", told.ord_status, OrdStatus.REJECTED)


def canceled(desk: Desk) -> None:
    """Cancel what is left of an order."""
    order = desk.place("partial")
    _partial(desk, order)
    asked = desk.cancel(order)
    told = desk.expect_kind(ReportKind.CANCELED, order, asked)
    _equal("OrdStatus (39)", told.ord_status, OrdStatus.CANCELED)


def cancel_refused(desk: Desk) -> None:
    """Too late to cancel; the order goes on."""
    order = desk.place("no_cancel")
    desk.expect_kind(ReportKind.NEW, order)
    asked = desk.cancel(order)
    told = desk.expect_kind(ReportKind.CANCEL_REJECTED, asked)
    if told.ord_status is OrdStatus.CANCELED:
        raise Failed(reason="refused, and OrdStatus (39) is Canceled")


def replaced(desk: Desk) -> None:
    """A larger quantity, then cancel by the new ClOrdID."""
    order = desk.place("partial")
    _partial(desk, order)
    larger = order.quantity + 100
    asked = desk.replace(order, larger)
    told = desk.expect_kind(ReportKind.REPLACED, order, asked)
    _equal("OrderQty (38)", told.order_qty, larger)
    cancel = desk.cancel(asked)
    desk.expect_kind(ReportKind.CANCELED, order, asked, cancel)


def replace_refused(desk: Desk) -> None:
    """The old terms stay."""
    order = desk.place("no_replace")
    desk.expect_kind(ReportKind.NEW, order)
    asked = desk.replace(order, order.quantity + 100)
    desk.expect_kind(ReportKind.REPLACE_REJECTED, asked)


def status(desk: Desk) -> None:
    """A status request is answered with the sums, and books nothing."""
    order = desk.place("partial")
    partial = _partial(desk, order)
    known_as = desk.order_id(order)
    desk.send(replace(order, kind=InstructionKind.STATUS, broker_order_id=known_as))
    told = desk.expect_kind(ReportKind.STATUS, order)
    _equal("CumQty (14)", told.cum_qty, partial.cum_qty)


def mass_status(desk: Desk) -> None:
    """Every open order is told of."""
    order = desk.place("partial")
    _partial(desk, order)
    desk.client.send("AF", mass_status_request(desk.new_id()))
    desk.expect_kind(ReportKind.STATUS, order)


def mass_canceled(desk: Desk) -> None:
    """Every open order is canceled by one request, and each tells of it."""
    orders = [desk.place("partial"), desk.place("partial")]
    for order in orders:
        _partial(desk, order)
    mark = len(desk.client.received)
    asked = desk.mass_cancel()
    desk.client.wait("OrderMassCancelReport", lambda: bool(desk.client.since(mark, "r")))
    (told, *_) = desk.client.since(mark, "r")
    _equal("ClOrdID (11)", desk.own_id(told.get(11, "")), asked.cl_ord_id)
    _equal("MassCancelResponse (531)", told.get(531), "7")
    for order in orders:
        desk.expect_kind(ReportKind.CANCELED, order)


def listed(desk: Desk) -> None:
    """A list of two: a status of the list, reports of each order, then canceled as one."""
    mark = len(desk.client.received)
    list_id, orders = desk.place_list("partial", 2)
    _status_of_list(desk, list_id, mark)
    for order in orders:
        _partial(desk, order)
    mark = len(desk.client.received)
    desk.client.send("M", [(66, list_id)])
    _status_of_list(desk, list_id, mark)
    mark = len(desk.client.received)
    desk.client.send("K", [(66, list_id), (60, desk.client.now())])
    _status_of_list(desk, list_id, mark)
    for order in orders:
        desk.expect_kind(ReportKind.CANCELED, order)


def _status_of_list(desk: Desk, list_id: str, mark: int) -> None:
    desk.client.wait("ListStatus", lambda: bool(desk.client.since(mark, "N")))
    (told, *_) = desk.client.since(mark, "N")
    _equal("ListID (66)", told.get(66), list_id)
    if told.get(431) == "7":
        raise Failed(reason=f"the list is rejected: {told.get(444, '')}")


def busted(desk: Desk) -> None:
    """An execution is taken back."""
    order = desk.place("bust")
    told = desk.expect_kind(ReportKind.BUST, order)
    _refers_to_execution(desk, order, told)


def corrected(desk: Desk) -> None:
    """The price of an execution is corrected."""
    order = desk.place("correct")
    told = desk.expect_kind(ReportKind.CORRECT, order)
    before = _refers_to_execution(desk, order, told)
    if (before.last_qty, before.last_px) == (told.last_qty, told.last_px):
        raise Failed(reason="a correction that corrects nothing")


def unasked_cancel(desk: Desk) -> None:
    """The counterparty cancels without a request."""
    order = desk.place("unsolicited_cancel")
    told = desk.expect_kind(ReportKind.CANCELED, order)
    _equal("OrigClOrdID (41)", told.orig_cl_ord_id or order.cl_ord_id, order.cl_ord_id)


def same_id(desk: Desk) -> None:
    """A ClOrdID a second time is no second order."""
    order = desk.place("partial")
    partial = _partial(desk, order)
    mark = len(desk.reports(order))
    desk.send(order)
    desk.client.wait("an answer", lambda: len(desk.reports(order)) > mark)
    desk.client.ask_alive("same-id")
    again = desk.reports(order)[mark:]
    if any(each.kind in (ReportKind.NEW, ReportKind.FILL) for each in again):
        raise Failed(reason="the same ClOrdID became an order again")
    told = [each.cum_qty for each in again if each.cum_qty]
    _equal("CumQty (14)", set(told) | {partial.cum_qty}, {partial.cum_qty})


def resend(desk: Desk) -> None:
    """What was sent is sent again on request: the same executions, marked 43=Y."""
    order = desk.place("fill")
    desk.expect("Filled", order, having=lambda each: each.ord_status is OrdStatus.FILLED)
    first, mark = _first_number(desk, order), len(desk.client.received)
    before = {each.exec_id for each in desk.reports(order) if each.kind is ReportKind.FILL}
    desk.client.send("2", [(7, first), (16, "0")])

    def repeated() -> set[str]:
        tags = desk.client.since(mark, "8")
        return {each.get(17, "") for each in tags if each.get(43) == "Y" and each.get(34)}

    wire_ids = {exec_id.rpartition(":")[2] for exec_id in before}
    desk.client.wait("the executions again, with 43=Y", lambda: wire_ids <= repeated())


def gap(desk: Desk) -> None:
    """A number is missing: it is asked for, and the session goes on after a gap fill."""
    desk.client.next_out += 1
    mark = len(desk.client.received)
    missing = desk.client.next_out - 1
    desk.client.send("0", [])
    desk.client.wait("ResendRequest", lambda: bool(desk.client.since(mark, "2")))
    _equal("BeginSeqNo (7)", desk.client.since(mark, "2")[0].get(7), str(missing))
    desk.client.ask_alive("after-gap")


def poss_dup(desk: Desk) -> None:
    """An order that comes again with 43=Y is no second order."""
    order = desk.place("fill")
    seq = desk.client.next_out - 1
    desk.expect("Filled", order, having=lambda each: each.ord_status is OrdStatus.FILLED)
    mark = len(desk.reports(order))
    msg_type, pairs = desk.client.sent(seq)
    desk.client.write(desk.client.encode(msg_type, seq, pairs, duplicate=True))
    desk.client.ask_alive("after-dup")
    again = [each for each in desk.reports(order)[mark:] if each.kind is ReportKind.FILL]
    if again:
        raise Failed(reason=f"executed again: {[each.exec_id for each in again]}")


def garbled(desk: Desk) -> None:
    """A message with a wrong CheckSum (10) never was: its number is still free."""
    client = desk.client
    raw = client.encode("1", client.next_out, [(112, "garbled")])
    mark = len(client.received)
    client.write(raw[:-4] + f"{(int(raw[-4:-1]) + 1) % 256:03d}".encode() + raw[-1:])
    client.ask_alive("after-garbled")
    if any(tags.get(112) == "garbled" for tags in client.since(mark, "0")):
        raise Failed(reason="a message with a wrong CheckSum was answered")


def logout(desk: Desk) -> None:
    """A Logout is answered."""
    mark = len(desk.client.received)
    desk.client.send("5", [])
    desk.client.wait("Logout", lambda: bool(desk.client.since(mark, "5")))


def _partial(desk: Desk, order: Instruction) -> ReportPlacement:
    """Wait until a part, and not the whole, is executed and nothing more comes by itself."""
    half = order.quantity / 2
    told = desk.expect(
        "half of it", order, having=lambda each: each.cum_qty is not None and each.cum_qty >= half
    )
    _equal("OrdStatus (39)", told.ord_status, OrdStatus.PARTIALLY_FILLED)
    return told


def _refers_to_execution(desk: Desk, order: Instruction, told: ReportPlacement) -> ReportPlacement:
    known = {each.exec_id: each for each in desk.reports(order) if each.kind is ReportKind.FILL}
    if told.exec_ref_id not in known:
        raise Failed(reason=f"ExecRefID (19) {told.exec_ref_id!r} names none of {sorted(known)}")
    return known[told.exec_ref_id]


def _first_number(desk: Desk, order: Instruction) -> str:
    """MsgSeqNum of the first report about the order."""
    wire = order.cl_ord_id
    return next(
        tags[34] for tags, _ in desk.client.received
        if tags.get(35) == "8" and desk.own_id(tags.get(11, "")) == wire
    )  # fmt: skip


def _equal(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise Failed(reason=f"{what} is {_said(found)}, not {_said(wanted)}")


def _said(value: object) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _replaces(dialect: Dialect) -> bool:
    return dialect.replace.outstanding != "none" and "quantity" in dialect.replace.changeable


SCENARIOS: Final = (
    Scenario("logon", "accept a Logon with 141=Y", logon),
    Scenario("heartbeat", "answer a TestRequest", heartbeat),
    Scenario("fill", "acknowledge, fill", filled, ("fill",)),
    Scenario("partial", "acknowledge, fill half", partly_filled, ("partial",)),
    Scenario("reject", "reject", rejected, ("reject",)),
    Scenario("cancel", "fill half, cancel the rest on request", canceled, ("partial",)),
    Scenario("cancel_reject", "acknowledge, refuse the cancel", cancel_refused, ("no_cancel",)),
    Scenario("replace", "fill half, accept a larger quantity", replaced, ("partial",), _replaces),
    Scenario(
        "replace_reject", "acknowledge, refuse the replace", replace_refused, ("no_replace",),
        _replaces,
    ),
    Scenario(
        "status", "fill half, answer a status request", status, ("partial",),
        lambda dialect: dialect.recovery.status_request,
    ),
    Scenario(
        "mass_status", "fill half, answer a mass status request", mass_status, ("partial",),
        lambda dialect: dialect.recovery.mass_status,
    ),
    Scenario(
        "mass_cancel", "fill half of two, cancel all on one request", mass_canceled, ("partial",),
        lambda dialect: dialect.cancel.mass,
    ),
    Scenario(
        "list", "fill half of each of a list of two, tell its status, cancel it", listed,
        ("partial",), lambda dialect: dialect.lists.orders,
    ),
    Scenario("bust", "fill, take the fill back", busted, ("bust",)),
    Scenario("correct", "fill, correct the price", corrected, ("correct",)),
    Scenario("unsolicited_cancel", "cancel unasked", unasked_cancel, ("unsolicited_cancel",)),
    Scenario("duplicate_id", "refuse a known ClOrdID", same_id, ("partial",)),
    Scenario("resend", "fill, repeat on a ResendRequest", resend, ("fill",)),
    Scenario("gap", "ask for a missing number", gap),
    Scenario("poss_dup", "fill, ignore the order sent again", poss_dup, ("fill",)),
    Scenario("garbled", "ignore a wrong CheckSum", garbled),
    Scenario("logout", "answer a Logout", logout),
)  # fmt: skip
