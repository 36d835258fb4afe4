"""Versions of a rule that wait for their day."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.domain.story import AT, TODAY
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
    assert [event.version for event in due(versions, today=TODAY, at=AT)] == [4]
