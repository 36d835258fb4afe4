"""Permissions: what they are bound to, who gives them, when they end."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any

import pytest

from tests.domain.story import AT, Story, ask_order, happened, legs, over, price, world
from tradeoms.compliance.cases import run_case
from tradeoms.domain.evaluation import EVERYWHERE, CellExcess
from tradeoms.domain.order import commands as c
from tradeoms.domain.order.events import OrderChecked, OrderReleased
from tradeoms.domain.order.state import Phase
from tradeoms.domain.placement.commands import CreatePlacement
from tradeoms.domain.reference.events import FundDefined, SecurityDefined, UserDefined
from tradeoms.domain.reference.state import Fund
from tradeoms.domain.ruleset import events as re
from tradeoms.domain.waiver import commands as b
from tradeoms.domain.waiver import events as e
from tradeoms.domain.waiver.state import WaiverStatus
from tradeoms.kernel.enums import OrderType
from tradeoms.projections.resources_control import narrow_waiver, waiver_resource

CASES = json.loads(
    (Path(__file__).parents[1] / "compliance" / "cases_workflow.json").read_text(encoding="utf-8")
)["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_worked_case_comes_out_as_written(case: dict[str, Any]) -> None:
    assert run_case(case) is None


def rule(version: int = 1, **more: Any) -> tuple[object, ...]:
    """A soft cap of 50,000 on the value of an order; the one entered is worth 100,000."""
    said = {"id": "cap", "version": version, "kind": "order", "severity": "soft"} | more
    text = json.dumps(said | {"max_value": "50000"})
    return (
        re.RuleDefined(rule_id="cap", version=version, definition=text, defined_by="cora", at=AT),
        re.RuleActivated(rule_id="cap", version=version, activated_by="cleo", at=AT),
    )


def enter(story: Story, **changes: Any) -> str:
    asked = ask_order(limit_price=None, order_type=OrderType.MARKET, **changes)
    order_id: str = story.when(asked).events[0].order_id
    return order_id


def held(*, approvers: int = 1, **more: Any) -> tuple[Story, str]:
    """A held order for which permission was asked, and its id."""
    story = Story(*world(), *rule(**more))
    story.waiver_approvers = approvers
    order_id = enter(story)
    assert story.book.orders[order_id].phase is Phase.HELD
    story.when(b.RequestWaiver(order_id=order_id, rule="cap", reason="index event"))
    return story, order_id


def waiver_of(story: Story) -> Any:
    (waiver,) = story.book.waivers.values()
    return waiver


def test_a_request_is_bound_to_quantity_excess_version_and_a_day() -> None:
    story, order_id = held()
    story.then(
        happened(
            e.WaiverRequested, order_id=order_id, rule="cap@1", quantity=D(1000),
            excess=over("50000", fund="", cell="max_value"), approvers=1,
            expires_at=AT + timedelta(hours=24),
        )
    )  # fmt: skip


def test_where_the_firm_wants_two_one_of_compliance_and_one_of_risk_give_it() -> None:
    story, order_id = held(approvers=2)
    waiver_id = waiver_of(story).id
    story.when(b.ApproveWaiver(waiver_id=waiver_id, note="seen"), user="rita")
    story.then(happened(e.WaiverVerified, approved_by="rita", role="risk"))
    assert story.book.orders[order_id].phase is Phase.HELD
    story.when(b.ApproveWaiver(waiver_id=waiver_id), user="rita").refused("approver_twice")
    story.when(b.ApproveWaiver(waiver_id=waiver_id), user="cora")
    story.then(happened(e.WaiverApproved, approved_by="cora", role="compliance_officer"))
    assert story.book.orders[order_id].phase is Phase.APPROVED
    shown = waiver_resource(waiver_of(story), seq=1)
    assert [(one.person, one.role) for one in shown.approvals] == [
        ("rita", "risk"), ("cora", "compliance_officer"),
    ]  # fmt: skip


def test_a_rule_may_want_two_where_the_firm_wants_one() -> None:
    story, _ = held(waiver_approvers=2)
    story.when(b.ApproveWaiver(waiver_id=waiver_of(story).id), user="cora")
    assert waiver_of(story).status is WaiverStatus.REQUESTED


def test_the_order_may_go_on_while_nothing_it_was_bound_to_grows() -> None:
    story, order_id = held()
    story.when(b.ApproveWaiver(waiver_id=waiver_of(story).id), user="cora")
    story.given(price("99")).when(c.ReleaseOrder(order_id=order_id))
    assert OrderReleased in [type(event) for event in story.events]
    assert waiver_of(story).status is WaiverStatus.APPROVED


def test_a_permission_ends_when_the_excess_grows() -> None:
    story, order_id = held()
    story.when(b.ApproveWaiver(waiver_id=waiver_of(story).id), user="cora")
    story.given(price("100.001")).when(c.ReleaseOrder(order_id=order_id)).refused(
        "compliance_block"
    )
    assert [type(event) for event in story.events] == [OrderChecked, e.WaiverLapsed]
    assert story.events[0].excess == (over("50001", fund="", cell="max_value"),)
    assert waiver_of(story).lapsed_because == "waiver_stale"
    assert story.book.orders[order_id].phase is Phase.HELD


def worth(**navs: int) -> tuple[object, ...]:
    """The net values of the funds, as the accountant struck them."""
    return tuple(
        FundDefined(fund=Fund(code=code, name=code, currency="USD", nav=D(nav)), at=AT)
        for code, nav in navs.items()
    )


def held_in_one_fund(max_excess: str = "") -> tuple[Story, str]:
    """A may hold as many units as it is worth, and the order takes it 100 beyond; B has room."""
    text = json.dumps(
        {"id": "cap", "version": 1, "kind": "ratio", "severity": "soft", "measure": "qty",
         "den": "nav", "group_by": "issuer", "max": "1"}
    )  # fmt: skip
    story = Story(
        *world(issuer="ACME"), *worth(A=500, B=400),
        re.RuleDefined(rule_id="cap", version=1, definition=text, defined_by="cora", at=AT),
        re.RuleActivated(rule_id="cap", version=1, activated_by="cleo", at=AT),
    )  # fmt: skip
    order_id = enter(story)
    story.when(
        b.RequestWaiver(order_id=order_id, rule="cap", reason="index event", max_excess=max_excess)
    )
    story.when(b.ApproveWaiver(waiver_id=waiver_of(story).id), user="cora")
    return story, order_id


def test_a_permission_names_each_cell_with_an_excess_of_its_own() -> None:
    story, order_id = held_in_one_fund()
    assert waiver_of(story).excess == over("100", fund="A", cell="ACME")
    story.given(*worth(A=550)).when(c.ReleaseOrder(order_id=order_id))
    assert waiver_of(story).status is WaiverStatus.APPROVED


@pytest.mark.parametrize("max_excess", ["", "1000"])
def test_a_permission_ends_when_another_cell_goes_over_its_limit(max_excess: str) -> None:
    story, order_id = held_in_one_fund(max_excess)
    story.given(*worth(A=599, B=399)).when(c.ReleaseOrder(order_id=order_id))
    assert waiver_of(story).lapsed_because == "waiver_stale"
    assert story.book.orders[order_id].phase is Phase.HELD


def test_a_permission_of_before_cells_were_told_covers_them_all_up_to_its_excess() -> None:
    for nav, status in ((300, WaiverStatus.APPROVED), (299, WaiverStatus.LAPSED)):
        story, order_id = held_in_one_fund()
        waiver = waiver_of(story)
        anywhere = (CellExcess(fund=EVERYWHERE, cell="", bound="", amount="100"),)
        story.book.waivers[waiver.id] = replace(waiver, excess=anywhere)
        story.given(*worth(A=500, B=nav)).when(c.ReleaseOrder(order_id=order_id))
        assert waiver_of(story).status is status


@pytest.mark.parametrize(("weapons", "status"), [(None, "approved"), ("true", "lapsed")])
def test_what_could_not_be_judged_is_not_permitted_where_it_is_a_breach(
    weapons: str | None, status: str
) -> None:
    said = {"id": "cap", "version": 1, "kind": "restrict", "severity": "soft"}
    text = json.dumps(said | {"select": [["weapons", "==", True]]})
    story = Story(
        *world(),
        re.RuleDefined(rule_id="cap", version=1, definition=text, defined_by="cora", at=AT),
        re.RuleActivated(rule_id="cap", version=1, activated_by="cleo", at=AT),
    )
    order_id = enter(story)
    story.when(b.RequestWaiver(order_id=order_id, rule="cap", reason="the file is late"))
    assert [one.unknown for one in waiver_of(story).excess] == [True]
    story.when(b.ApproveWaiver(waiver_id=waiver_of(story).id), user="cora")
    security = story.book.securities["sec"]
    told = () if weapons is None else (("weapons", weapons),)
    story.given(SecurityDefined(security=replace(security, attributes=told), at=AT))
    story.when(c.ReleaseOrder(order_id=order_id))
    assert waiver_of(story).status == status
    held_back = story.book.orders[order_id].phase is Phase.HELD
    assert held_back is (status == "lapsed")


def test_a_permission_of_before_it_was_told_what_was_judged_stays() -> None:
    said = {"id": "cap", "version": 1, "kind": "restrict", "severity": "soft"}
    text = json.dumps(said | {"select": [["weapons", "==", True]]})
    story = Story(
        *world(),
        re.RuleDefined(rule_id="cap", version=1, definition=text, defined_by="cora", at=AT),
        re.RuleActivated(rule_id="cap", version=1, activated_by="cleo", at=AT),
    )
    order_id = enter(story)
    story.when(b.RequestWaiver(order_id=order_id, rule="cap", reason="the file is late"))
    story.when(b.ApproveWaiver(waiver_id=waiver_of(story).id), user="cora")
    waiver = waiver_of(story)
    before = tuple(replace(one, unknown=None) for one in waiver.excess)
    story.book.waivers[waiver.id] = replace(waiver, excess=before)
    story.when(c.ReleaseOrder(order_id=order_id))
    assert waiver_of(story).status is WaiverStatus.APPROVED


def test_who_sees_one_fund_sees_what_a_permission_says_of_it() -> None:
    cells = (*over("100", fund="A"), *over("50", fund="firm"), *over("20", fund="B"))
    story, _ = held_in_one_fund()
    shown = waiver_resource(replace(waiver_of(story), excess=cells), seq=1)
    assert (shown.max_excess, len(shown.cells)) == ("100", 3)
    narrowed = narrow_waiver(shown)({"B"})
    assert [(one.fund, one.max_excess) for one in narrowed.cells] == [("B", "20")]
    assert narrowed.max_excess == "20"
    assert narrow_waiver(shown)({"C"}).max_excess is None


def test_a_larger_excess_may_be_asked_for() -> None:
    story = Story(*world(), *rule())
    order_id = enter(story)
    story.when(b.RequestWaiver(order_id=order_id, rule="cap", reason="x", max_excess="60000"))
    story.when(b.ApproveWaiver(waiver_id=waiver_of(story).id), user="cora")
    story.given(price("110")).when(c.ReleaseOrder(order_id=order_id))
    assert waiver_of(story).status is WaiverStatus.APPROVED


def test_a_permission_ends_when_a_new_version_of_the_rule_stops_the_order() -> None:
    story, order_id = held()
    story.when(b.ApproveWaiver(waiver_id=waiver_of(story).id), user="cora")
    story.given(*rule(version=2)).when(c.ReleaseOrder(order_id=order_id)).refused(
        "compliance_block"
    )
    assert waiver_of(story).status is WaiverStatus.LAPSED


def test_k08_nobody_permits_what_they_asked_for_or_manage_whatever_their_role() -> None:
    story, _ = held()
    officers = replace(story.book.users["pm"], grants=story.book.users["cora"].grants)
    story.given(UserDefined(user=officers, at=AT))
    story.when(b.ApproveWaiver(waiver_id=waiver_of(story).id), user="pm").refused(
        "approver_is_requester"
    )
    assert waiver_of(story).status is WaiverStatus.REQUESTED


def test_nobody_permits_what_he_amended() -> None:
    story = Story(*world(), *rule())
    order_id = enter(story, quantity=D(100), legs=legs(A=100))
    amend = c.AmendOrder(order_id=order_id, expected_version=2, quantity=D(1000))
    story.when(amend, user="both")
    story.when(b.RequestWaiver(order_id=order_id, rule="cap", reason="index event"))
    story.when(b.ApproveWaiver(waiver_id=waiver_of(story).id), user="both")
    story.refused("approver_is_requester")
    story.when(b.ApproveWaiver(waiver_id=waiver_of(story).id), user="cora")
    assert story.book.orders[order_id].phase is Phase.APPROVED


def test_k15_a_permission_is_used_once() -> None:
    story, order_id = held()
    story.when(b.ApproveWaiver(waiver_id=waiver_of(story).id), user="cora")
    story.given(price("10")).when(c.ReleaseOrder(order_id=order_id))
    assert waiver_of(story).status is WaiverStatus.LAPSED
    story.given(price("100"))
    amend = c.AmendOrder(
        order_id=order_id, expected_version=story.book.orders[order_id].version, reason="again"
    )
    story.when(amend)
    assert story.book.orders[order_id].reason == "again"
    story.when(CreatePlacement(order_id=order_id, destination="BROKER", quantity=D(1)), user="tom")
    story.refused("compliance_block")


def test_many_are_approved_together_or_not_at_all_and_share_their_reason() -> None:
    story, _ = held()
    first = waiver_of(story).id
    other = (
        story.when(ask_order(limit_price=None, order_type=OrderType.MARKET, client_order_id="c2"))
        .events[0]
        .order_id
    )
    story.when(b.RequestWaiver(order_id=other, rule="cap", reason="index event"))
    second = next(key for key in story.book.waivers if key != first)
    story.when(
        b.ApproveWaivers(waiver_ids=(first, "wvr_none"), reason="index event"), user="cora"
    ).refused("waiver_unknown")
    assert story.book.waivers[first].status is WaiverStatus.REQUESTED
    story.when(b.ApproveWaivers(waiver_ids=(first, second), reason="index event"), user="cora")
    one, two = (story.book.waivers[key].approvals[0] for key in (first, second))
    assert (one.note, one.bulk) == (two.note, two.bulk) == ("index event", one.bulk)
    assert one.bulk
