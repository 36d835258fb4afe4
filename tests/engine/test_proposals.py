"""Models in versions; proposals computed on a replica, recorded, made orders at once."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any

import pytest

from tests.engine.house import DAY, FUNDS, House, buy, facts, fits, opened
from tests.engine.test_restart import proven, same
from tradeoms import bootstrap
from tradeoms.app.fund_states import PlanRefused
from tradeoms.app.replica import Replica
from tradeoms.domain.model.commands import (
    ApproveModel,
    DefineModel,
    ModelPart,
    NamedOverride,
    NamedWeight,
)
from tradeoms.domain.model.decide import ModelRejection
from tradeoms.domain.order.commands import CancelOrder
from tradeoms.domain.outside.commands import LoadOutside
from tradeoms.domain.outside.state import Benchmark
from tradeoms.domain.proposal.commands import ApproveProposal, DiscardProposal, MakeProposal
from tradeoms.domain.proposal.decide import ProposalRejection
from tradeoms.domain.proposal.plan_checks import PlanRejection
from tradeoms.domain.proposal.terms import Band, Flow, LeftOut, Line, Mode, Plan
from tradeoms.domain.reference import commands as rc
from tradeoms.domain.reference.state import Fund, OpeningCash, OpeningPosition
from tradeoms.domain.ruleset.commands import ActivateRule, DefineRules, RuleText
from tradeoms.kernel.enums import OrderType, Side
from tradeoms.settings import Settings

# Each fund holds 5,000 ABC at 100 and 1,000,000,000 of cash: NAV 1,000,500,000.
NAV = D(1000500000)
PLAN = Plan(funds=("A", "B"), model="core", model_version=0, mode=Mode.FULL, trade_on=date.min)


def weight(security: str, points: str) -> NamedWeight:
    return NamedWeight(scheme="ticker_mic", security=f"{security}.XNYS", weight=D(points))


def model(name: str = "core", *weights: NamedWeight, **more: Any) -> DefineModel:
    return DefineModel(model=name, weights=weights or (weight("ABC", "10"), weight("XYZ", "20")),
                       **more)  # fmt: skip


def approve(house: House, asked: DefineModel) -> int:
    version: int = house.get(asked)["version"]
    house.get(ApproveModel(model=asked.model, version=version), user="rita")
    return version


def ids(house: House) -> tuple[str, str]:
    found = [house.book.identifiers["ticker_mic", f"{name}.XNYS"] for name in ("ABC", "XYZ")]
    return found[0], found[1]


@contextlib.contextmanager
def followed(data: Path) -> Iterator[tuple[House, Replica]]:
    """The engine, and a replica that follows it."""
    with opened(data) as house:
        yield house, bootstrap.replica(Settings(data=data))


def lines_of(made: MakeProposal, fund: str = "A") -> dict[str, Line]:
    return {line.security_id: line for line in made.lines if line.fund == fund}


MODEL_REFUSALS: list[tuple[DefineModel, ModelRejection]] = [
    (model("bad name"), ModelRejection.MODEL_NAME_FORMAT),
    (DefineModel(model="m"), ModelRejection.MODEL_EMPTY),
    (model("m", weight("NO", "1")), ModelRejection.MODEL_SECURITY_UNKNOWN),
    (model("m", weight("ABC", "1"), weight("ABC", "1")), ModelRejection.MODEL_TWICE),
    (model("m", weight("ABC", "0")), ModelRejection.MODEL_WEIGHT_RANGE),
    (model("m", weight("ABC", "60"), weight("XYZ", "40.01")), ModelRejection.MODEL_WEIGHT_SUM),
    (model("m", parts=(ModelPart(model="none", weight=D(1)),)), ModelRejection.MODEL_PART_UNKNOWN),
    (model("m", overrides=(NamedOverride(fund="Q", scheme="id", security="x"),)),
     ModelRejection.MODEL_FUND_UNKNOWN),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "code"), MODEL_REFUSALS)
def test_a_model_is_refused(house: House, asked: DefineModel, code: ModelRejection) -> None:
    assert code.value in house.refused(asked)
    assert not house.book.models


def test_two_people_make_a_version_and_it_takes_the_place_of_the_one_before(house: House) -> None:
    assert house.get(model())["version"] == 1
    first = ApproveModel(model="core", version=1)
    assert house.refused(first) == ["model_own_approval"]
    assert house.refused(replace(first, version=2), user="rita") == ["model_unknown"]
    house.get(first, user="rita")
    assert house.refused(first, user="rita") == ["model_not_draft"]
    assert approve(house, model("core", weight("ABC", "5"))) == 2
    found = {key: one.status.value for key, one in house.book.models.items()}
    assert found == {("core", 1): "superseded", ("core", 2): "approved"}


def test_a_model_never_leads_back_to_itself(house: House) -> None:
    approve(house, model("core"))
    approve(house, model("wide", parts=(ModelPart(model="core", weight=D(50)),)))
    back = model("core", parts=(ModelPart(model="wide", weight=D(10)),))
    assert house.refused(back) == ["model_circular"]


def test_a_full_rebalance_is_computed_with_open_orders_filled(data: Path) -> None:
    with followed(data) as (house, replica):
        approve(house, model())
        abc, xyz = ids(house)
        house.get(buy(1, 1000))  # 600 for A and 400 for B at 100, approved and open
        made = replica.propose(PLAN, [])
        a = lines_of(made)
        assert (a[abc].side, a[abc].quantity) == (Side.BUY, NAV // 1000 - 5000 - 600)
        assert (a[xyz].side, a[xyz].quantity) == (Side.BUY, NAV * 2 // 1000)
        assert lines_of(made, "B")[abc].quantity == NAV // 1000 - 5000 - 400
        assert (a[abc].target, a[abc].after) == (D(10), D(10))
        assert a[abc].weight == D("0.055972")
        assert made.cash[0].before == 10**9 - 60_000
        assert made.cash[0].after == D(700350000)
        both = {(one.security_id, one.side): one.quantity for one in made.orders}
        assert both[xyz, Side.BUY] == 2 * a[xyz].quantity
        assert (made.plan.trade_on, made.plan.model_version) == (DAY, 1)


def test_parts_overrides_and_exclusions_make_a_funds_own_targets(data: Path) -> None:
    with followed(data) as (house, replica):
        approve(house, model("core"))
        named = {"scheme": "ticker_mic", "security": "ABC.XNYS"}
        approve(
            house,
            DefineModel(
                model="top",
                parts=(ModelPart(model="core", weight=D(50)),),
                overrides=(
                    NamedOverride(fund="A", by_scheme="ticker_mic", by="XYZ.XNYS", **named),
                    NamedOverride(fund="B", **named),
                ),
            ),
        )
        abc, xyz = ids(house)
        made = replica.propose(replace(PLAN, model="top", funds=FUNDS), [])
        targets = {fund: {k: v.target for k, v in lines_of(made, fund).items()} for fund in FUNDS}
        assert targets == {
            "A": {abc: D(0), xyz: D(15)},
            "B": {abc: D(0), xyz: D(10)},
            "C": {abc: D(5), xyz: D(10)},
        }
        sold = lines_of(made, "A")[abc]
        assert (sold.side, sold.quantity) == (Side.SELL, D(5000))


MODES: list[tuple[dict[str, Any], dict[str, tuple[int, LeftOut | None]]]] = [
    ({"mode": Mode.SELL_ONLY}, {"ABC": (0, LeftOut.MODE), "XYZ": (0, LeftOut.MODE)}),
    ({"mode": Mode.RAISE_CASH}, {"ABC": (0, LeftOut.MODE), "XYZ": (0, LeftOut.MODE)}),
    ({"tolerance": D("9.96")}, {"ABC": (0, LeftOut.WITHIN_TOLERANCE), "XYZ": (2_001_000, None)}),
    ({"tolerance": D("9.96"), "cash_buffer": D(1)},
     {"ABC": (0, LeftOut.WITHIN_TOLERANCE), "XYZ": (2_001_000, None)}),
    ({"tolerance": D(100), "band": Band.RELATIVE},
     {"ABC": (0, LeftOut.WITHIN_TOLERANCE), "XYZ": (0, LeftOut.WITHIN_TOLERANCE)}),
    ({"minimum_trade": D(200000000)}, {"ABC": (0, LeftOut.MINIMUM), "XYZ": (2_001_000, None)}),
    ({"cash_buffer": D(80)}, {"ABC": (662_000, None), "XYZ": (1_334_000, None)}),
    ({"mode": Mode.SPEND_CASH, "cash_buffer": D("99.96")},
     {"ABC": (0, LeftOut.MODE), "XYZ": (0, LeftOut.CASH)}),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "expected"), MODES)
def test_a_mode_and_its_limits(
    data: Path, changes: dict[str, Any], expected: dict[str, tuple[int, LeftOut | None]]
) -> None:
    with followed(data) as (house, replica):
        approve(house, model())
        made = lines_of(replica.propose(replace(PLAN, **changes), []))
        named = dict(zip(ids(house), ("ABC", "XYZ"), strict=True))
        found = {named[k]: (int(v.quantity), v.left_out) for k, v in made.items()}
        assert found == expected


def test_a_redemption_and_a_subscription_are_shared_in_proportion(data: Path) -> None:
    with followed(data) as (house, replica):
        abc, xyz = ids(house)
        book = rc.FundBook(
            fund="A",
            positions=(
                OpeningPosition(security_id=abc, quantity=D(6000), cost_minor=1),
                OpeningPosition(security_id=xyz, quantity=D(4000), cost_minor=1),
            ),
            cash=(OpeningCash(currency="USD", minor=0),),
        )
        house.get(rc.LoadPositions(as_of=DAY, books=(book,)), user="olga")
        approve(house, model("full", weight("ABC", "60"), weight("XYZ", "40")))
        plan = replace(PLAN, funds=("A",), model="full")
        out = replace(plan, mode=Mode.RAISE_CASH, flows=(Flow(fund="A", amount=D(-100_000)),))
        sold = lines_of(replica.propose(out, []))
        assert [(sold[k].side, sold[k].quantity) for k in (abc, xyz)] == [
            (Side.SELL, D(600)), (Side.SELL, D(400)),
        ]  # fmt: skip
        new = replace(plan, mode=Mode.SPEND_CASH, flows=(Flow(fund="A", amount=D(100_000)),))
        made = replica.propose(new, [])
        bought = lines_of(made)
        assert [(bought[k].side, bought[k].quantity) for k in (abc, xyz)] == [
            (Side.BUY, D(600)), (Side.BUY, D(400)),
        ]  # fmt: skip
        assert [(one.before, one.after) for one in made.cash] == [(D(100_000), D(0))]


def test_a_spared_security_is_left_alone_and_a_benchmark_may_be_the_model(data: Path) -> None:
    with followed(data) as (house, replica):
        abc, xyz = ids(house)
        weights = (("ABC.XNYS", D("0.1")), (xyz, D("0.2")))
        facts_of = LoadOutside(benchmarks=(Benchmark(fund="A", weights=weights, as_of=DAY),))
        house.get(facts_of, user="olga")
        plan = replace(PLAN, model="", funds=("A",))
        made = lines_of(replica.propose(plan, [("ticker_mic", "ABC.XNYS")]))
        assert made[abc].left_out is LeftOut.DO_NOT_TRADE
        assert made[xyz].quantity == NAV * 2 // 1000
        with pytest.raises(LookupError):
            replica.propose(plan, [("ticker_mic", "NO.XNYS")])


P = PlanRejection
PLAN_REFUSALS: list[tuple[dict[str, Any], P]] = [
    ({"funds": ()}, P.PLAN_FUNDS_MISSING),
    ({"funds": ("A", "Q")}, P.PLAN_FUND_UNKNOWN),
    ({"funds": ("A", "A")}, P.PLAN_FUND_TWICE),
    ({"flows": (Flow(fund="C", amount=D(1)),)}, P.PLAN_FLOW_UNFIT),
    ({"flows": (Flow(fund="A", amount=D(0)),)}, P.PLAN_FLOW_UNFIT),
    ({"tolerance": D(-1)}, P.PLAN_VALUE_RANGE),
    ({"cash_buffer": D(101)}, P.PLAN_VALUE_RANGE),
    ({"minimum_trade": D(-1)}, P.PLAN_VALUE_RANGE),
    ({"order_type": OrderType.LIMIT}, P.PLAN_ORDER_TYPE),
    ({"model": "none"}, P.PLAN_MODEL_UNKNOWN),
    ({"model": ""}, P.PLAN_BENCHMARK_UNKNOWN),
    ({"flows": (Flow(fund="A", amount=-NAV),)}, P.PLAN_NAV_UNKNOWN),
    ({"funds": ("EMPTY",)}, P.PLAN_CASH_UNKNOWN),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "code"), PLAN_REFUSALS)
def test_a_plan_is_refused(data: Path, changes: dict[str, Any], code: PlanRejection) -> None:
    with followed(data) as (house, replica):
        approve(house, model())
        funds = (Fund(code="EMPTY", name="", currency="USD", nav=D(10)),)
        house.get(rc.LoadFunds(funds=funds), user="olga")
        with pytest.raises(PlanRefused) as refused:
            replica.propose(replace(PLAN, **changes), [])
        assert code in [one.code for one in refused.value.refusals]


def test_every_reason_for_a_refusal_is_tried() -> None:
    assert {code for _, code in PLAN_REFUSALS} == set(PlanRejection)
    later = {"model_unknown", "model_circular", "model_not_draft", "model_own_approval"}
    assert {code.value for _, code in MODEL_REFUSALS} | later == set(ModelRejection)


def test_an_approved_proposal_is_all_of_its_orders_and_survives_a_restart(data: Path) -> None:
    with followed(data) as (house, replica):
        approve(house, model())
        made = house.get(replica.propose(PLAN, []))
        answer = house.get(ApproveProposal(proposal_id=made["id"], reason="monthly"))
        assert answer["id"] == made["id"]
        proposal = house.book.proposals[made["id"]]
        assert proposal.status.value == "approved"
        orders = [house.book.orders[one] for one in proposal.order_ids]
        assert [(one.side, one.reason, one.phase.value) for one in orders] == [
            (Side.BUY, "monthly", "approved")
        ] * 2
        assert [[leg.fund for leg in one.legs] for one in orders] == [["A", "B"]] * 2
        assert [one.quantity for one in orders] == [one.quantity for one in proposal.orders]
        again = ApproveProposal(proposal_id=made["id"])
        assert house.refused(again) == ["proposal_settled"]
        assert house.refused(replace(again, proposal_id="prp_0")) == ["proposal_unknown"]
        other = house.get(replica.propose(PLAN, []))["id"]
        house.get(DiscardProposal(proposal_id=other, reason="no"))
        assert house.refused(DiscardProposal(proposal_id=other)) == ["proposal_settled"]
        open_id = house.get(replica.propose(replace(PLAN, mode=Mode.SELL_ONLY), []))["id"]
        before = facts(house.book)
    with opened(data) as house:
        same(facts(house.book), before)
        assert house.refused(ApproveProposal(proposal_id=open_id)) == ["proposal_empty"]
    proven(data)


def test_an_order_that_cannot_be_entered_keeps_all_the_others_out(data: Path) -> None:
    with followed(data) as (house, replica):
        approve(house, model())
        abc, _ = ids(house)
        made = house.get(replica.propose(PLAN, []))["id"]
        gone = replace(house.book.securities[abc], active=False)
        house.get(rc.LoadSecurities(securities=(gone,)), user="olga")
        before = facts(house.book)
        assert house.refused(ApproveProposal(proposal_id=made)) == ["security_inactive"]
        same(facts(house.book), before)


def test_a_proposal_of_yesterday_or_of_what_was_sold_since_is_stale(data: Path) -> None:
    with followed(data) as (house, replica):
        approve(house, model("none", weight("XYZ", "1")))
        made = house.get(replica.propose(replace(PLAN, model="none"), []))["id"]
        house.get(buy(1, 10, side=Side.SELL))
        told = house.ask(ApproveProposal(proposal_id=made))
        assert {one.code for one in told.problems} == {"proposal_stale"}
        assert "A can sell 4994 now" in told.problems[0].detail
        house.get(rc.RollDay(trade_on=date(2010, 1, 5)), user="olga")
        assert house.refused(ApproveProposal(proposal_id=made)) == ["proposal_stale"]


def test_lines_that_could_not_become_orders_are_not_recorded(data: Path) -> None:
    with followed(data) as (house, replica):
        approve(house, model())
        made = replica.propose(PLAN, [])
        (first, *rest) = made.lines
        for bad in (
            replace(first, quantity=D("0.5")),
            replace(first, side=None),
            replace(first, fund="C"),
            replace(first, security_id="sec_none"),
            rest[0],
        ):
            refused = house.refused(replace(made, lines=(bad, *rest)))
            assert set(refused) == {ProposalRejection.PROPOSAL_LINE_INVALID.value}


def test_what_compliance_stops_is_named_and_cut_to_fit(data: Path) -> None:
    rules = (
        {"id": "cap", "version": 1, "kind": "ratio", "severity": "hard", "group_by": "sec",
         "max": "0.15"},
        {"id": "size", "version": 1, "kind": "order", "severity": "hard", "max_qty": "1500000"},
        {"id": "trial", "version": 1, "kind": "order", "severity": "shadow", "max_qty": "1000"},
    )  # fmt: skip
    with followed(data) as (house, replica):
        approve(house, model())
        texts = tuple(
            RuleText(
                rule_id=str(one["id"]),
                version=1,
                definition=json.dumps(one, sort_keys=True),
                cases=fits(),
            )
            for one in rules
        )
        house.get(DefineRules(rules=texts), user="ada")
        for one in texts:
            house.get(ActivateRule(rule_id=one.rule_id, version=1), user="cora")
        abc, xyz = ids(house)
        made = replica.propose(PLAN, [])
        assert made.verdict.action == "block_hard"
        assert {stop.rule for stop in made.verdict.stops} == {"cap@1", "size@1"}
        by_id = {one.security_id: one for one in made.orders}
        assert (by_id[xyz].culprit, by_id[abc].culprit) == (True, True)
        assert by_id[xyz].max_quantity == 1_500_000
        fitted = replica.propose(replace(PLAN, fit=True), [])
        assert fitted.verdict.action == "allow"
        lines = lines_of(fitted)
        assert lines[xyz].left_out is LeftOut.COMPLIANCE
        assert sum(one.quantity for one in fitted.lines if one.security_id == xyz) == 1_500_000
        made_id = house.get(fitted)["id"]
        house.get(ApproveProposal(proposal_id=made_id))
        assert all(one.phase.value == "approved" for one in house.book.orders.values())


def test_an_order_id_that_was_used_long_ago_refuses_an_approval(data: Path) -> None:
    with followed(data) as (house, replica):
        approve(house, model())
        first = house.get(replica.propose(PLAN, []))["id"]
        stem, number = first[:-8], int(first[-8:], 16)
        guessed = f"{stem}{number + 4:08x}"  # the id of the fourth command from here
        taken = house.get(buy(1, 10, client_order_id=f"{guessed}.1"))["id"]
        house.get(CancelOrder(order_id=taken))
        house.get(rc.RollDay(trade_on=date(2010, 1, 5)), user="olga")
        assert taken not in house.book.orders
        made = house.get(replica.propose(PLAN, []))["id"]
        assert made == guessed
        assert house.refused(ApproveProposal(proposal_id=made)) == ["client_order_id_used"]
        assert house.book.proposals[made].status.value == "open"
