"""Orders and steps as JSON documents, for the ledger."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from decimal import Decimal
from typing import Any

from simulators.broker.model import Do, Order, Pending, Step

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
        elif name == "pending" and value is not None:
            value = pending_to_dict(value)
        document[name] = value
    return json.dumps(document, separators=(",", ":"))


def order_from_json(text: str) -> Order:
    """Return the order of a ledger document, without its executions."""
    document = json.loads(text)
    for name in DECIMALS:
        document[name] = _decimal(document[name])
    for name in ("script", "on_cancel"):
        document[name] = [step_from_dict(step) for step in document[name]]
    if document["pending"] is not None:
        document["pending"] = pending_from_dict(document["pending"])
    document["echo"] = {int(tag): value for tag, value in document["echo"].items()}
    return Order(**document)


def step_to_dict(step: Step) -> dict[str, Any]:  # a JSON object
    """Return the step without its default values."""
    return {name: value for name, value in asdict(step).items() if value}


def step_from_dict(document: dict[str, Any]) -> Step:  # a JSON object
    """Return the step of ``step_to_dict``."""
    return Step(**{**document, "do": Do(document["do"])})


def pending_to_dict(pending: Pending) -> dict[str, Any]:  # a JSON object
    """Return a pending request as a JSON object."""
    return {
        name: str(value) if isinstance(value, Decimal) else value
        for name, value in asdict(pending).items()
    }


def pending_from_dict(document: dict[str, Any]) -> Pending:  # a JSON object
    """Return the pending request of ``pending_to_dict``."""
    return Pending(
        **{**document, **{name: _decimal(document[name]) for name in ("price", "stop_px", "qty")}}
    )


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


ORDER_FIELDS = tuple(f.name for f in fields(Order) if f.name not in NOT_STORED)
