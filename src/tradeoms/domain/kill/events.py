"""What happened to kill switches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tradeoms.domain.kill.scope import KillScope


@dataclass(frozen=True, slots=True, kw_only=True)
class KillSwitchThrown:
    """From now on nothing that adds risk leaves in the scope; cancels do.

    Attributes:
        value: Fund, person, destination or security; empty for the firm.
        offline: True where it was thrown at the gateways while no engine answered; `thrown_at` is
            then earlier than `at`.
    """

    switch_id: str
    kind: KillScope
    value: str
    cancel_open: bool
    reason: str
    thrown_by: str
    thrown_at: datetime
    offline: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KillSwitchReleased:
    """The switch stops nothing any more."""

    switch_id: str
    reason: str
    released_by: str
    at: datetime


KillEvent = KillSwitchThrown | KillSwitchReleased
