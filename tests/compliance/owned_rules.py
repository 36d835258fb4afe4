"""Random rules about shares of an issue, averages, coverage and outside figures; their facts."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from tradeoms.compliance import ComplianceBook
from tradeoms.compliance.outside import Figure

SHARES = ("0.05", "0.1", "0.2", "0.25")


def put_outside(dice: Random, book: ComplianceBook, *, gaps: bool, now: datetime) -> None:
    """Give issuers and underlyings amounts, ladders last reports, funds figures."""
    outside = book.facts.outside
    for issuer in ("I1", "I2"):
        if not gaps or dice.random() < 0.85:
            outside.issuers[issuer] = {"votes_out": Decimal(dice.choice([100, 200, 400]))}
    for name in ("A", "U"):
        if not gaps or dice.random() < 0.85:
            outside.underlyings[name] = {"shares_out": Decimal(dice.choice([100, 200]))}
    for number in range(8):
        for cell in ("A", "B", "I1", "I2", "U"):
            if dice.random() < 0.3:
                share = Decimal(dice.choice(["0.05", "0.1", "0.15"]))
                outside.reported[f"R{number}", cell] = share
    for fund_id in book.facts.funds:
        if not gaps or dice.random() < 0.8:
            outside.figures["VaR", fund_id] = Figure(
                value=Decimal(dice.choice(["0.1", "0.19", "0.2", "0.21"])),
                at=now - timedelta(minutes=dice.choice([0, 5, 60, 61])),
            )
    book.outside_changed()


def ownership(dice: Random) -> dict[str, Any]:
    rule = _owned(dice) | {"kind": "ownership", "max": dice.choice(SHARES)}
    rule["strict"] = dice.random() < 0.3
    rule["test"] = dice.choice(["always", "acquisition"])
    rule["reducing"] = dice.choice(["allow", "allow", "deny"])
    if dice.random() < 0.3:
        rule["warn"] = "0.05"
    return rule | standing(dice)


def exemption(match: dict[str, Any], until: str, **limit: str) -> dict[str, Any]:
    """A time-boxed exception as an officer writes it."""
    return {"match": match, "until": until, "approved_by": "cora", "reason": "launch", **limit}


def standing(dice: Random) -> dict[str, Any]:
    """Dates and exceptions of a rule with a maximum on 2026-03-02."""
    found: dict[str, Any] = {}
    if dice.random() < 0.3:
        day = dice.choice(["2026-03-01", "2026-03-02", "2026-03-03"])
        found["schedule"] = [{"on": day, "max": dice.choice(SHARES)}]
    if dice.random() < 0.3:
        exception = exemption(
            dice.choice([{}, {"cells": ["A", "I1"]}, {"funds": ["F1", "firm"]}]),
            dice.choice(["2026-03-01", "2026-03-02"]),
        )
        if dice.random() < 0.6:
            exception["limit"] = "0.3"
        found["exceptions"] = [exception]
    return found


def ladder(dice: Random) -> dict[str, Any]:
    rule = _owned(dice) | {"kind": "ladder", "severity": "info"}
    rule["cross"] = dice.choice(["reach", "exceed"])
    rule["sign"] = dice.choice(["long", "long", "short"])
    rule["thresholds"] = dice.choice(
        [["0.05"], ["0.05", "0.1", "0.25"], {"from": "0.02", "to": "0.5", "step": "0.02"}]
    )
    if dice.random() < 0.4:
        rule["round_down"] = dice.choice(["0.01", "0.04"])
    if dice.random() < 0.4:
        rule["change_step"] = dice.choice(["0.01", "0.05", "0.1"])
    if dice.random() < 0.3:
        rule["public_from"] = "0.1"
    return rule


def _owned(dice: Random) -> dict[str, Any]:
    owned: dict[str, Any] = dice.choice(
        [
            {"own_by": "sec", "den_attr": "shares_out"},
            {"own_by": "issuer", "den_attr": "votes_out", "den_from": "issuers"},
            {"own_by": "sec", "den_attr": "votes_out", "den_from": "issuers"},
            {"own_by": "underlying", "den_attr": "shares_out"},
        ]
    )
    rule = dict(owned)
    rule["measure"] = dice.choice(["qty", "votes", "par", "share_eq"])
    rule["level"] = dice.choice(["fund", "firm", "firm", "family", {"group": "G"}])
    rule["pending"] = dice.choice(["worst", "worst", "worst", "all", "none"])
    if dice.random() < 0.2:
        rule["select"] = [["green", "==", True]]
    return rule


def wavg(dice: Random) -> dict[str, Any]:
    rule: dict[str, Any] = {"kind": "wavg", "attr": "duration"}
    rule["measure"] = dice.choice(["mv", "mv", "exposure", "qty"])
    rule["level"] = dice.choice(["fund", "fund", "firm", "family"])
    rule["pending"] = dice.choice(["worst", "worst", "all", "none"])
    rule["reducing"] = dice.choice(["allow", "allow", "deny"])
    rule["test"] = dice.choice(["always", "acquisition"])
    bounds = dice.choice([("max",), ("max",), ("min",), ("max", "min")])
    rule |= {bound: dice.choice(["4", "5", "6"]) for bound in bounds}
    if dice.random() < 0.3:
        rule["select"] = dice.choice([[["type", "==", "bond"]], [["green", "==", True]]])
    return rule


def coverage(dice: Random) -> dict[str, Any]:
    return {"kind": "coverage", "min": dice.choice(["2", "3"])}


def external(dice: Random) -> dict[str, Any]:
    rule: dict[str, Any] = {"kind": "external", "figure": "VaR", "max": "0.2"}
    rule["max_age_minutes"] = 60
    rule["strict"] = dice.random() < 0.3
    if dice.random() < 0.5:
        rule["warn"] = "0.15"
    return rule


OWNED = (ownership, ownership, ladder, ladder, wavg, wavg, coverage, external)
