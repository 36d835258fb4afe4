"""Requests about kill switches, and the fact that one was thrown while no engine ran."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tradeoms.domain.kill.scope import KillScope


@dataclass(frozen=True, slots=True, kw_only=True)
class ThrowKillSwitch:
    """Stop new risk in a scope.

    Attributes:
        switch_id: Made by the door, which has told the gateways before it asks the engine; the
            same id a second time changes nothing. Empty: the engine makes one.
        cancel_open: Ask for the cancellation of every open placement in the scope as well.
    """

    kind: KillScope
    value: str
    reason: str
    cancel_open: bool = True
    switch_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordKillSwitch:
    """A switch was thrown at the gateways without the engine: a fact, never refused."""

    switch_id: str
    kind: KillScope
    value: str
    reason: str
    cancel_open: bool
    thrown_by: str
    thrown_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseKillSwitch:
    """Let new risk pass again; by another person than who threw the switch."""

    switch_id: str
    reason: str
