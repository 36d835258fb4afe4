"""Requests about waivers."""

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
