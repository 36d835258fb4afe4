"""A rule's life: written, tested by its own cases, approved, in force from a day, tried before."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any

import pytest

from tests.engine.house import DAY, House, buy, facts, fill, opened, retire, said
from tradeoms import bootstrap
from tradeoms.app.backtest import back_test
from tradeoms.compliance.rule_diff import FieldChange, diff_rules
from tradeoms.domain.order.commands import AmendOrder, CancelOrder
from tradeoms.domain.reference.commands import (
    FundBook,
    LoadPositions,
    LoadUsers,
    RollDay,
    UserRow,
)
from tradeoms.domain.reference.state import Grant, OpeningCash, OpeningPosition
from tradeoms.domain.ruleset import commands as rc
from tradeoms.domain.ruleset.state import RuleStatus
from tradeoms.kernel.enums import Role
from tradeoms.projections.paging import Cut
from tradeoms.projections.queries_shadow import (
    ShadowReport,
    shadow_report,
    whole_shadow_report,
)
from tradeoms.projections.resources_control import rule_resource
from tradeoms.settings import Settings

TOMORROW = date(2010, 1, 5)
#: An order of 90,000 is over the cap of 50,000.
CASE = {
    "id": "over", "mode": "pre", "funds": {"F": {"base": "EUR", "nav": "1000000"}},
    "securities": {"S": {"ccy": "EUR", "price": "90"}}, "positions": [],
    "orders": [{"id": "o", "fund": "F", "sec": "S", "side": "buy", "qty": "1000"}],
    "expect": {"outcome": "BREACH", "max_qty": {"o": "555"}},
}  # fmt: skip
CAP = {"kind": "order", "max_value": "50000"}
OTHER = {"id": "cash", "version": 1, "kind": "cash", "min": "0"}
FITS = {"id": "fits", "mode": "fit", "fund": "A", "expect": {"outcome": "PASS"}}


def text_of(version: int = 1, *cases: Any, **said_: Any) -> rc.RuleText:
    """A version of the rule `cap`, with these cases or the one that it fits fund A."""
    definition = {"id": "cap", "version": version, **(said_ if "kind" in said_ else CAP | said_)}
    cases = cases or (FITS,)
    return rc.RuleText(
        rule_id="cap", version=version, definition=json.dumps(definition), cases=json.dumps(cases)
    )


def define(house: House, version: int = 1, *cases: Any, **said_: Any) -> None:
    house.get(rc.DefineRules(rules=(text_of(version, *cases, **said_),)), user="ada")


def status(house: House, version: int = 1) -> RuleStatus:
    return house.book.rules["cap", version].status


def roll(house: House, day: date = TOMORROW) -> None:
    house.get(RollDay(trade_on=day), user="olga")


def second_officer(house: House) -> None:
    cleo = UserRow(id="cleo", name="cleo", grants=(Grant(role=Role.COMPLIANCE_OFFICER),))
    house.get(LoadUsers(users=(cleo,)), user="system")


def promote(house: House, version: int = 1, **more: Any) -> None:
    house.get(rc.ActivateRule(rule_id="cap", version=version, **more), user="cora")


def test_a_rule_is_tested_approved_and_in_force_and_its_versions_are_never_edited(
    data: Path,
) -> None:
    with opened(data) as house:
        define(house, 1, CASE, FITS)
        assert house.get(rc.TestRule(rule_id="cap", version=1), user="ada")["status"] == "tested"
        assert house.get(rc.ApproveRule(rule_id="cap", version=1), user="cora") == {
            "id": "cap", "version": 1, "status": "approved", "seq": house.engine.seq,
        }  # fmt: skip
        promote(house)
        changed = rc.DefineRules(rules=(text_of(1, CASE),))
        assert house.refused(changed, user="ada") == ["rule_version_exists"]
        before = facts(house.book)
    with opened(data) as house:
        assert facts(house.book)["rules"] == before["rules"]
        assert status(house) is RuleStatus.ACTIVE
    assert bootstrap.replay(Settings(data=data)).differing == ()


@pytest.mark.parametrize(
    ("case", "problem"),
    [
        ({**CASE, "expect": {"outcome": "PASS"}}, 'over: expected {"outcome": "PASS"}'),
        ({**FITS, "expect": {"outcome": "NOT_TESTED"}}, "fits: expected not_tested, A is pass"),
        ({**FITS, "fund": "NO"}, "fits: there is no fund NO"),
        ({"id": "odd", "mode": "pre", "expect": CASE["expect"]}, "odd: cannot be read: KeyError"),
        ({**CASE, "expect": {}}, "over: it expects nothing"),
        ({**CASE, "rules": [OTHER]}, "over: it is about other rules than cap"),
        (
            {**CASE, "rules": [{**OTHER, "id": "cap"}], "expect": {"outcome": "PASS"}},
            'over: expected {"outcome": "PASS"}',
        ),
    ],
)
def test_a_case_that_fails_keeps_the_rule_a_draft_and_out_of_force(
    data: Path, case: dict[str, Any], problem: str
) -> None:
    with opened(data) as house:
        define(house, 1, case)
        house.get(rc.TestRule(rule_id="cap", version=1), user="ada")
        assert status(house) is RuleStatus.DRAFT
        (failure,) = house.book.rules["cap", 1].failures
        assert failure.startswith(problem)
        activate = rc.ActivateRule(rule_id="cap", version=1)
        assert house.refused(activate, user="cora") == ["rule_cases_fail"]


def test_a_version_set_for_a_day_takes_over_when_the_day_begins(data: Path) -> None:
    with opened(data) as house:
        define(house)
        promote(house)
        define(house, 2, max_value="200000")
        promote(house, 2, effective_on=TOMORROW)
        assert (status(house), status(house, 2)) == (RuleStatus.ACTIVE, RuleStatus.SCHEDULED)
        assert house.get(buy(1))["status"] == "blocked"
    with opened(data) as house:
        roll(house)
        assert (status(house), status(house, 2)) == (RuleStatus.RETIRED, RuleStatus.ACTIVE)
        assert house.get(buy(2))["status"] == "approved"


def test_a_rule_without_cases_is_not_put_in_force(data: Path) -> None:
    with opened(data) as house:
        bare = rc.RuleText(rule_id="cap", version=1, definition=text_of().definition)
        house.get(rc.DefineRules(rules=(bare,)), user="ada")
        for command in (
            rc.TestRule(rule_id="cap", version=1),
            rc.ActivateRule(rule_id="cap", version=1),
            rc.ActivateRule(rule_id="cap", version=1, effective_on=TOMORROW),
        ):
            assert house.refused(command, user="cora") == ["rule_cases_missing"]
        assert status(house) is RuleStatus.DRAFT
        assert house.get(buy(1))["status"] == "approved"


#: A rule about what fund A holds: 5,000 units, of which it may hold 6,000.
HOLDS = {"kind": "ratio", "measure": "qty", "den": "one", "group_by": "id"}


def hold(house: House, quantity: int) -> None:
    """Fund A holds so many units from now on."""
    (abc,) = [one.id for one in house.book.securities.values() if one.symbol == "ABC"]
    held = (OpeningPosition(security_id=abc, quantity=D(quantity), cost_minor=1),)
    cash = (OpeningCash(currency="USD", minor=10**11),)
    book = FundBook(fund="A", positions=held, cash=cash)
    house.get(LoadPositions(as_of=DAY, books=(book,)), user="system")


def held_back(house: House) -> None:
    """Version 1 allows 9,000 units, version 2 from tomorrow on 6,000; by then A holds 7,000."""
    define(house, 1, **HOLDS, max="9000")
    promote(house)
    define(house, 2, **HOLDS, max="6000")
    promote(house, 2, effective_on=TOMORROW)
    hold(house, 7_000)
    roll(house)


def test_a_version_whose_cases_fail_on_its_day_is_held_back_and_told(data: Path) -> None:
    with opened(data) as house:
        held_back(house)
        assert (status(house), status(house, 2)) == (RuleStatus.ACTIVE, RuleStatus.HELD)
        assert house.book.rules["cap", 2].failures == ("fits: expected pass, A is breach",)
        (told,) = house.book.breaks.values()
        assert (told.kind.value, told.cl_ord_id) == ("rule_held_back", "cap@2")
        assert "expected pass, A is breach" in told.detail
        shown = rule_resource(house.book.rules["cap", 2], seq=1)
        assert (shown.status, shown.failures) == ("held", ("fits: expected pass, A is breach",))
        assert house.get(buy(1))["status"] == "approved"
        roll(house, date(2010, 1, 6))
        assert status(house, 2) is RuleStatus.HELD
        again = rc.ActivateRule(rule_id="cap", version=2)
        assert house.refused(again, user="cora") == ["rule_cases_fail"]
        before = facts(house.book)
    with opened(data) as house:
        assert facts(house.book)["rules"] == before["rules"]
        hold(house, 5_900)
        promote(house, 2)
        assert (status(house), status(house, 2)) == (RuleStatus.RETIRED, RuleStatus.ACTIVE)
        assert house.book.rules["cap", 2].failures == ()
        assert house.get(buy(2))["status"] == "blocked"
    assert bootstrap.replay(Settings(data=data)).differing == ()


def test_a_version_that_is_held_back_does_not_hold_back_another(data: Path) -> None:
    with opened(data) as house:
        define(house, 1, **HOLDS, max="9000")
        promote(house)
        for version, most in ((2, "6000"), (3, "8000")):
            define(house, version, **HOLDS, max=most)
            promote(house, version, effective_on=TOMORROW)
        hold(house, 7_000)
        roll(house)
        found = [status(house, version) for version in (1, 2, 3)]
        assert found == [RuleStatus.RETIRED, RuleStatus.HELD, RuleStatus.ACTIVE]


def test_the_cases_are_run_again_when_a_tested_version_is_approved(data: Path) -> None:
    with opened(data) as house:
        define(house, 1, **HOLDS, max="6000")
        house.get(rc.TestRule(rule_id="cap", version=1), user="ada")
        hold(house, 7_000)
        approve = rc.ApproveRule(rule_id="cap", version=1)
        assert house.refused(approve, user="cora") == ["rule_cases_fail"]
        assert status(house) is RuleStatus.TESTED
        hold(house, 5_000)
        assert house.get(approve, user="cora")["status"] == "approved"


def test_a_rule_is_in_force_until_two_people_retire_it(data: Path) -> None:
    ask = rc.RetireRule(rule_id="cap", version=1)
    with opened(data) as house:
        second_officer(house)
        define(house)
        promote(house)
        assert house.get(ask, user="cora")["status"] == "active"
        assert house.refused(ask, user="cora") == ["same_person"]
        assert house.get(buy(1))["status"] == "blocked"
    with opened(data) as house:
        assert house.get(ask, user="cleo")["status"] == "retired"
        rule = house.book.rules["cap", 1]
        assert (rule.retirement_requested_by, rule.retired_by) == ("cora", "cleo")
        assert house.get(buy(2))["status"] == "approved"
        before = facts(house.book)
    with opened(data) as house:
        assert facts(house.book)["rules"] == before["rules"]
    assert bootstrap.replay(Settings(data=data)).differing == ()


@pytest.mark.parametrize("who", ["cora", "cleo"])
def test_a_request_to_retire_is_refused_or_taken_back_and_must_be_made_anew(
    data: Path, who: str
) -> None:
    ask, keep = (kind(rule_id="cap", version=1) for kind in (rc.RetireRule, rc.KeepRule))
    with opened(data) as house:
        second_officer(house)
        define(house)
        promote(house)
        assert house.refused(keep, user=who) == ["retirement_not_requested"]
        house.get(ask, user="cora")
        assert house.get(keep, user=who)["status"] == "active"
        assert house.get(ask, user="cleo")["status"] == "active"
        assert house.book.rules["cap", 1].retirement_requested_by == "cleo"


def test_a_request_to_retire_ends_when_another_version_takes_its_place(data: Path) -> None:
    with opened(data) as house:
        define(house)
        promote(house)
        house.get(rc.RetireRule(rule_id="cap", version=1), user="cora")
        define(house, 2)
        promote(house, 2)
        old = house.book.rules["cap", 1]
        assert (old.status, old.retirement_requested_by) == (RuleStatus.RETIRED, "")


def test_what_was_set_for_a_day_can_be_taken_back_by_two(data: Path) -> None:
    with opened(data) as house:
        define(house)
        promote(house, effective_on=TOMORROW)
        retire(house, "cap")
        roll(house)
        assert status(house) is RuleStatus.RETIRED


def test_a_shadow_rule_stops_nothing_and_its_findings_are_reported(data: Path) -> None:
    with opened(data) as house:
        define(house, severity="shadow")
        promote(house)
        big = house.get(buy(1))
        small = house.get(buy(2, 100))
        assert (big["status"], small["status"]) == ("approved", "approved")
    with bootstrap.reader(Settings(data=data)).connect() as link:
        report = whole_shadow_report(link, "cap")
    assert (report.checks, report.unread) == (2, 0)
    assert report.outcomes == {"breach": 1, "pass": 1}
    (found,) = report.findings
    assert (found.order_id, found.action, found.outcome) == (big["id"], "allow", "breach")
    assert (found.numerator, found.limit) == ("100000", "50000")


def test_a_shadow_report_is_read_in_parts_by_the_rules_of_each_time(data: Path) -> None:
    with opened(data) as house:
        house.get(buy(1))
        define(house, severity="shadow")
        promote(house)
        house.get(buy(2))
        define(house, 2, severity="shadow", max_value="200000")
        promote(house, 2)
        house.get(buy(3))
        retire(house, "cap", 2)
        house.get(buy(4))
    parts, after = list[ShadowReport](), None
    with bootstrap.reader(Settings(data=data)).connect() as link:
        while not parts or parts[-1].has_more:
            parts.append(shadow_report(link, "cap", None, Cut(after, 1)))
            after = parts[-1].next
        whole = whole_shadow_report(link, "cap")
    told = [(part.checks, part.outcomes, len(part.findings)) for part in parts]
    assert told == [(0, {}, 0), (1, {"breach": 1}, 1), (1, {"pass": 1}, 0), (0, {}, 0)]
    assert after is None
    assert (whole.checks, whole.outcomes) == (2, {"breach": 1, "pass": 1})
    assert [one.version for one in whole.findings] == [1]


def test_a_back_test_tells_which_orders_would_have_come_out_otherwise(data: Path) -> None:
    with opened(data) as house:
        define(house)
        promote(house)
        stopped = house.get(buy(1))
        fine = house.get(buy(2, 100))
        define(house, 2, max_value="100000")
        define(house, 3, max_value="9000")
        seq = house.engine.seq
    engine = bootstrap.reader(Settings(data=data))
    looser = back_test(engine, "cap", 2, days=1)
    assert looser.checks == 2
    (change,) = looser.changes
    assert (change.order_id, change.then, change.with_draft) == (
        stopped["id"], "block_hard", "allow",
    )  # fmt: skip
    tighter = back_test(engine, "cap", 3, days=1)
    (change,) = tighter.changes
    assert (change.order_id, change.then, change.with_draft) == (fine["id"], "allow", "block_hard")
    assert (change.numerator, change.limit, change.funds) == ("10000", "9000", ("A", "B"))
    with opened(data) as house:
        assert house.engine.seq == seq


def test_a_back_test_sees_positions_cash_and_open_orders_as_they_were(data: Path) -> None:
    """Fund A holds 5,000 and may hold 6,000: the order that is open takes the last room."""
    with opened(data) as house:
        first = house.placed(1)
        house.hear(said(first["cl_ord_id"], "new"))
        house.hear(fill(first["cl_ord_id"], "E1", 500))
        second = house.get(buy(2))
        house.get(CancelOrder(order_id=second["id"], reason="x"))
        third = house.get(buy(3, 500))
        held = {
            "id": "held", "version": 1, "kind": "ratio", "measure": "qty", "den": "one",
            "group_by": "id", "max": "6000", "scope": {"funds": ["A"]},
        }  # fmt: skip
        rule = rc.RuleText(rule_id="held", version=1, definition=json.dumps(held))
        house.get(rc.DefineRules(rules=(rule,)), user="ada")
        for terms in ({"limit_price": D(101)}, {"reason": "only words: checked for the record"}):
            version = house.book.orders[third["id"]].version
            house.get(AmendOrder(order_id=third["id"], expected_version=version, **terms))
    found = back_test(bootstrap.reader(Settings(data=data)), "held", 1, days=1)
    assert found.checks == 6
    assert [(c.order_id, c.stage, c.numerator) for c in found.changes] == [
        (second["id"], "submit", "6200"),
    ]


def test_an_unknown_version_cannot_be_back_tested(data: Path) -> None:
    with opened(data):
        pass
    with pytest.raises(LookupError, match="no rule cap has a version 7"):
        back_test(bootstrap.reader(Settings(data=data)), "cap", 7, days=1)


def test_a_difference_names_the_field_and_both_values() -> None:
    before = {"version": 1, "max": "0.1", "scope": {"funds": ["A"]}, "warn": "0.09"}
    after = {"version": 2, "max": "0.2", "scope": {"funds": ["A", "B"]}, "strict": True}
    assert diff_rules(before, after) == [
        FieldChange("max", "0.1", "0.2"),
        FieldChange("scope.funds", ["A"], ["A", "B"]),
        FieldChange("strict", None, True),  # a value
        FieldChange("warn", "0.09", None),
    ]


def test_the_author_may_neither_approve_nor_activate(data: Path) -> None:
    with opened(data) as house:
        both = UserRow(id="ada", name="ada", grants=(Grant(role=Role.COMPLIANCE_OFFICER),))
        house.get(LoadUsers(users=(both,)), user="system")
        define(house, 1, FITS)
        house.get(rc.TestRule(rule_id="cap", version=1), user="ada")
        for command in (rc.ApproveRule, rc.ActivateRule):
            refused = house.refused(command(rule_id="cap", version=1), user="ada")
            assert refused == ["approver_is_author"]
