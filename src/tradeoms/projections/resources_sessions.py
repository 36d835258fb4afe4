"""Actions on FIX sessions as REST shows them."""

from __future__ import annotations

import msgspec

from tradeoms.domain.session.state import Action
from tradeoms.projections.resources_text import instant


class SessionActionResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a person did to a FIX session, and what came of it."""

    id: str
    version: int
    seq: int
    session: str
    action: str
    number: int | None
    direction: str | None
    reason: str
    status: str
    requested_by: str
    decided_by: str | None
    decision_reason: str | None
    detail: str
    request_id: str | None
    """ClOrdID of a mass cancel, ListID of what is about a list."""
    created_at: str
    updated_at: str


def session_action_resource(action: Action, *, seq: int) -> SessionActionResource:
    """Show an action."""
    return SessionActionResource(
        id=action.id,
        version=seq,
        seq=seq,
        session=action.session,
        action=action.kind.value,
        number=action.number or None,
        direction=action.direction if action.kind.takes_two else None,
        reason=action.reason,
        status=action.status.value,
        requested_by=action.requested_by,
        decided_by=action.decided_by or None,
        decision_reason=action.decision_reason or None,
        detail=action.detail,
        request_id=action.request_id or None,
        created_at=instant(action.created_at),
        updated_at=instant(action.updated_at),
    )
