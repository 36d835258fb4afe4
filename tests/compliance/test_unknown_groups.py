"""What a fund holds is tested as it stands, also where its price or its group is not known."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from typing import Any

import pytest

from tradeoms.compliance import ComplianceBook, parse_rules
from tradeoms.compliance.statecheck import Verdict, judge_all
from tradeoms.compliance.sweep import sweep
from tradeoms.domain.evaluation import FundFacts, SecurityFacts

TODAY = date(2026, 3, 2)
#: Shares of a fund: a hundred pieces at this price are this many per cent.
Holding = tuple[str, str | None, str | None]

BUCKET: dict[str, Any] = {
    "kind": "bucket", "group_by": "issuer", "threshold": "0.05", "bucket_max": "0.4",
    "per_group_max": "0.1",
}  # fmt: skip


def verdicts(
    rule: dict[str, Any], *holdings: Holding, name: str = "F", **fields: Any
) -> dict[str, str]:
    """Outcome by cell of a rule in a fund that holds securities, each with issuer and share."""
    book = ComplianceBook()
    book.put_fund(FundFacts(id="F", currency="EUR", nav=D(10_000), total_assets=D(10_000)))
    for security, issuer, share in holdings:
        book.put_security(SecurityFacts(id=security, currency="EUR", issuer=issuer, **fields))
        if share is not None:
            book.put_price(security_id=security, price=D(share), as_of=TODAY)
        book.set_position("F", security, D(100))
    book.put_rules(parse_rules([{"id": "r", "severity": "hard", **rule}]))
    exact = judge_all(book.facts, book.rules, {name}, TODAY).get(name, [])
    swept = sweep(book.facts, book.rules, TODAY).verdicts.get(name, [])
    assert _shown(swept) == _shown(exact)
    return _shown(exact)


def _shown(found: list[Verdict]) -> dict[str, str]:
    return {one.key or "": one.result.outcome.value for one in found}


def test_a_group_without_a_price_is_a_cell_that_is_unknown() -> None:
    found = verdicts(BUCKET, ("A", "I1", None), ("B", "I2", "4"))
    assert found == {"bucket": "unknown", "I1": "unknown"}


ISSUER: dict[str, Any] = {"kind": "ratio", "group_by": "issuer", "max": "0.1"}
COUNT: dict[str, Any] = {"kind": "count", "group_by": "issuer", "max": 9, "per_group_max": "0.1"}
ISSUES: dict[str, Any] = {
    "kind": "issues", "issuer_key": "issuer", "issue_key": "id", "when_above": "0.1",
    "min_issues": 6, "per_issue_max": "0.3",
}  # fmt: skip


@pytest.mark.parametrize("rule", [ISSUER, ISSUER | {"level": "firm"}, COUNT, ISSUES])
def test_a_holding_without_its_group_makes_the_rule_unknown(rule: dict[str, Any]) -> None:
    name = "firm" if "level" in rule else "F"
    assert verdicts(rule, ("A", None, "20"), name=name) == {"": "unknown"}


@pytest.mark.parametrize("rule", [ISSUER, COUNT, ISSUES])
def test_holdings_of_unknown_group_add_up(rule: dict[str, Any]) -> None:
    assert verdicts(rule, ("A", None, "6"), ("B", None, "6")) == {"": "unknown"}


@pytest.mark.parametrize("rule", [ISSUER, ISSUER | {"min": "0.01"}, BUCKET, COUNT, ISSUES])
def test_what_cannot_exceed_the_limit_whatever_its_group_is_passed(rule: dict[str, Any]) -> None:
    assert verdicts(rule, ("A", None, "3"), ("B", "I2", "7")) == {}


def test_a_known_group_is_unknown_with_what_may_belong_to_it() -> None:
    assert verdicts(ISSUER, ("A", None, "4"), ("B", "I2", "7")) == {"I2": "unknown"}


def test_a_bucket_bounds_the_one_group_of_unknown_name() -> None:
    assert verdicts(BUCKET, ("A", None, "20"))[""] == "unknown"


def test_an_unknown_group_without_a_price_is_unknown() -> None:
    assert verdicts(ISSUER, ("A", None, None)) == {"": "unknown"}
    assert verdicts(BUCKET, ("A", None, None), ("B", "I2", "4"))[""] == "unknown"


def test_a_group_that_may_be_selected_is_a_cell() -> None:
    chosen = ISSUER | {"select": [["type", "==", "equity"]]}
    assert verdicts(chosen, ("A", "I1", "20")) == {"I1": "unknown"}
    assert verdicts(chosen, ("A", "I1", "20"), asset_type="bond") == {}
    assert verdicts(chosen, ("A", None, "20"), asset_type="bond") == {}


def test_a_limit_by_attribute_is_the_one_of_the_holding() -> None:
    by = {"attr": "type", "map": {"equity": "0.05", "bond": "0.2"}, "default": "0.1"}
    rule = {"kind": "ratio", "group_by": "issuer", "limit_by": by}
    assert verdicts(rule, ("A", None, "7"), asset_type="bond") == {}
    assert verdicts(rule, ("A", None, "7"), asset_type="equity") == {"": "unknown"}


def test_what_a_rule_may_disregard_by_law_is_disregarded() -> None:
    rule = ISSUER | {"on_missing": "disregard", "source": "56(2)"}
    assert verdicts(rule, ("A", None, "20")) == {}
