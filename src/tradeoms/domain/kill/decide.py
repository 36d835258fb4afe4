"""Decides who throws and who releases a kill switch, and what an active one refuses."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import StrEnum, unique

from tradeoms.domain.kill import commands as c
from tradeoms.domain.kill import events as e
from tradeoms.domain.kill.scope import KillScope, Target
from tradeoms.domain.kill.state import KillSwitch
from tradeoms.kernel.decider import Rejected, Stamp, reject


@unique
class KillRejection(StrEnum):
    """Why a request was refused because of, or about, a kill switch. In the order of the checks."""

    KILL_SWITCH_ACTIVE = "kill_switch_active"
    KILL_SCOPE_UNKNOWN = "kill_scope_unknown"
    REASON_MISSING = "reason_missing"
    KILL_SWITCH_UNKNOWN = "kill_switch_unknown"
    KILL_SWITCH_RELEASED = "kill_switch_released"
    SAME_PERSON = "same_person"


def refuse(switches: Iterable[KillSwitch], target: Target) -> Rejected | None:
    """Refuse what an active switch stops; `None` where none does."""
    for switch in switches:
        if switch.stops(target):
            code = KillRejection.KILL_SWITCH_ACTIVE
            return reject(code, switch.words, field="kill_switch", value=switch.id)
    return None


def decide_throw(
    command: c.ThrowKillSwitch,
    *,
    switches: Collection[str],
    known: bool,
    stamp: Stamp,
) -> list[e.KillSwitchThrown] | Rejected:
    """Throw a switch; one that is thrown already stays as it is.

    Args:
        command: The request.
        switches: Ids of every switch there ever was.
        known: True where the fund, person, destination or security is one of the house.
        stamp: Time and person.
    """
    if command.switch_id in switches:
        return []
    firm = command.kind is KillScope.FIRM
    if not known or firm == bool(command.value):
        detail = "there is no such thing, so the switch would stop nothing"
        code = KillRejection.KILL_SCOPE_UNKNOWN
        return reject(code, detail, field=f"scope/{command.kind}", value=command.value)
    if not command.reason.strip():
        return reject(KillRejection.REASON_MISSING, "say why", field="reason")
    return [
        e.KillSwitchThrown(
            switch_id=command.switch_id or stamp.id("kil"),
            kind=command.kind,
            value=command.value,
            cancel_open=command.cancel_open,
            reason=command.reason,
            thrown_by=stamp.actor,
            thrown_at=stamp.at,
            offline=False,
            at=stamp.at,
        )
    ]


def record_thrown(
    command: c.RecordKillSwitch, *, switches: Collection[str], stamp: Stamp
) -> list[e.KillSwitchThrown]:
    """Put a switch on record that was thrown without the engine; once."""
    if command.switch_id in switches:
        return []
    return [
        e.KillSwitchThrown(
            switch_id=command.switch_id,
            kind=command.kind,
            value=command.value,
            cancel_open=command.cancel_open,
            reason=command.reason,
            thrown_by=command.thrown_by,
            thrown_at=command.thrown_at,
            offline=True,
            at=stamp.at,
        )
    ]


def decide_release(
    command: c.ReleaseKillSwitch, switch: KillSwitch | None, stamp: Stamp
) -> list[e.KillSwitchReleased] | Rejected:
    """Release a switch; another person than who threw it."""
    code = KillRejection
    if switch is None:
        detail = "no such kill switch"
        return reject(
            code.KILL_SWITCH_UNKNOWN, detail, field="kill_switch", value=command.switch_id
        )
    if not switch.active:
        detail = f"released by {switch.released_by} already"
        return reject(code.KILL_SWITCH_RELEASED, detail, field="kill_switch", value=switch.id)
    if switch.thrown_by == stamp.actor:
        detail = "another person must release what you have stopped"
        return reject(code.SAME_PERSON, detail, field="user", value=stamp.actor)
    if not command.reason.strip():
        return reject(code.REASON_MISSING, "say why", field="reason")
    return [
        e.KillSwitchReleased(
            switch_id=switch.id, reason=command.reason, released_by=stamp.actor, at=stamp.at
        )
    ]
