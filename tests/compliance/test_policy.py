"""What a rule may say, and how it is told that it may not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tradeoms.compliance import PolicyError, content_hash, parse_rule, parse_rules
from tradeoms.compliance.policy import KINDS, canonical_json

RATIO = {"id": "R", "kind": "ratio", "max": "0.1"}

REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        {"id": "R", "kind": "zork"},
        f"rule R: unknown kind 'zork'; kinds are {', '.join(KINDS)}",
    ),
    ({"id": "R"}, f"rule R: unknown kind None; kinds are {', '.join(KINDS)}"),
    (
        RATIO | {"disclosure": {"regime": "TR-1"}},
        "rule R: field 'disclosure' is not evaluated by kind ratio",
    ),
    (RATIO | {"days": 3}, "rule R: field 'days' is not evaluated by kind ratio"),
    (RATIO | {"max": 0.1}, "rule R: max: not a plain decimal string: 0.1"),
    (RATIO | {"max": "1e-1"}, "rule R: max: not a plain decimal string: '1e-1'"),
    (
        {"id": "R", "kind": "ratio"},
        (
            "rule R: give a limit: `max`, `min`, `limit_by`, `max_over_benchmark` or "
            "`min_under_benchmark`"
        ),
    ),
    (
        RATIO | {"limit_by": {"attr": "x", "map": {}}, "group_by": "issuer"},
        "rule R: give one of `max`, `limit_by`, `max_over_benchmark`",
    ),
    ({"id": "R", "kind": "ratio", "min": "0", "warn": "1"}, "rule R: `warn` belongs to a maximum"),
    (RATIO | {"max_age_days": 3}, "rule R: `max_age_days` belongs to `lookthrough`"),
    (RATIO | {"lookthrough": True}, "rule R: `lookthrough` needs a `group_by`"),
    (
        RATIO | {"include_cash": True, "group_by": "issuer"},
        "rule R: `include_cash` and `group_by` do not go together",
    ),
    (
        RATIO | {"include_cash": True, "measure": "qty"},
        "rule R: `include_cash` does not go with measure qty",
    ),
    (
        RATIO | {"level": "firm", "overrides": {"F1": {"max": "1"}}},
        "rule R: `overrides` belong to level fund",
    ),
    (
        RATIO | {"level": "galaxy"},
        "rule R: level: level is fund, family, firm or group:NAME, not 'galaxy'",
    ),
    (
        RATIO | {"select": [["type", "~", "x"]]},
        "rule R: select: unknown comparison '~' in ['type', '~', 'x']; known: ==, in, <, <=, >, >=",
    ),
    (
        RATIO | {"select": [["rating", "<", 0.5]]},
        "rule R: select: a value is text, a decimal string, true or false: ['rating', '<', 0.5]",
    ),
    (
        RATIO | {"on_missing": "disregard"},
        "rule R: on_missing: disregard needs a `source`, the legal reference that allows it",
    ),
    (
        RATIO | {"effective_from": "2026-02-01", "effective_to": "2026-01-01"},
        "rule R: effective_to is before effective_from",
    ),
    (
        {"id": "R", "kind": "restrict"},
        "rule R: give exactly one of `list`, `select`, `blocked_owner_share`",
    ),
    (
        {"id": "R", "kind": "order", "max_messages": 3},
        "rule R: max_messages and per_seconds belong together",
    ),
    (
        {"id": "R", "kind": "cash", "settle_date": "T+2"},
        "rule R: field 'settle_date' is not evaluated by kind cash",
    ),
    (
        {"id": "R", "kind": "short", "test": "acquisition"},
        "rule R: field 'test' is not evaluated by kind short",
    ),
]


@pytest.mark.parametrize(("raw", "message"), REFUSED)
def test_a_rule_that_cannot_be_evaluated_is_refused(raw: dict[str, Any], message: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_rule(raw)
    assert str(caught.value) == message


def test_two_rules_with_one_id_are_refused() -> None:
    with pytest.raises(PolicyError, match="two rules have this id"):
        parse_rules([RATIO, RATIO])


def test_the_flat_scope_of_the_case_format_is_the_scope() -> None:
    flat = parse_rule(RATIO | {"funds": {"groups": ["INST"], "ids": ["F1"]}})
    assert flat == parse_rule(RATIO | {"scope": {"fund_groups": ["INST"], "funds": ["F1"]}})


def test_a_scope_that_leaves_no_group_out_is_written_as_before_there_were_any() -> None:
    assert "exclude_fund_groups" not in canonical_json(parse_rule(RATIO))
    named = parse_rule(RATIO | {"funds": {"exclude_groups": ["G"]}})
    assert named == parse_rule(RATIO | {"scope": {"exclude_fund_groups": ["G"]}})
    assert parse_rule(json.loads(canonical_json(named))) == named


def test_canonical_json_reads_back_as_the_same_rule() -> None:
    rule = parse_rule(
        RATIO
        | {
            "select": [{"any_of": [["type", "in", ["a", "b"]], ["x", ">", "1.5"]]}],
            "group_by": ["issuer", "sector"],
            "level": {"group": "G"},
            "den": {"select": [["type", "==", "equity"]]},
        }
    )
    assert parse_rule(json.loads(canonical_json(rule))) == rule


def test_the_hash_of_a_rule_set_changes_with_any_rule_and_with_their_order() -> None:
    one, other = parse_rule(RATIO), parse_rule(RATIO | {"id": "S"})
    changed = parse_rule(RATIO | {"version": 2})
    hashes = {content_hash(rules) for rules in ([one, other], [other, one], [changed, other])}
    assert len(hashes) == 3
