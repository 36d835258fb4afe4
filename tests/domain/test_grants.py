"""A grant reaches the funds it names, for files too; what is firm-wide asks for all of them."""

from __future__ import annotations

import json
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables

import pytest

from tests.domain.story import AT, Story, world
from tradeoms.domain.reference import commands as r
from tradeoms.domain.reference.events import UserDefined
from tradeoms.domain.reference.state import Fund, Grant, Price, User
from tradeoms.domain.ruleset import events as re
from tradeoms.domain.ruleset.commands import ActivateRule
from tradeoms.kernel.enums import Role

BOOK = r.FundBook(fund="B", positions=(), cash=())
ROW = r.UserRow(id="new", name="New", grants=(Grant(role=Role.TRADER, funds=("B",)),))


def person(*roles: Role) -> Story:
    """One who has roles over fund A alone."""
    grants = tuple(Grant(role=role, funds=("A",)) for role in roles)
    return Story(*world(), UserDefined(user=User(id="amy", name="Amy", grants=grants), at=AT))


@pytest.mark.parametrize(
    "command",
    [
        r.LoadPositions(as_of=AT.date(), books=(BOOK,)),
        r.LoadFunds(funds=(Fund(code="B", name="B", currency="USD"),)),
        r.LoadUsers(users=(ROW,)),
        r.LoadUsers(users=(r.UserRow(id="new", name="N", grants=(Grant(role=Role.RISK),)),)),
        r.LoadPrices(prices=(Price(security_id="sec", price=D(1), as_of=AT.date()),)),
    ],
)
def test_a13_what_touches_other_funds_is_refused(command: object) -> None:
    story = person(Role.OPERATIONS, Role.ADMIN, Role.COMPLIANCE_OFFICER)
    story.when(command, user="amy").refused("not_permitted")


def test_the_funds_of_a_grant_may_be_loaded() -> None:
    own = r.FundBook(fund="A", positions=(), cash=())
    story = person(Role.OPERATIONS).when(r.LoadPositions(as_of=AT.date(), books=(own,)), user="amy")
    assert story.events
    row = r.UserRow(id="new", name="New", grants=(Grant(role=Role.TRADER, funds=("A",)),))
    assert person(Role.ADMIN).when(r.LoadUsers(users=(row,)), user="amy").events


@pytest.mark.parametrize(
    ("in_force", "new", "permitted"),
    [(None, ["A"], True), (None, ["A", "B"], False), (None, [], False), ([], ["A"], False)],
)
def test_a_rule_is_put_in_force_by_who_may_for_all_funds_that_it_and_its_forerunner_are_for(
    in_force: list[str] | None, new: list[str], permitted: bool
) -> None:
    story = person(Role.COMPLIANCE_OFFICER)
    if in_force is not None:
        story.given(defined(1, in_force)).given(
            re.RuleActivated(rule_id="r", version=1, activated_by="cleo", at=AT)
        )
    story.given(defined(2, new)).when(ActivateRule(rule_id="r", version=2), user="amy")
    if permitted:
        assert story.events
    else:
        story.refused("not_permitted")


def defined(version: int, funds: list[str]) -> re.RuleDefined:
    text = {
        "id": "r", "version": version, "kind": "order", "severity": "hard", "max_qty": "9",
        "scope": {"funds": funds},
    }  # fmt: skip
    case = {"id": "fits", "mode": "fit", "fund": "A", "expect": {"outcome": "PASS"}}
    return re.RuleDefined(
        rule_id="r", version=version, definition=json.dumps(text), defined_by="cora", at=AT,
        cases=json.dumps([case]),
    )  # fmt: skip
