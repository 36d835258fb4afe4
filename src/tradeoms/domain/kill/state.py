"""The facts of a kill switch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from tradeoms.domain.kill import events as e
from tradeoms.domain.kill.scope import KillScope, Target, covers


@dataclass(frozen=True, slots=True, kw_only=True)
class KillSwitch:
    """A switch, thrown and perhaps released.

    Attributes:
        value: Fund, person, destination or security; empty for the firm.
        released_at: `None` while it stops new risk.
    """

    id: str
    kind: KillScope
    value: str
    cancel_open: bool
    reason: str
    thrown_by: str
    thrown_at: datetime
    offline: bool
    created_at: datetime
    updated_at: datetime
    released_by: str = ""
    released_at: datetime | None = None
    release_reason: str = ""

    @property
    def active(self) -> bool:
        """True until it is released."""
        return self.released_at is None

    def stops(self, target: Target) -> bool:
        """True where ``target`` must not add risk."""
        return self.active and covers(self.kind, self.value, target)

    @property
    def words(self) -> str:
        """Which switch, who threw it and why, for whoever is refused."""
        return describe(self.id, self.kind, self.value, thrown_by=self.thrown_by, why=self.reason)


def describe(switch_id: str, kind: KillScope, value: str, *, thrown_by: str, why: str) -> str:
    """Which switch, who threw it and why."""
    return f"{switch_id} for {kind} {value}".rstrip() + f", thrown by {thrown_by}: {why}"


def throw(event: e.KillSwitchThrown) -> KillSwitch:
    """The switch as it was thrown."""
    return KillSwitch(
        id=event.switch_id,
        kind=event.kind,
        value=event.value,
        cancel_open=event.cancel_open,
        reason=event.reason,
        thrown_by=event.thrown_by,
        thrown_at=event.thrown_at,
        offline=event.offline,
        created_at=event.at,
        updated_at=event.at,
    )


def release(switch: KillSwitch, event: e.KillSwitchReleased) -> KillSwitch:
    """Return the switch after its release."""
    return replace(
        switch,
        released_by=event.released_by,
        released_at=event.at,
        release_reason=event.reason,
        updated_at=event.at,
    )
