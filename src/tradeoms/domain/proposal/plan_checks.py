"""What is wrong with the plan of a proposal, or missing to compute it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import StrEnum, unique
from typing import Final

from tradeoms.domain.proposal.terms import Plan
from tradeoms.domain.reference.state import Fund
from tradeoms.kernel.decider import Refusal
from tradeoms.kernel.enums import OrderType
from tradeoms.kernel.numbers import plain

_ALL: Final = Decimal(100)
#: Order types that need no price.
UNPRICED: Final = frozenset({OrderType.MARKET, OrderType.MARKET_ON_CLOSE, OrderType.MARKET_ON_OPEN})


@unique
class PlanRejection(StrEnum):
    """Why a proposal could not be computed. Declared in the order the checks run."""

    PLAN_FUNDS_MISSING = "plan_funds_missing"
    PLAN_FUND_UNKNOWN = "plan_fund_unknown"
    PLAN_FUND_TWICE = "plan_fund_twice"
    PLAN_FLOW_UNFIT = "plan_flow_unfit"
    PLAN_VALUE_RANGE = "plan_value_range"
    PLAN_ORDER_TYPE = "plan_order_type"
    PLAN_MODEL_UNKNOWN = "plan_model_unknown"
    PLAN_BENCHMARK_UNKNOWN = "plan_benchmark_unknown"
    PLAN_NAV_UNKNOWN = "plan_nav_unknown"
    PLAN_CASH_UNKNOWN = "plan_cash_unknown"


def check_plan(plan: Plan, funds: Mapping[str, Fund]) -> list[Refusal]:
    """Everything that is wrong with a plan before any figure is looked at."""
    return [*_check_funds(plan, funds), *_check_values(plan)]


def refuse(code: PlanRejection, detail: str, field: str, value: object = "") -> Refusal:
    """One reason."""
    return Refusal(code=code, detail=detail, field=field, value=str(value))


def _check_funds(plan: Plan, funds: Mapping[str, Fund]) -> Iterator[Refusal]:
    code = PlanRejection
    if not plan.funds:
        yield refuse(code.PLAN_FUNDS_MISSING, "name at least one fund", "funds")
    for number, fund in enumerate(plan.funds):
        if fund not in funds:
            yield refuse(code.PLAN_FUND_UNKNOWN, "no such fund", f"funds/{number}", fund)
        if fund in plan.funds[:number]:
            yield refuse(code.PLAN_FUND_TWICE, "each fund once", f"funds/{number}", fund)
    seen: set[str] = set()
    for number, flow in enumerate(plan.flows):
        if flow.fund not in plan.funds or flow.fund in seen or not flow.amount:
            detail = "a fund of the proposal, once, and an amount that is not zero"
            yield refuse(code.PLAN_FLOW_UNFIT, detail, f"flows/{number}", flow.fund)
        seen.add(flow.fund)


def _check_values(plan: Plan) -> Iterator[Refusal]:
    code = PlanRejection
    for field, value, most in (
        ("tolerance", plan.tolerance, _ALL),
        ("cash_buffer", plan.cash_buffer, _ALL),
        ("minimum_trade", plan.minimum_trade, None),
    ):
        if value < 0 or (most is not None and value > most):
            detail = "must not be negative" if most is None else "from 0 to 100"
            yield refuse(code.PLAN_VALUE_RANGE, detail, field, plain(value))
    if plan.order_type not in UNPRICED:
        detail = f"one of {', '.join(sorted(UNPRICED))}"
        yield refuse(code.PLAN_ORDER_TYPE, detail, "order_type", plan.order_type)
