"""Requests about breaches and waivers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestWaiver:
    """Ask for permission to proceed with a soft breach. `rule` is `id` or `id@version`."""

    order_id: str
    rule: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveWaiver:
    """Give the permission; never by the person who asked or who entered the order."""

    waiver_id: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseWaiver:
    """Say no, with a reason."""

    waiver_id: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignBreach:
    """Make a person responsible for a breach."""

    breach_id: str
    assignee: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentBreach:
    """Add a remark that officer and portfolio manager both see."""

    breach_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveBreach:
    """Say how the breach was dealt with."""

    breach_id: str
    resolution: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseBreach:
    """Sign a resolved breach off; another person than the one who resolved it."""

    breach_id: str
