"""Layouts: a person's own arrangements of grids, and whom he shows them to."""

from __future__ import annotations

from tradeoms.app.handlers.answer import plain_json
from tradeoms.app.turn import Turn
from tradeoms.domain.layout.commands import DeleteLayout, SaveLayout
from tradeoms.domain.layout.decide import decide_delete, decide_save
from tradeoms.domain.layout.events import LayoutEvent
from tradeoms.kernel.decider import Rejected
from tradeoms.kernel.enums import Role


def save_layout(turn: Turn, command: SaveLayout) -> bytes | Rejected:
    """Keep a layout, in place of the person's own of that name."""
    return _record(turn, decide_save(command, turn.book.layouts, _roles(turn), turn.stamp))


def delete_layout(turn: Turn, command: DeleteLayout) -> bytes | Rejected:
    """Forget a layout of the person's own."""
    layout = turn.book.layouts.get(command.layout_id)
    return _record(turn, decide_delete(command, layout, _roles(turn), turn.stamp))


def _roles(turn: Turn) -> frozenset[Role]:
    """The roles that the person holds over any fund."""
    return frozenset(grant.role for grant in turn.book.users[turn.stamp.actor].grants)


def _record(turn: Turn, decided: LayoutEvent | Rejected) -> bytes | Rejected:
    if isinstance(decided, Rejected):
        return decided
    turn.emit(decided, decided.layout_id)
    layout = turn.book.layouts[decided.layout_id]
    return plain_json(id=layout.id, version=layout.version, seq=turn.seq)
