"""Who may do what: every command tried by every role, and by people of other funds."""

from __future__ import annotations

from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables

import pytest

from tests.engine.house import PEOPLE, House, buy
from tradeoms.app.handle import HANDLERS
from tradeoms.app.wire import Command, Outcome
from tradeoms.domain.case.commands import StartRun
from tradeoms.domain.catalog import COMMANDS, CreateOrders, ImportOrders
from tradeoms.domain.model.commands import (
    ApproveModel,
    DefineModel,
    NamedOverride,
    NamedWeight,
)
from tradeoms.domain.order.commands import (
    AmendOrder,
    AssignOrder,
    CancelOrder,
    ClaimOrder,
    HandOverOrder,
    HoldOrder,
    Leg,
    ReleaseOrder,
    SubmitOrder,
)
from tradeoms.domain.orderlist.commands import CreateOrderList
from tradeoms.domain.placement.commands import (
    CancelPlacement,
    CreatePlacement,
    ReplacePlacement,
)
from tradeoms.domain.reference.commands import LoadUsers, UserRow
from tradeoms.domain.reference.entitlement import PERMISSIONS, may, readable_funds
from tradeoms.domain.reference.state import Grant, User
from tradeoms.domain.routing.commands import RouteOrder
from tradeoms.kernel.enums import Role

PM, TOM, CORA, OLGA, RITA, ADA = "pm", "tom", "cora", "olga", "rita", "ada"
ALL = frozenset(PEOPLE)

#: Who may; everybody else may not. Written out by hand, so that a change is seen twice.
MAY: dict[str, set[str]] = {
    "CreateOrder": {PM, TOM}, "CreateOrders": {PM, TOM}, "AmendOrder": {PM, TOM},
    "ImportOrders": {PM, TOM}, "DefineImportMapping": {PM, TOM, OLGA, ADA},
    "SaveLayout": set(ALL), "DeleteLayout": set(ALL),
    "SubmitOrder": {PM, TOM}, "ReleaseOrder": {PM, TOM}, "ApproveOrder": {PM, RITA},
    "HoldOrder": {PM, TOM, CORA, RITA}, "CancelOrder": {PM, TOM, CORA, RITA},
    "CreateOrderList": {PM, TOM}, "ActOnOrderList": {PM, TOM},
    "LoadRoutingRules": {OLGA, ADA}, "LoadBrokerLists": {OLGA, ADA}, "RouteOrder": {TOM},
    "LoadCommissionBudgets": {OLGA, ADA},
    "LoadAllocationPolicies": {OLGA, ADA}, "LoadCharges": {OLGA, ADA},
    "BookAllocations": {OLGA}, "ReallocateBooking": {OLGA, TOM}, "BookDue": set(),
    "ApproveReallocation": {OLGA, CORA, RITA}, "RefuseReallocation": {OLGA, TOM, CORA, RITA},
    "ClaimOrder": {TOM}, "AssignOrder": {PM, TOM}, "HandOverOrder": {TOM}, "ReleaseDue": set(),
    "SplitOrder": {PM, TOM}, "MergeOrders": {TOM}, "UnmergeBlock": {TOM}, "PlaceBlock": {TOM},
    "LoadApprovalLimits": {RITA, ADA},
    "LinkPair": {PM, TOM}, "UnlinkPair": {PM, TOM},
    "LoadCustomFields": {OLGA, ADA}, "SetCustomValues": {PM, TOM, OLGA},
    "ProposeCross": {TOM}, "ApproveCross": {CORA}, "RefuseCross": {CORA, TOM},
    "ReverseCross": {CORA, OLGA},
    "LapseCrosses": set(),
    "CreatePlacement": {TOM}, "ReplacePlacement": {TOM}, "CancelPlacement": {TOM, CORA, RITA},
    "CancelPlacements": {TOM, CORA, RITA},
    "RecordExecution": {TOM}, "BustExecution": {TOM, OLGA}, "RecordAnswer": {TOM},
    "RequestWaiver": {PM, TOM}, "ApproveWaiver": {CORA, RITA},
    "ApproveWaivers": {CORA, RITA}, "RefuseWaiver": {CORA, RITA},
    "AssignBreach": {CORA}, "CommentBreach": {CORA, PM, RITA}, "ResolveBreach": {CORA, PM},
    "ExplainBreach": {CORA, PM}, "RemediateBreach": {CORA, PM}, "OverrideBreach": {CORA},
    "StartRun": {CORA, RITA, OLGA}, "RecordFundRun": set(), "ReportRunOverdue": set(),
    "CloseBreach": {CORA}, "ResolveBreak": {OLGA, TOM},
    "ApproveBreakAction": {OLGA, RITA}, "RefuseBreakAction": {OLGA, TOM, RITA},
    "DefineRules": {CORA, ADA},
    "TestRule": {CORA, ADA}, "ApproveRule": {CORA}, "ActivateRule": {CORA},
    "RetireRule": {CORA}, "KeepRule": {CORA}, "LoadFunds": {OLGA, ADA},
    "LoadSecurities": {OLGA, ADA}, "LoadPositions": {OLGA, ADA}, "LoadPrices": {OLGA, ADA},
    "LoadDestinations": {OLGA, ADA}, "LoadOutside": {OLGA, ADA, RITA},
    "LoadLists": {CORA},
    "LoadUsers": {ADA}, "CreateApiKey": {ADA},
    "RevokeApiKey": {ADA}, "OpenSignIn": set(ALL), "EndSignIn": set(ALL),
    "RenewSignIn": set(ALL), "RollDay": {OLGA, ADA},
    "DefineModel": {PM}, "ApproveModel": {PM, RITA}, "MakeProposal": {PM},
    "ApproveProposal": {PM}, "DiscardProposal": {PM},
    "ActOnSession": {OLGA, TOM, ADA}, "ApproveSessionAction": {OLGA, RITA, ADA},
    "RefuseSessionAction": {OLGA, TOM, RITA, ADA}, "RecordUndelivered": set(),
    "SettleCopies": set(), "DoubtInstructions": set(),
    "InstructAllocation": {OLGA}, "ReplaceAllocation": {OLGA},
    "CancelAllocation": {OLGA}, "AffirmConfirmation": {OLGA}, "RejectConfirmation": {OLGA},
    "RequestConfirmations": {OLGA},
    "ThrowKillSwitch": {CORA, OLGA, RITA, TOM},
    "RecordKillSwitch": set(), "ReleaseKillSwitch": {CORA, RITA},
}  # fmt: skip


