"""Versions of a rule that wait for their day."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.domain.story import AT, TODAY, Story, world
from tradeoms.domain.reference.commands import RollDay
from tradeoms.domain.ruleset import events as e
from tradeoms.domain.ruleset.decide import due
from tradeoms.domain.ruleset.state import RuleStatus, RuleVersion


def version(number: int, status: RuleStatus) -> RuleVersion:
    return RuleVersion(
        rule_id="r", version=number, definition="{}", defined_by="cora", status=status,
        active_from=TODAY, activated_by="cleo", created_at=AT, updated_at=AT,
    )  # fmt: skip


def test_an_older_version_that_was_set_for_later_does_not_replace_a_newer_one() -> None:
    active = version(3, RuleStatus.ACTIVE)
    waiting = [version(number, RuleStatus.SCHEDULED) for number in (2, 4)]
    later = replace(version(5, RuleStatus.SCHEDULED), active_from=TODAY + timedelta(days=1))
    versions = {(one.rule_id, one.version): one for one in (active, *waiting, later)}
    assert [rule.version for rule in due(versions, today=TODAY)] == [4]


@pytest.mark.parametrize(
    ("cases", "kind"),
    [
        ("[]", e.RuleActivated),
        (
            '[{"id": "a", "mode": "fit", "fund": "A", "expect": {"outcome": "PASS"}}]',
            e.RuleActivated,
        ),
        (
            '[{"id": "a", "mode": "fit", "fund": "A", "expect": {"outcome": "BREACH"}}]',
            e.RuleHeldBack,
        ),
    ],
)
def test_on_its_day_a_version_takes_effect_unless_a_case_fails(cases: str, kind: type) -> None:
    """One without cases was set for its day when rules could go without: two people wanted it."""
    text = '{"id": "r", "version": 1, "kind": "order", "max_qty": "9"}'
    defined = e.RuleDefined(
        rule_id="r", version=1, definition=text, defined_by="cora", at=AT, cases=cases
    )
    tomorrow = TODAY + timedelta(days=1)
    scheduled = e.RuleScheduled(
        rule_id="r", version=1, active_from=tomorrow, scheduled_by="cleo", at=AT
    )
    story = Story(*world(), defined, scheduled).when(RollDay(trade_on=tomorrow), user="system")
    assert [type(one) for one in story.events if isinstance(one, e.RuleEvent)] == [kind]
