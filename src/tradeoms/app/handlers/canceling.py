"""Many placements canceled at once: one mass cancel goes before the cancels of each, where it may.

Each placement has a cancel of its own, and ends by its own reports only. The mass cancel (FIX q) is
faster and nothing more: the gateway lets the single ones leave where it does not do its work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

from tradeoms.app.handlers.answer import plain_json
from tradeoms.app.handlers.orders import cancel_placement
from tradeoms.app.target import names_of
from tradeoms.app.turn import Turn
from tradeoms.domain.placement.commands import CancelPlacements
from tradeoms.domain.placement.decide import PlacementRejection
from tradeoms.domain.placement.state import Placement
from tradeoms.domain.reference.entitlement import may
from tradeoms.domain.session.decide import mass_cancel
from tradeoms.kernel.decider import Rejected, reject
from tradeoms.projections.book import Book

#: Fewer than this are canceled one by one.
_WORTH: Final = 2


def cancel_placements(turn: Turn, command: CancelPlacements) -> bytes | Rejected:
    """Ask for the cancellation of all that is open in the scope and that the person may cancel."""
    refused = _refuse_scope(turn.book, command)
    if refused is not None:
        return refused
    user = turn.book.users.get(turn.stamp.actor)
    wanted = [
        each
        for each in turn.book.placements.values()
        if each.is_open
        and command.destination in {"", each.destination}
        and _is_of(turn.book, each, command.security)
        and may(user, "CancelPlacement", _funds(turn.book, each))
    ]
    actions = cancel_all(turn, wanted, command.reason)
    asked = [each.id for each in wanted]
    return plain_json(placements=asked, mass_cancels=actions, seq=turn.seq)


def cancel_all(turn: Turn, placements: Sequence[Placement], reason: str) -> list[str]:
    """Ask for the cancellation of each; return the ids of the mass cancels that go before."""
    actions: list[str] = []
    ordered = sorted(placements, key=lambda each: each.destination)  # stable: oldest first
    for _, group in groupby(ordered, key=lambda each: each.destination):
        mine = list(group)
        before = _mass_cancel(turn, mine, reason, len(actions))
        actions += [before[0]] if before else []
        for each in mine:
            cancel_placement(turn, each, before[1] if before else "")
    return actions


def _mass_cancel(
    turn: Turn, wanted: Sequence[Placement], reason: str, number: int
) -> tuple[str, str] | None:
    """Ask for one message that cancels exactly ``wanted``, all of one destination.

    Returns:
        Id of the action and ClOrdID of the request; `None` where no message says just that.
    """
    fresh = [each for each in wanted if not each.cancel_awaited and not each.manual]
    scope = _scope(turn.book, [each for each in wanted if not each.manual])
    if len(fresh) < _WORTH or scope is None:
        return None
    security_id, program = scope
    stamp = replace(turn.stamp, cl_ord_id=turn.identity.next_cl_ord_id())
    asked = mass_cancel(
        fresh[0].destination, security_id=security_id, program=program, reason=reason,
        number=number, stamp=stamp,
    )  # fmt: skip
    turn.emit(asked, asked.action_id)
    return asked.action_id, asked.cl_ord_id


def _scope(book: Book, wanted: Sequence[Placement]) -> tuple[str, str] | None:
    """A security or a list that ``wanted`` is all of, nothing for all orders there; else `None`.

    By symbol the counterparty may mean another security too: then it is none.
    """
    if not wanted:
        return None
    ids = {each.id for each in wanted}
    others = [
        each
        for each in book.placements.values()
        if each.destination == wanted[0].destination
        and each.is_open
        and not each.manual
        and each.id not in ids
    ]
    programs = {each.program for each in wanted}
    if len(programs) == 1 and "" not in programs and not programs & {o.program for o in others}:
        return "", programs.pop()
    if not others:
        return "", ""
    securities = {each.security_id for each in wanted}
    named = {name for each in securities for name in names_of(book.securities[each])}
    if len(securities) > 1 or any(
        named & names_of(book.securities[each.security_id]) for each in others
    ):
        return None
    return securities.pop(), ""


def _refuse_scope(book: Book, command: CancelPlacements) -> Rejected | None:
    code = PlacementRejection
    if not (command.destination or command.security):
        return reject(code.SCOPE_MISSING, "name a destination, a security or both", field="scope")
    if command.destination and command.destination not in book.destinations:
        value = command.destination
        detail = "no such destination"
        return reject(code.DESTINATION_UNKNOWN, detail, field="destination", value=value)
    known = any(command.security in names_of(each) for each in book.securities.values())
    if command.security and not known:
        detail = "no security has that id, symbol or identifier"
        return reject(code.SCOPE_UNKNOWN, detail, field="security", value=command.security)
    return None


def _is_of(book: Book, placement: Placement, security: str) -> bool:
    return not security or security in names_of(book.securities[placement.security_id])


def _funds(book: Book, placement: Placement) -> set[str]:
    return {leg.fund for each in placement.order_ids for leg in book.orders[each].legs}