def user(*grants: Grant, active: bool = True) -> User:
    return User(id="u", name="u", grants=grants, active=active)


def test_every_command_has_a_handler_a_right_and_a_row() -> None:
    assert set(COMMANDS) == set(PERMISSIONS) == set(MAY)
    assert set(COMMANDS.values()) == set(HANDLERS)


@pytest.mark.parametrize("name", MAY)
def test_a_role_may_do_what_its_row_says_and_nothing_else(name: str) -> None:
    found = {who for who, role in PEOPLE.items() if may(user(Grant(role=role)), name)}
    assert found == MAY[name]


def test_deny_is_the_default() -> None:
    every = tuple(Grant(role=role) for role in Role)
    assert not may(None, "CreateOrder")
    assert not may(user(), "CreateOrder")
    assert not may(user(*every), "Dance")
    assert not may(user(*every, active=False), "CreateOrder")


@pytest.mark.parametrize(
    ("funds", "asked", "allowed"),
    [
        (("*",), ("A", "B"), True),
        (("A", "B"), ("A", "B"), True),
        (("A",), ("A",), True),
        (("A",), ("A", "B"), False),
        ((), ("A",), False),
        ((), (), True),
    ],
)
def test_a_role_must_cover_every_fund(
    funds: tuple[str, ...], asked: tuple[str, ...], allowed: bool
) -> None:
    person = user(Grant(role=Role.PORTFOLIO_MANAGER, funds=funds))
    assert may(person, "CreateOrder", asked) is allowed


def test_two_grants_cover_together() -> None:
    both = user(
        Grant(role=Role.TRADER, funds=("A",)), Grant(role=Role.PORTFOLIO_MANAGER, funds=("B",))
    )
    assert may(both, "CreateOrder", ("A", "B"))
    assert not may(both, "CreatePlacement", ("A", "B"))


def test_reading_asks_for_any_role_but_that_of_an_admin() -> None:
    reader = user(Grant(role=Role.AUDITOR, funds=("A",)), Grant(role=Role.ADMIN))
    assert readable_funds(reader) == {"A"}


@pytest.fixture
def narrow(house: House) -> House:
    """People who have rights over fund A only."""
    rows = tuple(
        UserRow(id=f"{name}_a", name=name, grants=(Grant(role=PEOPLE[name], funds=("A",)),))
        for name in (PM, TOM, CORA, RITA, ADA)
    )
    house.get(LoadUsers(users=rows), user="ada")
    return house


