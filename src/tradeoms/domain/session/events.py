"""What happened to FIX sessions by people's hands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tradeoms.domain.session.state import ActionStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionActionRequested:
    """A person acted on a FIX session.

    Attributes:
        action_id: Empty in journals of the first version, where nothing was told of its outcome.
        waits: True where another person must approve it first.
        cl_ord_id: Of a mass cancel, its ClOrdID (FIX 11); of a list, its ListID (66).
        program: Of a mass cancel, the list that it is about (ListID, FIX 66); empty for none.
        security_id: Of a mass cancel, the security it is about; empty for all orders.
    """

    session: str
    action: str
    number: int
    reason: str
    actor: str
    at: datetime
    action_id: str = ""
    direction: str = "in"
    waits: bool = False
    cl_ord_id: str = ""
    security_id: str = ""
    program: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionActionApproved:
    """Another person let it go ahead."""

    action_id: str
    reason: str
    approved_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionActionRefused:
    """It is not carried out."""

    action_id: str
    reason: str
    refused_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionActionReported:
    """What became of it at the gateway: done, failed, or no gateway was there."""

    action_id: str
    outcome: ActionStatus
    detail: str
    at: datetime


SessionEvent = (
    SessionActionRequested | SessionActionApproved | SessionActionRefused | SessionActionReported
)
