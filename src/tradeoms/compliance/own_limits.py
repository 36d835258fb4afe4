"""Limits that depend on the fund or the security of a leg: looked up once, and remembered.

An amount in issue, an attribute, a benchmark weight, an exception, the stretch of a ladder in which
a cell lies. A stretch that a position has left is found again by whoever sees it.
"""

from __future__ import annotations

from fractions import Fraction
from math import inf
from typing import Final

from tradeoms.compliance.cells import Floats
from tradeoms.compliance.facts import Facts
from tradeoms.compliance.kinds import ratio_limits, short
from tradeoms.compliance.kinds.crossing import stretch_limits
from tradeoms.compliance.kinds.in_issue import in_issue
from tradeoms.compliance.linear import Limit
from tradeoms.compliance.plan import Plan, Test
from tradeoms.compliance.policy import Rule
from tradeoms.compliance.rows import BEYOND, Row, RowSet, tightest
from tradeoms.compliance.schema.measures import DenAmount
from tradeoms.compliance.schema.owned import LadderRule
from tradeoms.compliance.schema.sums import RatioRule, ShortRule
from tradeoms.compliance.state import LiveState
from tradeoms.compliance.templates import Place, Template
from tradeoms.domain.evaluation import Candidate, FundFacts, SecurityFacts


class OwnLimits:
    """Remembers the limits of rows by fund and security."""

    #: Limits kept; beyond it all are dropped and looked up when asked for.
    KEPT: Final = 50_000

    def __init__(self, facts: Facts, plan: Plan, state: LiveState) -> None:
        self._facts = facts
        self._plan = plan
        self._state = state
        self._resolved: dict[tuple[int, str, str], tuple[Floats, Floats, tuple[Row, ...]]] = {}

    def of(
        self, rows: RowSet, place: Place, template: Template, candidate: Candidate
    ) -> tuple[Floats, Floats, tuple[Row, ...]]:
        """Return the limits, those that bind a quantity, and the rows of one leg."""
        key = self._resolved_key(rows, place, candidate.security_id)
        found = self._resolved.get(key)
        if found is None:
            if len(self._resolved) >= self.KEPT:
                self._resolved.clear()
            fund = self._facts.funds[place.fund_id]
            security = self._facts.securities[candidate.security_id]
            found = self._resolve(rows, place, template, fund, security)
            self._resolved[key] = found
        return found

    def _own(
        self, row: Row, place: Place, template: Template, fund: FundFacts, security: SecurityFacts
    ) -> Row:
        """Return a row with the bound of one fund and security."""
        test = row.members[0][0]
        rule = self._plan.rules[test.rule]
        name = self._state.templates.name(int(template.keys[row.at]))
        amount = None
        found: list[Limit | None] = []
        if isinstance(rule, ShortRule):
            found = [short.floor_of(rule, security)]
        elif isinstance(rule, RatioRule):
            found = ratio_limits.limits_of(rule, fund, name, security)
            if isinstance(rule.den, DenAmount):
                amount = in_issue(self._facts, rule.den, rule.group_by, name)
                found = [None] if amount is None and found else found
        elif isinstance(rule, LadderRule):
            amount = in_issue(self._facts, rule.den, rule.group_by, name)
            found = [None] if amount is None else self._stretch(rule, test, place, template, amount)
        nothing_known = amount is None and found == [None]
        kept = tuple(
            (test, one)
            for one in found
            if (one is None and (nothing_known or test.bound == "max"))
            or (one is not None and one.bound == test.bound)
        )
        return Row(row.at, row.bound, kept or ((test, BEYOND[test.bound]),), amount)

    def _stretch(
        self, rule: LadderRule, test: Test, place: Place, template: Template, amount: Fraction
    ) -> list[Limit | None]:
        """Return the ends of the stretch in which the cell lies now, the same for both its rows."""
        upper = self._plan.tests[test.rule][0]
        at = template.shape.slot_types.index(upper.slot_type)
        part = slice(at, at + 1)
        slot = self._state.slots(place, template.shape.levels[part], template.keys[part])[0]
        name = self._state.templates.name(int(template.keys[at]))
        reported = self._facts.outside.reported.get((rule.id, name or ""))
        position = self._state.store.exact(int(slot))
        return list(stretch_limits(rule, position, amount, reported))

    def _resolve(
        self,
        rows: RowSet,
        place: Place,
        template: Template,
        fund: FundFacts,
        security: SecurityFacts,
    ) -> tuple[Floats, Floats, tuple[Row, ...]]:
        """Fill in the limits that depend on this fund or security."""
        limit, bound, members = rows.limit.copy(), rows.cap.copy(), list(rows.rows)
        for index in rows.dynamic:
            row = members[index] = self._own(rows.rows[index], place, template, fund, security)
            limit[index] = tightest(row, warn=True)
            bound[index] = tightest(row, warn=False)
            if row.members[0][1] is BEYOND[row.bound]:
                bound[index] = inf if row.bound == "max" else -inf
        return limit, bound, tuple(members)

    def forget(self, rows: RowSet, place: Place, security_id: str) -> None:
        """Look up the limits of one fund and security again when they are asked for."""
        self._resolved.pop(self._resolved_key(rows, place, security_id), None)

    def _resolved_key(self, rows: RowSet, place: Place, security_id: str) -> tuple[int, str, str]:
        """Return under which limits are remembered: by fund only where they depend on it."""
        return id(rows), place.fund_id if rows.by_fund else "", security_id


def depends_on_fund(rule: Rule) -> bool:
    """True where limits that depend on the security depend on the fund, too."""
    if isinstance(rule, RatioRule):
        return rule.by_benchmark or bool(rule.overrides) or bool(rule.exceptions)
    return isinstance(rule, LadderRule)
