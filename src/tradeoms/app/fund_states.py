"""What funds have before they are rebalanced: holdings, open orders, cash, targets, unit values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction

from tradeoms.app.pretrade import Pretrade
from tradeoms.domain.evaluation import OpenOrder
from tradeoms.domain.model.state import ModelVersion, overridden, weights_for
from tradeoms.domain.proposal.plan_checks import PlanRejection, check_plan, refuse
from tradeoms.domain.proposal.terms import Plan
from tradeoms.domain.reference.state import Security
from tradeoms.kernel.decider import Refusal
from tradeoms.kernel.enums import Side
from tradeoms.kernel.numbers import ZERO
from tradeoms.portfolio.rebalance import FundState

_NOTHING = Fraction(0)


class PlanRefused(Exception):
    """A proposal cannot be computed; carries every reason."""

    def __init__(self, refusals: list[Refusal]) -> None:
        """Keep the reasons."""
        super().__init__(refusals[0].detail)
        self.refusals = refusals


def fund_states(pretrade: Pretrade, plan: Plan, model: ModelVersion | None) -> list[FundState]:
    """The funds of ``plan``, in its order; ``model`` or their benchmarks give the targets.

    Raises:
        PlanRefused: If the plan is wrong, or a figure that it needs is not known.
    """
    book = pretrade.book
    refusals = check_plan(plan, book.funds)
    if refusals:
        raise PlanRefused(refusals)
    gatherer = _Gatherer(pretrade, plan, model)
    states = [gatherer.state(fund) for fund in plan.funds]
    if gatherer.refusals:
        raise PlanRefused(gatherer.refusals)
    return states


class _Gatherer:
    """Reads the facts of compliance for one plan; unit values are made once a currency."""

    def __init__(self, pretrade: Pretrade, plan: Plan, model: ModelVersion | None) -> None:
        self.refusals: list[Refusal] = []
        self._book = pretrade.book
        self._facts = pretrade.compliance.facts
        self._plan = plan
        self._model = model
        self._flows = {flow.fund: flow.amount for flow in plan.flows}
        self._units: dict[str, dict[str, Fraction | None]] = {}
        self._names: dict[str, str] | None = None
        self._own = overridden(self._book.models, model) if model else set()
        self._known: dict[str, Mapping[str, Fraction]] = {}

    def state(self, fund: str) -> FundState:
        known = self._facts.funds[fund]
        flow = Fraction(self._flows.get(fund, ZERO))
        nav = _NOTHING if known.nav is None else Fraction(known.nav) + flow
        if nav <= 0:
            self._refuse(PlanRejection.PLAN_NAV_UNKNOWN, "no net asset value above zero", fund)
        opens = list(self._facts.open_in(fund, without=frozenset()))
        held = {name: units for name, units in self._facts.held(fund).items() if units}
        targets = self._targets(fund)
        on_order = _open_units(opens, fund)
        wanted = (*held, *on_order, *targets)
        return FundState(
            fund=fund,
            nav=nav,
            cash=self._cash(fund, known.currency, opens) + flow,
            held=held,
            open=on_order,
            selling=_open_units(opens, fund, only=Side.SELL),
            targets=targets,
            unit={name: self._unit(name, known.currency) for name in wanted},
        )

    def _refuse(self, code: PlanRejection, detail: str, fund: str) -> None:
        number = self._plan.funds.index(fund)
        self.refusals.append(refuse(code, f"{fund}: {detail}", f"funds/{number}", fund))

    def _unit(self, security_id: str, currency: str) -> Fraction | None:
        units = self._units.setdefault(currency, {})
        if security_id not in units:
            facts = self._facts
            security = facts.securities[security_id]
            units[security_id] = facts.value_at(facts.price(security_id), security, currency)
        return units[security_id]

    def _cash(self, fund: str, currency: str, opens: list[OpenOrder]) -> Fraction:
        """Cash in the fund's currency once all open orders have filled."""
        total = self._facts.cash_in((fund,), currency)
        for order in opens:
            cost = self._facts.cost(order, currency)
            if total is None or cost is None:
                total = None
                break
            total -= order.side.sign * Fraction(_leg_units(order, fund)) * cost
        if total is None:
            detail = "cash, or the price of an open order, is not known"
            self._refuse(PlanRejection.PLAN_CASH_UNKNOWN, detail, fund)
            return _NOTHING
        return total

    def _targets_of(self, model: ModelVersion, fund: str) -> Mapping[str, Fraction]:
        """Made once for all funds of which the model says nothing of their own."""
        if fund not in self._known:
            self._known[fund] = weights_for(self._book.models, model, fund)
        return self._known[fund]

    def _targets(self, fund: str) -> Mapping[str, Fraction]:
        if self._model is not None:
            return self._targets_of(self._model, fund if fund in self._own else "")
        weights = self._facts.funds[fund].benchmark
        if self._names is None:
            self._names = _securities_by_name(self._book.securities.values())
        unknown = sorted(name for name in weights if name not in self._names)
        if unknown or not weights:
            shown = ", ".join(unknown[:5])
            detail = f"these of its benchmark are no securities: {shown}" if shown else (
                "no benchmark is loaded")  # fmt: skip
            self._refuse(PlanRejection.PLAN_BENCHMARK_UNKNOWN, detail, fund)
            return {}
        found: dict[str, Fraction] = {}
        for name, weight in weights.items():
            security_id = self._names[name]
            found[security_id] = found.get(security_id, _NOTHING) + Fraction(weight)
        return found


def _securities_by_name(securities: Iterable[Security]) -> dict[str, str]:
    """Ids by every id and identifier; an id comes before any identifier."""
    listed = list(securities)
    found = {value: one.id for one in listed for _, value in one.identifiers}
    return {**found, **{one.id: one.id for one in listed}}


def _leg_units(order: OpenOrder, fund: str) -> Decimal:
    return sum((leg.quantity for leg in order.legs if leg.fund_id == fund), ZERO)


def _open_units(opens: list[OpenOrder], fund: str, only: Side | None = None) -> dict[str, Decimal]:
    """Units on order by security: signed, or those of ``only`` one side without a sign."""
    found: dict[str, Decimal] = {}
    for order in opens:
        if only is None or order.side is only:
            sign = order.side.sign if only is None else 1
            units = sign * _leg_units(order, fund)
            found[order.security_id] = found.get(order.security_id, ZERO) + units
    return found
