"""Post-trade runs and breach cases, through the engine's door and the runner beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.engine.house import DAY, House, fits, retire
from tradeoms import bootstrap
from tradeoms.app.identity import SystemClock
from tradeoms.app.posttrade import Runner
from tradeoms.app.replica import Replica
from tradeoms.app.wire import Outcome
from tradeoms.domain.case import commands as c
from tradeoms.domain.reference import commands as rc
from tradeoms.domain.reference.state import Grant, OpeningCash, OpeningPosition, Price
from tradeoms.domain.ruleset.commands import ActivateRule, DefineRules, RuleText
from tradeoms.kernel.enums import Role
from tradeoms.projections.load import load_live
from tradeoms.settings import Settings

#: ABC may be half of a fund: 5,000 at 100 and 1,000,000,000 in cash is far below.
RULE: dict[str, Any] = {
    "id": "half", "kind": "ratio", "severity": "soft", "max": "0.5", "group_by": "sec",
    "cure": {"kind": "business_days", "n": 2, "escalation": [{"to": "head"}]},
}  # fmt: skip


class Desk:
    """A house with one rule, and the runner that computes its runs."""

    def __init__(self, house: House, data: Path) -> None:
        self.house = house
        database = bootstrap.reader(Settings(data=data))
        self.replica = Replica(database, SystemClock())
        self.runner = Runner(self.replica, database, self.submit, SystemClock())
        self.abc = house.book.identifiers["ticker_mic", "ABC.XNYS"]

    def submit(self, _name: str, command: object) -> Outcome:
        return self.house.ask(command, user="system")

    def rule(self, version: int = 1, **changes: Any) -> None:
        """Put a version of the one rule in force; a change to None leaves the field out."""
        text = {**RULE, **changes}
        known = {name: value for name, value in text.items() if value is not None}
        self.define(known, version)

    def define(self, text: dict[str, Any], version: int = 1) -> None:
        """Put a version of a rule in force."""
        row = RuleText(
            rule_id=text["id"],
            version=version,
            definition=json.dumps(text | {"version": version}),
            cases=fits(fund="C"),
        )
        self.house.get(DefineRules(rules=(row,)), user="system")
        self.house.get(ActivateRule(rule_id=text["id"], version=version), user="cora")

    def book(self, quantity: int, cash: int, fund: str = "A", *, unpriced: int = 0) -> None:
        """The fund holds so many ABC, so much cash, and so many of a security without a price."""
        held = [OpeningPosition(security_id=self.abc, quantity=D(quantity), cost_minor=1)]
        if unpriced:
            held.append(OpeningPosition(security_id=self.unpriced(), quantity=D(unpriced)))
        money = OpeningCash(currency="USD", minor=cash * 100)
        books = (rc.FundBook(fund=fund, positions=tuple(held), cash=(money,)),)
        self.house.get(rc.LoadPositions(as_of=DAY, books=books), user="system")

    def unpriced(self) -> str:
        """A security that nobody ever priced."""
        known = self.house.book.identifiers
        if ("ticker_mic", "NEW.XNYS") not in known:
            other = self.house.book.securities[known["ticker_mic", "XYZ.XNYS"]]
            row = replace(other, id="", symbol="NEW", identifiers=())
            self.house.get(rc.LoadSecurities(securities=(row,)), user="system")
        return known["ticker_mic", "NEW.XNYS"]

    def price(self, price: str) -> None:
        mark = Price(security_id=self.abc, price=D(price), as_of=DAY)
        self.house.get(rc.LoadPrices(prices=(mark,)), user="system")

    def run(self, *funds: str) -> Any:
        """A whole run; returns its counts."""
        started = self.house.get(c.StartRun(funds=funds or ("A",), executor="cli"), user="cora")
        return dict(self.runner.run(started["id"]).counts)

    @property
    def case(self) -> Any:
        (case,) = self.house.book.cases.values()
        return case

    def roll(self, days: int) -> None:
        today = self.house.book.trade_on
        assert today is not None
        self.house.get(rc.RollDay(trade_on=today + timedelta(days=days)), user="system")


@pytest.fixture
def desk(house: House, data: Path) -> Desk:
    found = Desk(house, data)
    found.rule()
    found.book(4_000, 600_000)
    return found


def shares(case: Any) -> dict[str, str]:
    return {share.cause.value: share.amount for share in case.cause.shares}


def test_a_price_move_makes_a_passive_case_with_its_whole_change_attributed(desk: Desk) -> None:
    assert desk.run()["new"] == 0  # 400,000 of 1,000,000
    desk.price("200")  # 800,000 of 1,400,000
    assert desk.run()["new"] == 1
    case = desk.case
    assert case.status.value == "classified"
    assert case.cause.kind.value == "passive"
    assert case.finding.excess == "100000"
    assert case.cause.base_excess == "-100000"
    assert shares(case) == {
        "rule": "0", "data": "0", "price": "200000", "fx": "0", "flow": "0", "trade": "0",
    }  # fmt: skip
    assert case.due_on == date(2010, 1, 6)


def test_a_redemption_is_flow_and_a_purchase_is_trade(desk: Desk) -> None:
    desk.run()
    desk.book(4_000, 300_000)  # 400,000 of 700,000
    desk.run()
    assert desk.case.cause.kind.value == "passive"
    assert shares(desk.case)["flow"] == "150000"
    desk.book(4_500, 250_000)  # bought 500: 450,000 of 700,000
    assert desk.run()["worsened"] == 1
    assert desk.case.cause.kind.value == "passive_aggravated"
    assert desk.case.cause.base_excess == "-100000"  # the last compliant run stays the base


def test_our_own_purchase_is_active(desk: Desk) -> None:
    desk.run()
    desk.book(6_000, 400_000)
    desk.run()
    assert desk.case.cause.kind.value == "active"
    assert shares(desk.case)["trade"] == "200000"
    total = sum(Fraction(amount) for amount in shares(desk.case).values())
    excess = Fraction(desk.case.finding.excess)
    assert total == excess - Fraction(desk.case.cause.base_excess)


def test_a_tighter_rule_is_charged_to_the_rule(desk: Desk) -> None:
    desk.run()
    desk.rule(2, max="0.3")
    desk.run()
    assert desk.case.cause.kind.value == "passive"
    assert shares(desk.case)["rule"] == "200000"


def test_without_an_earlier_run_nothing_is_attributed(desk: Desk) -> None:
    desk.book(6_000, 400_000)
    desk.run()
    assert desk.case.cause.kind.value == "active"
    assert shares(desk.case) == {}
    assert "no earlier run" in desk.case.cause.note


def test_a_claim_is_only_a_claim_until_a_run_confirms_it(desk: Desk) -> None:
    house = desk.house
    desk.run()
    desk.price("200")
    desk.run()
    breach = desk.case.id
    house.get(c.AssignBreach(breach_id=breach, assignee="pm"), user="cora")
    house.get(c.ResolveBreach(breach_id=breach, resolution="sold", evidence="t1"), user="pm")
    assert desk.case.status.value == "resolved"
    assert house.refused(c.CloseBreach(breach_id=breach), user="cora") == ["breach_not_cured"]
    assert desk.run()["unchanged"] == 1
    assert desk.case.status.value == "assigned"  # the run refuted the claim
    house.get(c.ResolveBreach(breach_id=breach, resolution="sold", evidence="t2"), user="pm")
    desk.price("100")
    assert desk.run()["cured"] == 1
    assert desk.case.status.value == "cured"
    house.get(c.CloseBreach(breach_id=breach), user="cora")
    assert desk.case.status.value == "closed"
    desk.price("200")
    assert desk.run()["new"] == 1
    assert desk.case.id == breach
    assert desk.case.times == 2
    assert desk.case.status.value == "assigned"  # who was responsible still is
    assert not desk.case.evidence


def test_a_cell_that_cannot_be_measured_is_not_cured(desk: Desk) -> None:
    desk.run()
    desk.price("200")
    desk.run()
    books = (
        rc.FundBook(
            fund="A",
            positions=(OpeningPosition(security_id=desk.unpriced(), quantity=D(1)),),
            cash=(OpeningCash(currency="USD", minor=1),),
        ),
    )
    desk.house.get(rc.LoadPositions(as_of=DAY, books=books), user="system")
    assert desk.run()["cured"] == 1  # ABC is sold: that cell is surely empty
    assert [case.finding.outcome for case in desk.house.book.cases.values()] == ["breach"]


def test_days_that_pass_escalate_and_overrides_lapse(desk: Desk) -> None:
    house = desk.house
    desk.run()
    desk.price("200")
    desk.run()
    breach = desk.case.id
    override = c.OverrideBreach(breach_id=breach, reason="agreed", until=date(2010, 1, 8))
    assert house.refused(replace(override, until=date(2010, 1, 1)), user="cora") == [
        "override_not_ahead"
    ]
    house.get(override, user="cora")
    desk.roll(3)  # 7 January: past the due day, but let stand
    assert desk.case.told == ()
    desk.roll(2)
    assert desk.case.status.value == "classified"
    assert desk.case.told == ("head",)


def let_stand(desk: Desk) -> None:
    """ABC is 800,000 of 1,400,000 by its price, which an officer lets stand for a month."""
    desk.run()
    desk.price("200")
    desk.run()
    until = date(2010, 2, 1)
    command = c.OverrideBreach(breach_id=desk.case.id, reason="agreed", until=until)
    desk.house.get(command, user="cora")
    assert desk.case.override.excess == "100000"


def worse_price(desk: Desk) -> None:
    desk.price("200.01")


def new_version(desk: Desk) -> None:
    desk.rule(2, max="0.51")


def hard_rule(desk: Desk) -> None:
    desk.rule(2, severity="hard")


def worse_kind(desk: Desk) -> None:
    """The excess is smaller, but a part of it is our own purchase."""
    desk.price("180")
    desk.book(4_100, 570_000)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (worse_price, "the excess is 100020 now, 100000 was let stand"),
        (new_version, "the rule is version 2 now, it was 1"),
        (hard_rule, "the rule is hard now"),
        (worse_kind, "the breach is passive_aggravated now"),
    ],
)
def test_an_override_ends_where_the_breach_is_another_one(
    desk: Desk, change: Callable[[Desk], None], why: str
) -> None:
    let_stand(desk)
    change(desk)
    desk.run()
    assert desk.case.override.lapsed
    assert desk.case.override.why == why
    assert desk.case.status.value == "classified"
    desk.roll(5)
    assert desk.case.told == ("head",)


def test_an_override_covers_a_breach_that_is_no_worse(desk: Desk) -> None:
    let_stand(desk)
    desk.run()
    desk.price("190")
    assert desk.run()["improved"] == 1
    desk.price("200")
    assert desk.run()["worsened"] == 1  # as far as what was let stand
    assert desk.case.status.value == "overridden"
    desk.roll(5)
    assert desk.case.told == ()


def test_a_breach_is_let_stand_for_a_year_at_most(desk: Desk) -> None:
    let_stand(desk)
    command = c.OverrideBreach(breach_id=desk.case.id, reason="x", until=date(2011, 1, 5))
    assert desk.house.refused(command, user="cora") == ["override_too_long"]
    desk.house.get(replace(command, until=date(2011, 1, 4)), user="cora")


def test_a_hard_breach_cannot_be_let_stand(desk: Desk) -> None:
    desk.rule(2, severity="hard", max="0.1")
    desk.run()
    override = c.OverrideBreach(breach_id=desk.case.id, reason="x", until=date(2010, 2, 1))
    assert desk.house.refused(override, user="cora") == ["hard_breach_stays"]


def test_results_are_bound_to_their_state(desk: Desk) -> None:
    house = desk.house
    first = house.get(c.StartRun(funds=("A", "B"), executor="cli"), user="cora")["id"]
    result = c.RecordFundRun(
        run_id=first, fund="A", as_of_seq=house.engine.seq, trade_on=DAY, rules_hash="", cells=0,
        outcomes=(), findings=(), base="",
    )  # fmt: skip
    assert house.refused(result, user="cora") == ["not_permitted"]
    ahead = replace(result, as_of_seq=house.engine.seq + 10)
    assert house.refused(ahead, user="system") == ["run_ahead"]
    assert house.refused(replace(result, fund="C"), user="system") == ["run_fund_unknown"]
    house.get(result, user="system")
    assert house.refused(result, user="system") == ["run_recorded"]
    second = house.get(c.StartRun(funds=("A",), executor="cli"), user="cora")["id"]
    assert house.refused(replace(result, run_id=second), user="system") == ["run_stale"]
    assert house.refused(replace(result, run_id="run_x"), user="system") == ["run_unknown"]


def test_a_run_that_never_finished_is_a_break_at_the_roll_of_the_day(desk: Desk) -> None:
    desk.house.get(c.StartRun(funds=("A", "B"), executor="cli"), user="cora")
    desk.roll(1)
    (found,) = desk.house.book.breaks.values()
    assert found.kind.value == "run_overdue"
    assert "lacks 2 of 2 funds: A, B" in found.detail
    desk.roll(1)
    assert len(desk.house.book.breaks) == 1


def test_a_case_whose_rule_was_retired_stays_open_until_another_person_closes_it(
    desk: Desk,
) -> None:
    house = desk.house
    desk.run()
    desk.book(6_000, 400_000)
    desk.run()
    breach = desk.case.id
    house.get(c.AssignBreach(breach_id=breach, assignee="pm"), user="cora")
    retire(house, "half")
    assert desk.run()["cured"] == 0
    assert desk.case.is_open
    assert desk.case.unmeasured == "no_rule"
    version = desk.case.version
    desk.run()
    assert desk.case.version == version  # said once
    assert house.refused(c.CloseBreach(breach_id=breach), user="cora") == ["evidence_missing"]
    house.get(c.AssignBreach(breach_id=breach, assignee="cora"), user="cora")
    close = c.CloseBreach(breach_id=breach, evidence="board minute 7")
    assert house.refused(close, user="cora") == ["closer_is_resolver"]
    house.get(c.AssignBreach(breach_id=breach, assignee="pm"), user="cora")
    house.get(close, user="cora")
    assert desk.case.status.value == "closed"
    desk.rule(2)
    assert desk.run()["new"] == 1
    assert desk.case.times == 2
    assert desk.case.cause.kind.value == "active"  # the run before the purchase is the base


@pytest.mark.parametrize("severity", ["info", "shadow"])
def test_a_rule_on_trial_does_not_cure_a_case(desk: Desk, severity: str) -> None:
    desk.book(6_000, 400_000)
    desk.run()
    desk.rule(2, severity=severity)
    assert desk.run()["cured"] == 0
    assert desk.case.is_open
    assert desk.case.unmeasured == "on_trial"
    assert "60 %" in desk.case.unmeasured_detail
    assert desk.case.finding.severity == "soft"
    desk.rule(3)
    assert desk.run()["unchanged"] == 1
    assert not desk.case.unmeasured


def test_an_exception_does_not_cure_what_it_takes_out_of_the_rule(desk: Desk) -> None:
    desk.book(6_000, 400_000)
    desk.run()
    exception = {
        "match": {"funds": ["A"]}, "until": "2010-01-06", "approved_by": "board", "reason": "x",
    }  # fmt: skip
    desk.rule(2, exceptions=[exception])
    assert desk.run()["cured"] == 0
    assert desk.case.unmeasured == "exempt"
    close = c.CloseBreach(breach_id=desk.case.id, evidence="x")
    assert desk.house.refused(close, user="cora") == ["breach_not_cured"]
    desk.roll(3)
    assert desk.run()["unchanged"] == 1
    assert not desk.case.unmeasured


def bucket_alone(desk: Desk) -> None:
    """Put a rule on groups in force, in place of the one on half of a fund."""
    desk.define(
        {
            "id": "bucket", "kind": "bucket", "severity": "soft", "group_by": "sec",
            "threshold": "0.9", "bucket_max": "0.95", "per_group_max": "0.5",
        }
    )  # fmt: skip
    retire(desk.house, "half")


def test_what_is_unknown_of_a_whole_rule_cures_none_of_its_cells(desk: Desk) -> None:
    bucket_alone(desk)
    desk.run()
    desk.book(6_000, 400_000)
    assert desk.run()["new"] == 1
    assert desk.case.cause.kind.value == "active"
    desk.book(6_000, 400_000, unpriced=1)
    assert desk.run()["cured"] == 0  # the net asset value is unknown
    assert desk.case.is_open
    assert desk.case.unmeasured == "unknown"
    close = c.CloseBreach(breach_id=desk.case.id, evidence="x")
    assert desk.house.refused(close, user="cora") == ["breach_not_cured"]
    desk.book(6_000, 400_000)
    assert desk.run()["unchanged"] == 1
    assert not desk.case.unmeasured


def test_a_run_that_measured_nothing_is_no_base_for_a_breach(desk: Desk) -> None:
    bucket_alone(desk)
    desk.run()
    desk.book(6_000, 400_000, unpriced=1)
    desk.run()
    desk.run()
    desk.book(6_000, 400_000)
    desk.run()
    assert desk.case.cause.kind.value == "active"  # not compared with what was bought already


def test_a_restart_brings_cases_back(desk: Desk, data: Path) -> None:
    desk.run()
    desk.price("200")
    desk.run()
    before = desk.house.book.cases, desk.house.book.cases_of, desk.house.book.fund_runs
    with bootstrap.reader(Settings(data=data)).connect() as link:
        after = load_live(link)
    assert (after.cases, after.cases_of, after.fund_runs) == before
    assert not bootstrap.replay(Settings(data=data)).differing


def test_a_portfolio_manager_works_only_on_cases_of_his_funds(desk: Desk) -> None:
    desk.book(6_000, 400_000)
    desk.run()
    row = rc.UserRow(
        id="petra", name="petra", grants=(Grant(role=Role.PORTFOLIO_MANAGER, funds=("B",)),)
    )
    desk.house.get(rc.LoadUsers(users=(row,)), user="system")
    remark = c.CommentBreach(breach_id=desk.case.id, text="mine?")
    assert desk.house.refused(remark, user="petra") == ["not_permitted"]
    desk.house.get(remark, user="pm")
    assert [one.by for one in desk.case.comments] == ["pm"]
