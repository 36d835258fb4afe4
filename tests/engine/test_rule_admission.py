"""What a new rule may not say, by whatever door it comes: all that would go by without a word."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.engine.house import House, buy, fits
from tradeoms.domain.ruleset.commands import ActivateRule, DefineRules, RuleText

ORDER = {"kind": "order", "max_qty": "1"}
RATIO = {"kind": "ratio", "group_by": "issuer", "max": "0.1"}


def text_of(outcome: str = "PASS", **said: Any) -> RuleText:
    definition = json.dumps({"id": "r", "version": 1, "severity": "hard", **said})
    return RuleText(rule_id="r", version=1, definition=definition, cases=fits(outcome))


@pytest.mark.parametrize("name", ["ABC.XNYS", "isin:US0378331005", "id"])
def test_a_listed_security_is_restricted_by_whatever_name_it_is_listed(
    house: House, name: str
) -> None:
    security = house.book.securities[house.book.identifiers["ticker_mic", "ABC.XNYS"]]
    house.book.identifiers["isin", "US0378331005"] = security.id
    listed = security.id if name == "id" else name
    rule = DefineRules(rules=(text_of("BREACH", kind="restrict", list=[listed]),))
    house.get(rule, user="ada")
    house.get(ActivateRule(rule_id="r", version=1), user="cora")
    assert json.loads(house.book.rules["r", 1].definition)["list"] == [security.id]
    assert house.get(buy(1))["status"] == "blocked"
    assert house.get(buy(2, security="XYZ.XNYS"))["status"] == "approved"
    assert house.get(rule, user="ada")["new"] == 0


@pytest.mark.parametrize(
    ("said", "field", "value"),
    [
        ({"kind": "restrict", "list": ["ABC.XNYS", "NONSENSE"]}, "list.1", "NONSENSE"),
        ({"kind": "restrict", "list": ["isin:US0378331005"]}, "list.0", "isin:US0378331005"),
        ({**ORDER, "scope": {"funds": ["A", "ALHPA"]}}, "scope.funds.1", "ALHPA"),
        ({**ORDER, "scope": {"exclude_funds": ["D"]}}, "scope.exclude_funds.0", "D"),
        ({**RATIO, "overrides": {"D": {"max": "0.2"}}}, "overrides.D", "D"),
        ({**ORDER, "order_types": ["limit", "lmit"]}, "order_types.1", "lmit"),
        ({**ORDER, "exempt_order_types": ["rights"]}, "exempt_order_types.0", "rights"),
        ({**ORDER, "max_value": "-1"}, "max_value", "-1"),
        ({**ORDER, "max_qty": "-0.5"}, "max_qty", "-0.5"),
        ({**ORDER, "max_adv": "-1"}, "max_adv", "-1"),
        ({**ORDER, "collar": "-0.1"}, "collar", "-0.1"),
        ({"kind": "cash", "fee": "-0.001"}, "fee", "-0.001"),
        ({**ORDER, "when": "post"}, "when", "post"),
        ({"kind": "cross", "when": "post"}, "when", "post"),
        ({"kind": "window", "rule": "reg_m_105", "when": "post"}, "when", "post"),
        ({"kind": "coverage", "when": "pre"}, "when", "pre"),
    ],
)
def test_a_rule_that_would_decide_nothing_is_refused_with_its_field(
    house: House, said: dict[str, Any], field: str, value: str
) -> None:
    outcome = house.ask(DefineRules(rules=(text_of(**ORDER), text_of(**said))), user="ada")
    found = [(one.code, one.field, one.value) for one in outcome.problems]
    assert (outcome.status, found) == ("refused", [("rule_invalid", f"rows/1/{field}", value)])
    assert house.book.rules == {}


@pytest.mark.parametrize(
    "said",
    [
        {**ORDER, "when": "both", "max_value": "0", "order_types": ["market_on_open"]},
        {**ORDER, "exempt_order_types": ["rights_exercise", "corporate_action", "in_kind"]},
        {"kind": "coverage", "when": "post"},
        {"kind": "external", "when": "pre", "figure": "v", "max": "1", "max_age_minutes": 1},
        {**RATIO, "overrides": {"A": {"max": "0.2"}}, "scope": {"funds": ["A"]}},
        {"kind": "restrict", "list": "barred"},
    ],
)
def test_a_rule_that_decides_something_is_taken(house: House, said: dict[str, Any]) -> None:
    assert house.get(DefineRules(rules=(text_of(**said),)), user="ada")["new"] == 1
