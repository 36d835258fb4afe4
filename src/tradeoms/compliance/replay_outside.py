"""Facts beside holdings in evidence: amounts in issue, last reports, figures; written and read.

Only what rules ask about the ordered security and the funds of the order is written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from tradeoms.compliance.exact import exact_text
from tradeoms.compliance.facts import Facts
from tradeoms.compliance.kinds.in_issue import in_issue
from tradeoms.compliance.kinds.membership import group_key
from tradeoms.compliance.outside import Figure, Outside
from tradeoms.compliance.policy import Rule
from tradeoms.compliance.schema.figures import ExternalRule
from tradeoms.compliance.schema.measures import DenAmount, DenIssuer, DenUnderlying
from tradeoms.compliance.schema.owned import LadderRule
from tradeoms.compliance.schema.sums import RatioRule
from tradeoms.domain.evaluation import SecurityFacts
from tradeoms.kernel.numbers import plain


class OutsideRecorder:
    """Writes what rules asked of the facts beside holdings."""

    def __init__(self, facts: Facts, rules: Sequence[Rule]) -> None:
        self._facts = facts
        self._shares: Final = [
            rule
            for rule in rules
            if isinstance(rule, LadderRule)
            or (isinstance(rule, RatioRule) and isinstance(rule.den, DenAmount))
        ]
        names = dict.fromkeys(rule.figure for rule in rules if isinstance(rule, ExternalRule))
        self._figures: Final = [(name, json.dumps(name)) for name in names]

    def of_security(self, security: SecurityFacts) -> dict[str, Any]:  # JSON to be
        """Return amounts of the security's issuer and underlying, and its last reports."""
        found: dict[str, dict[str, str]] = {}
        for rule in self._shares:
            key = group_key(rule.group_by, security)
            den = rule.den
            assert isinstance(den, DenAmount)
            amount = exact_text(in_issue(self._facts, den, rule.group_by, key))
            if amount is not None and isinstance(den, DenIssuer):
                found.setdefault("issuer", {})[den.issuer] = amount
            elif amount is not None and isinstance(den, DenUnderlying):
                found.setdefault("underlying", {})[den.underlying] = amount
            last = self._facts.outside.reported.get((rule.id, key or ""))
            if last is not None and isinstance(rule, LadderRule):
                found.setdefault("last", {})[rule.id] = plain(last)
        return found

    def figures(self, fund_ids: Sequence[str], now: datetime | None) -> str:
        """Return the figures of some funds and the time they were looked at, as JSON members."""
        if not self._figures or now is None:
            return ""
        known = ",".join(
            f'[{word},{json.dumps(fund_id)},"{plain(figure.value)}","{figure.at.isoformat()}"]'
            for name, word in self._figures
            for fund_id in fund_ids
            if (figure := self._facts.outside.figures.get((name, fund_id))) is not None
        )
        return f',"now":"{now.isoformat()}","figures":[{known}]'


def read_outside(
    raw: Mapping[str, Any], security: SecurityFacts, rules: Sequence[Rule], outside: Outside
) -> None:
    """Put back into ``outside`` what evidence says; ``rules`` are those it was written for."""
    said = raw["sec"].get("beside", {})
    amounts = {name: Decimal(amount) for name, amount in said.get("issuer", {}).items()}
    if security.issuer is not None:
        outside.issuers[security.issuer] = amounts
    key = group_key(("underlying",), security)
    if key is not None:
        outside.underlyings[key] = {
            name: Decimal(amount) for name, amount in said.get("underlying", {}).items()
        }
    last = said.get("last", {})
    for rule in rules:
        if isinstance(rule, LadderRule) and rule.id in last:
            cell = group_key(rule.group_by, security)
            outside.reported[rule.id, cell or ""] = Decimal(last[rule.id])
    for name, fund_id, value, at in raw.get("figures", ()):
        outside.figures[name, fund_id] = Figure(value=Decimal(value), at=datetime.fromisoformat(at))
