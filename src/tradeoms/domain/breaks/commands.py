"""Requests about breaks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveBreak:
    """Say how a disagreement was settled, or ask for what settles it.

    Attributes:
        resolution: The reason, in words.
        action: One of `state.BreakAction`.
        placement_id: For `attach`, the placement that the execution belongs to.
    """

    break_id: str
    resolution: str
    action: str = "explain"
    placement_id: str = ""


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
