"""Sizing and rebalancing: CPU seconds of each step, on a made-up firm of its own.

Each line is one firm: every fund is brought to a model of all its securities. `compute` is the
trades and their compliance on a replica, `record` the engine taking the proposal, `approve` the
engine turning it into orders, checked against all rules and committed. Times are CPU time of the
one process, for machines are shared. The last line sizes single orders of all funds.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

sys.path.insert(0, str(Path(__file__).parent))

import _world as world  # found by the path above

from tradeoms import bootstrap
from tradeoms.app.engine import Engine
from tradeoms.domain.model.commands import ApproveModel, DefineModel, NamedWeight
from tradeoms.domain.order.commands import CreateOrder
from tradeoms.domain.order.sizing import Measure, Scheme, Sizing, SizingFund
from tradeoms.domain.proposal.commands import ApproveProposal
from tradeoms.domain.proposal.terms import Mode, Plan
from tradeoms.domain.reference.commands import LoadUsers, UserRow
from tradeoms.domain.reference.state import Grant
from tradeoms.kernel.enums import OrderType, Role, Side

#: (funds, securities): lines are their product.
SIZES = ((50, 500), (100, 500))
RULES = 200
#: Points of NAV: small enough for the firm's limits on the value of an order of 100 funds.
WEIGHT = Decimal("0.0005")
ORDERS = 200


@dataclass(slots=True)
class Timed:
    """CPU seconds of a call, and what it gave."""

    seconds: float
    found: Any  # Any: whatever was called


def timed(call: Callable[[], Any]) -> Timed:
    """Call, and measure."""
    began = time.process_time()
    found = call()
    return Timed(time.process_time() - began, found)


def rebalance(funds: int, securities: int) -> dict[str, object]:
    """One firm, from model to orders."""
    with world.firm(funds=funds, securities=securities, rules=RULES) as (settings, engine):
        model = write_model(engine, securities)
        replica = bootstrap.replica(settings)
        started = timed(replica.refresh)
        plan = Plan(
            funds=tuple(engine.book.funds), model=model, model_version=0, mode=Mode.FULL,
            trade_on=date.min, cash_buffer=Decimal(1),
        )  # fmt: skip
        computed = timed(lambda: replica.propose(plan, []))
        fitted = timed(lambda: replica.propose(replace(plan, fit=True), []))
        made = timed(lambda: world.submit(engine, computed.found, "pm"))
        approve = ApproveProposal(proposal_id=made.found["id"])
        approved = timed(lambda: world.submit(engine, approve, "pm"))
        proposal = engine.book.proposals[made.found["id"]]
        return {
            "funds": funds, "securities": securities, "rules": RULES,
            "lines": len(computed.found.lines), "orders": len(proposal.order_ids),
            "bytes": len(msgspec.json.encode(computed.found)),
            "start_s": round(started.seconds, 2), "compute_s": round(computed.seconds, 2),
            "fit_s": round(fitted.seconds, 2), "record_s": round(made.seconds, 2),
            "approve_s": round(approved.seconds, 2),
            "total_s": round(computed.seconds + made.seconds + approved.seconds, 2),
        }  # fmt: skip


def write_model(engine: Engine, securities: int) -> str:
    """A model of all securities, equally weighted, in use."""
    risk = UserRow(id="risk", name="Risk", grants=(Grant(role=Role.RISK),))
    world.submit(engine, LoadUsers(users=(risk,)))
    weights = tuple(
        NamedWeight(scheme="ticker_mic", security=f"S{number}.XNAS", weight=WEIGHT)
        for number in range(securities)
    )
    world.submit(engine, DefineModel(model="core", weights=weights), "pm")
    world.submit(engine, ApproveModel(model="core", version=1), "risk")
    return "core"


def sizes(funds: int) -> dict[str, object]:
    """Single orders of all funds, sized to a target weight; median of CPU milliseconds."""
    with world.firm(funds=funds, securities=ORDERS, rules=RULES) as (_settings, engine):
        named = tuple(SizingFund(fund=code) for code in engine.book.funds)
        sizing = Sizing(
            measure=Measure.TARGET_WEIGHT, scheme=Scheme.EQUAL, funds=named, value=WEIGHT
        )
        took = []
        for number in range(ORDERS):
            order = CreateOrder(
                client_order_id=f"size-{number}", scheme="ticker_mic",
                security=f"S{number}.XNAS", side=Side.BUY, order_type=OrderType.MARKET,
                sizing=sizing,
            )  # fmt: skip
            took.append(timed(lambda order=order: world.submit(engine, order, "pm")).seconds)
        return {
            "funds": funds,
            "orders": ORDERS,
            "order_ms": round(statistics.median(took) * 1e3, 2),
        }


def run() -> list[dict[str, object]]:
    """One row a firm, and one for single orders."""
    return [*(rebalance(*size) for size in SIZES), sizes(SIZES[0][0])]


if __name__ == "__main__":
    for row in run():
        print(row)
