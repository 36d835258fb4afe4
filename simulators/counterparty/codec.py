"""Orders and steps as JSON documents, for the ledger."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from decimal import Decimal
from typing import Any

from simulators.counterparty.model import Do, Leg, Order, Pending, Share, Step, Ticket

#: Kept in their own table or rebuilt from it.
NOT_STORED = frozenset({"executions", "cum_qty", "notional", "script_no"})
DECIMALS = frozenset({"qty", "original_qty", "price", "stop_px"})


def order_to_json(order: Order) -> str:
    """Return the order's facts as a JSON object (executions apart)."""
    document: dict[str, Any] = {}  # values of many types: it is a JSON object
    for name in ORDER_FIELDS:
        value = getattr(order, name)
        if name in DECIMALS:
            value = None if value is None else str(value)
        elif name in {"script", "on_cancel"}:
            value = [step_to_dict(step) for step in value]
        elif name in {"pending", "ticket", "leg"} and value is not None:
            value = asdict(value)
        elif name == "shares":
            value = [asdict(share) for share in value]
        document[name] = value
    return json.dumps(document, separators=(",", ":"), default=_text)


def order_from_json(text: str) -> Order:
    """Return the order of a ledger document, without its executions."""
    document = json.loads(text)
    for name in DECIMALS:
        document[name] = _decimal(document[name])
    for name in ("script", "on_cancel"):
        document[name] = [step_from_dict(step) for step in document[name]]
    if document["pending"] is not None:
        document["pending"] = pending_from_dict(document["pending"])
    if document["ticket"] is not None:
        document["ticket"] = ticket_from_dict(document["ticket"])
    if document["leg"] is not None:
        document["leg"] = leg_from_dict(document["leg"])
    document["shares"] = [share_from_dict(share) for share in document["shares"]]
    document["echo"] = {int(tag): value for tag, value in document["echo"].items()}
    document["algo"] = [(tag, text) for tag, text in document.get("algo", ())]
    return Order(**document)


def step_to_dict(step: Step) -> dict[str, Any]:  # a JSON object
    """Return the step without its default values."""
    return {name: value for name, value in asdict(step).items() if value}


def step_from_dict(document: dict[str, Any]) -> Step:  # a JSON object
    """Return the step of ``step_to_dict``."""
    return Step(**{**document, "do": Do(document["do"])})


def pending_from_dict(document: dict[str, Any]) -> Pending:  # a JSON object
    """Return a pending request as ``order_to_json`` wrote it."""
    numbers = {name: _decimal(document[name]) for name in ("price", "stop_px", "qty")}
    shares = [share_from_dict(share) for share in document["shares"]]
    algo = [(tag, text) for tag, text in document.get("algo", ())]
    return Pending(**{**document, **numbers, "shares": shares, "algo": algo})


def ticket_from_dict(document: dict[str, Any]) -> Ticket:  # a JSON object
    """Return a ticket as ``order_to_json`` wrote it."""
    legs = [leg_from_dict(leg) for leg in document["legs"]]
    after_release = [step_from_dict(step) for step in document["after_release"]]
    return Ticket(**{**document, "legs": legs, "after_release": after_release})


def leg_from_dict(document: dict[str, Any]) -> Leg:  # a JSON object
    """Return a leg as ``order_to_json`` wrote it."""
    return Leg(**{**document, "steps": [step_from_dict(step) for step in document["steps"]]})


def share_from_dict(document: dict[str, Any]) -> Share:  # a JSON object
    """Return a share as ``order_to_json`` wrote it."""
    return Share(account=document["account"], qty=Decimal(document["qty"]))


def _text(value: object) -> str:
    """Write a decimal; JSON knows everything else."""
    assert isinstance(value, Decimal)
    return str(value)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


ORDER_FIELDS = tuple(f.name for f in fields(Order) if f.name not in NOT_STORED)
