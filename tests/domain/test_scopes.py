"""A rule looks at every fund that it is for, whatever else the fund is under."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.domain.story import AT, Story, ask_order, world
from tradeoms.compliance.explain import expand
from tradeoms.compliance.policy import parse_rules
from tradeoms.domain.order.events import OrderChecked
from tradeoms.domain.reference.events import FundDefined
from tradeoms.domain.reference.state import Fund
from tradeoms.domain.ruleset import events as re


@pytest.mark.parametrize(
    ("regimes", "stopped"),
    [
        ((), ()),
        (("UCITS-IE",), ()),
        (("US-1940",), ("r@1",)),
        (("UCITS-IE", "US-1940"), ("r@1",)),
    ],
)
def test_a_fund_under_two_regimes_is_tested_against_the_rules_of_both(
    regimes: tuple[str, ...], stopped: tuple[str, ...]
) -> None:
    text: dict[str, Any] = {
        "id": "r", "version": 1, "severity": "hard", "kind": "order", "max_qty": "10",
        "scope": {"regimes": ["US-1940"]},
    }  # fmt: skip
    story = Story(
        *world(),
        *(
            FundDefined(fund=Fund(code=code, name=code, currency="USD", regimes=regimes), at=AT)
            for code in "AB"
        ),
        re.RuleDefined(
            rule_id="r", version=1, definition=json.dumps(text), defined_by="cora", at=AT
        ),
        re.RuleActivated(rule_id="r", version=1, activated_by="cleo", at=AT),
    )
    story.when(ask_order())
    (check,) = (event for event in story.events if isinstance(event, OrderChecked))
    assert check.blocking == stopped
    answers = expand(check.evidence, parse_rules([text]))
    assert bool(stopped) == any(cell.outcome == "breach" for one in answers for cell in one.cells)
