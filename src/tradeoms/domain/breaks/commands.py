"""Requests about breaks."""

from __future__ import annotations

from dataclasses import dataclass

from tradeoms.domain.breaks.state import Adjustment


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveBreak:
    """Say how a disagreement was settled, or ask for what settles it.

    Attributes:
        resolution: The reason, in words.
        action: One of `state.BreakAction`.
        placement_id: For `attach`, and for an `adjust` that adds, the placement of the execution.
        adjustment: For `adjust`, what is put right.
    """

    break_id: str
    resolution: str
    action: str = "explain"
    placement_id: str = ""
    adjustment: Adjustment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveBreakAction:
    """Let an action go ahead that moves money; by another person than who asked for it."""

    break_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseBreakAction:
    """Say no to an action that waits, or take one's own back; the break stays open."""

    break_id: str
    reason: str


BreakCommand = ResolveBreak | ApproveBreakAction | RefuseBreakAction
