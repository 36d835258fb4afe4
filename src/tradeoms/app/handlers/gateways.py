"""A gateway that attaches to its session."""

from __future__ import annotations

from tradeoms.app.handlers.watching import ask_status
from tradeoms.app.turn import Turn
from tradeoms.app.wire import Attach
from tradeoms.domain.placement.commands import SendOutcome
from tradeoms.domain.placement.events import RequestSent
from tradeoms.domain.placement.state import Placement
from tradeoms.domain.reference.events import GatewayAttached


def attach_gateway(turn: Turn, attach: Attach) -> int:
    """Note the wire journal of a session; return the outbox number behind which it is to be served.

    Where the journal is another than before, the old one was lost with all it knew of what left the
    house: nothing old is sent again, every order of the session that nobody answered becomes
    `unknown`, and its status is asked for. The same where the gateway keeps instructions that the
    outbox does not have: then it is the database that lost its end (it was restored, or a standby
    without the last commits took over), and numbers go on above those that the gateway knows.
    """
    known = turn.book.gateways.get(attach.session)
    lost = attach.number > turn.number
    if known == attach.journal_id and not lost:
        return attach.number
    turn.number = behind = max(turn.number, attach.number)
    attached = GatewayAttached(session=attach.session, journal_id=attach.journal_id, at=turn.at)
    turn.emit(attached, f"gateway_{attach.session}")
    if known is None and not lost:
        return attach.number
    why = "the database lost its end" if lost else "the gateway lost its wire journal"
    for placement in list(turn.book.placements.values()):
        mine = placement.destination == attach.session and not placement.manual
        if mine and placement.is_open:
            _doubt(turn, placement, why)
    return behind


def _doubt(turn: Turn, placement: Placement, why: str) -> None:
    asked = [request.cl_ord_id for request in placement.requests if request.sent is None]
    if not placement.answered:
        asked.append(placement.cl_ord_id)
    for cl_ord_id in asked:
        doubted = RequestSent(
            placement_id=placement.id,
            cl_ord_id=cl_ord_id,
            outcome=SendOutcome.UNKNOWN,
            msg_seq_num=0,
            reason=why,
            at=turn.at,
            forgotten=True,
        )
        turn.emit(doubted, placement.id)
    current = turn.book.placements[placement.id]
    ask_status(turn, current)
