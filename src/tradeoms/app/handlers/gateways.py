"""A gateway that attaches to its session, and people's actions on sessions."""

from __future__ import annotations

from typing import Final, get_args

from tradeoms.app.handlers.answer import plain_json
from tradeoms.app.handlers.watching import ask_status
from tradeoms.app.turn import Turn
from tradeoms.app.wire import ActionName, Attach, SessionAction
from tradeoms.domain.catalog import ActOnSession
from tradeoms.domain.placement.commands import SendOutcome
from tradeoms.domain.placement.events import RequestSent
from tradeoms.domain.placement.state import Placement
from tradeoms.domain.reference.decide import ReferenceRejection
from tradeoms.domain.reference.events import GatewayAttached, SessionActionRequested
from tradeoms.kernel.decider import Rejected, reject

ACTIONS: Final[tuple[str, ...]] = get_args(ActionName)


def attach_gateway(turn: Turn, attach: Attach) -> int:
    """Note the wire journal of a session; return the outbox number behind which it is to be served.

    Where the journal is another than before, the old one was lost with all it knew of what left the
    house: nothing old is sent again, every order of the session that nobody answered becomes
    `unknown`, and its status is asked for.
    """
    known = turn.book.gateways.get(attach.session)
    if known == attach.journal_id:
        return attach.number
    behind = turn.number
    attached = GatewayAttached(session=attach.session, journal_id=attach.journal_id, at=turn.at)
    turn.emit(attached, f"gateway_{attach.session}")
    if known is None:
        return attach.number
    for placement in list(turn.book.placements.values()):
        if placement.destination == attach.session and placement.is_open:
            _doubt(turn, placement)
    return behind


def _doubt(turn: Turn, placement: Placement) -> None:
    asked = [request.cl_ord_id for request in placement.requests if request.sent is None]
    if placement.sent is None and not placement.answered:
        asked.append(placement.cl_ord_id)
    for cl_ord_id in asked:
        doubted = RequestSent(
            placement_id=placement.id,
            cl_ord_id=cl_ord_id,
            outcome=SendOutcome.UNKNOWN,
            msg_seq_num=0,
            reason="the gateway lost its wire journal",
            at=turn.at,
        )
        turn.emit(doubted, placement.id)
    current = turn.book.placements[placement.id]
    ask_status(turn, current)


def act_on_session(turn: Turn, command: ActOnSession) -> bytes | Rejected:
    """Put a person's action on record and pass it to the gateway."""
    code = ReferenceRejection
    if command.session not in turn.book.destinations:
        detail = "no such session"
        return reject(code.RESOURCE_UNKNOWN, detail, field="session", value=command.session)
    if command.action not in ACTIONS:
        detail = f"one of {', '.join(ACTIONS)}"
        return reject(code.CODE_FORMAT, detail, field="action", value=command.action)
    if not command.reason.strip():
        return reject(code.REASON_MISSING, "say why", field="reason")
    assert turn.stamp is not None
    acted = SessionActionRequested(
        session=command.session,
        action=command.action,
        number=command.number,
        reason=command.reason,
        actor=turn.stamp.actor,
        at=turn.at,
    )
    turn.emit(acted, f"gateway_{command.session}")
    turn.actions.append(
        SessionAction(
            session=command.session,
            action=command.action,  # type: ignore[arg-type]  # checked against ACTIONS above
            number=command.number,
        )
    )
    return plain_json(session=command.session, action=command.action, seq=turn.seq)
