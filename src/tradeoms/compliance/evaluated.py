"""What a rule says on one day: schedules applied, lapsed exceptions dropped, one form per shape.

Rules are kept, named and hashed as they were written; everything that judges works on this form.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from tradeoms.compliance.policy import Rule
from tradeoms.compliance.schema.owned import OwnershipRule
from tradeoms.compliance.schema.standing import ScheduledRule


def evaluated(rule: Rule, today: date) -> Rule:
    """Return ``rule`` as it is judged on ``today``; the same object where nothing changes."""
    found: Rule = rule.as_ratio if isinstance(rule, OwnershipRule) else rule
    changes: dict[str, Any] = {}  # values of fields, each of its own type
    if isinstance(found, ScheduledRule) and found.schedule:
        changes |= found.limits_on(today)
    standing = tuple(one for one in found.exceptions if today <= one.until)
    if standing != found.exceptions:
        changes["exceptions"] = standing
    return found.model_copy(update=changes) if changes else found


def evaluated_all(rules: Sequence[Rule], today: date) -> tuple[Rule, ...]:
    """Return every rule as it is judged on ``today``."""
    return tuple(evaluated(rule, today) for rule in rules)