def test_a_fund_that_is_not_ones_own_cannot_be_touched_through_any_command(narrow: House) -> None:
    order = narrow.order(1)["id"]
    placement = narrow.place(order, 100)["id"]
    only_a = (Leg(fund="A", quantity=D(10)),)
    draft = narrow.get(buy(2, 10, legs=only_a), user="pm_a")["id"]
    for who, command in (
        ("pm_a", buy(3)),
        ("pm_a", CreateOrders(orders=(buy(3),))),
        ("pm_a", ImportOrders(orders=(buy(3),))),
        ("pm_a", CreateOrderList(name="x", orders=(buy(3),))),
        ("tom_a", ClaimOrder(order_id=order)),
        ("pm_a", AssignOrder(order_id=order, trader="tom")),
        ("tom_a", HandOverOrder(order_id=order, trader="tom", note="x")),
        ("tom_a", RouteOrder(order_id=order)),
        ("pm_a", AmendOrder(order_id=order, expected_version=1, limit_price=D(99))),
        ("pm_a", AmendOrder(order_id=draft, expected_version=2, legs=buy(1, 10).legs)),
        ("pm_a", SubmitOrder(order_id=order)),
        ("pm_a", ReleaseOrder(order_id=order)),
        ("cora_a", HoldOrder(order_id=order, reason="x")),
        ("rita_a", CancelOrder(order_id=order)),
        ("tom_a", CreatePlacement(order_id=order, destination="BROKER", quantity=D(10))),
        ("tom_a", ReplacePlacement(placement_id=placement, quantity=D(10))),
        ("tom_a", CancelPlacement(placement_id=placement)),
    ):
        assert narrow.refused(command, user=who) == ["not_permitted"], command
    assert narrow.get(ReleaseOrder(order_id=draft), user="pm_a")["id"] == draft


@pytest.mark.parametrize(
    "row",
    [
        UserRow(id=CORA, name=CORA, grants=()),
        UserRow(id=CORA, name=CORA, grants=(Grant(role=Role.COMPLIANCE_OFFICER, funds=("A",)),)),
        UserRow(id=CORA, name=CORA, grants=(), password_hash="x", active=False),
        UserRow(id="new", name="new", grants=(Grant(role=Role.AUDITOR, funds=("A", "B")),)),
    ],
)
def test_an_admin_of_some_funds_leaves_people_of_others_alone(narrow: House, row: UserRow) -> None:
    before = narrow.book.users[CORA]
    assert narrow.refused(LoadUsers(users=(row,)), user="ada_a") == ["not_permitted"]
    assert narrow.book.users[CORA] == before
    assert "new" not in narrow.book.users


def test_an_admin_of_some_funds_changes_people_of_these(narrow: House) -> None:
    narrow.get(LoadUsers(users=(UserRow(id="tom_a", name="tom", grants=()),)), user="ada_a")
    assert narrow.book.users["tom_a"].grants == ()


def test_a_run_of_every_fund_asks_for_a_grant_over_every_fund(narrow: House) -> None:
    assert narrow.refused(StartRun(funds=()), user="cora_a") == ["not_permitted"]
    assert not narrow.book.runs
    narrow.get(StartRun(funds=("A",)), user="cora_a")
    narrow.get(StartRun(funds=()), user=CORA)


def test_a_model_is_changed_and_approved_by_those_whose_funds_it_names(narrow: House) -> None:
    whole = (NamedWeight(scheme="ticker_mic", security="ABC.XNYS", weight=D(10)),)
    without_b = (NamedOverride(fund="B", scheme="ticker_mic", security="ABC.XNYS"),)
    bare, told = (DefineModel(model="m", weights=whole, overrides=o) for o in ((), without_b))
    narrow.get(bare, user="pm_a")
    assert narrow.refused(told, user="pm_a") == ["not_permitted"]
    narrow.get(told, user=PM)
    second = ApproveModel(model="m", version=2)
    assert narrow.refused(second, user="rita_a") == ["not_permitted"]
    narrow.get(second, user=RITA)
    assert narrow.refused(bare, user="pm_a") == ["not_permitted"]
    assert narrow.refused(ApproveModel(model="m", version=1), user="rita_a") == ["not_permitted"]


@pytest.mark.parametrize("who", ["system", "nobody", "session:BROKER", ""])
def test_the_machine_and_strangers_do_not_trade(house: House, who: str) -> None:
    assert house.refused(buy(), user=who) == ["not_permitted"]


def test_a_person_who_was_made_inactive_loses_every_right(house: House) -> None:
    house.get(buy(1))
    row = UserRow(id=PM, name=PM, grants=(Grant(role=Role.PORTFOLIO_MANAGER),), active=False)
    house.get(LoadUsers(users=(row,)), user="ada")
    assert house.refused(buy(2)) == ["not_permitted"]


def test_a_key_gives_its_stored_answer_only_to_its_owner(house: House) -> None:
    item: Command = house.command(buy(1), key="k", sha256="s")
    house.run(item)
    other = Command(id=2, type=item.type, body=item.body, user="max", key="k", sha256="s")
    (answer,) = house.run(other).answers
    assert isinstance(answer, Outcome)
    assert [problem.code for problem in answer.problems] == ["not_permitted"]
