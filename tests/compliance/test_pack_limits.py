"""The cases of the rule packs hold every limit where it is, and every rule to its funds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import pytest

from tradeoms.compliance.policy import PolicyError, parse_rule
from tradeoms.compliance.question import in_scope
from tradeoms.compliance.rulepacks import PackRule, load_pack, pack_names
from tradeoms.domain.evaluation import FundFacts

RULES: Final = [one for name in pack_names() for one in load_pack(name)]
#: A change in a limit that no case may let through: one in five hundred.
NUDGES: Final = (Decimal("1.002"), Decimal("0.998"))
SHARES: Final = (
    *("max", "min", "warn", "threshold", "bucket_max", "per_group_max", "own_threshold"),
    *("per_issue_max", "when_above", "above", "blocked_owner_share", "change_step"),
    *("max_value", "max_adv", "collar"),
)
COUNTS: Final = ("max", "min_issues", "months", "max_messages", "duplicate_seconds")
#: What a rule has beside its limit, and what it would be to forget it.
FORGOTTEN: Final[Mapping[str, Any]] = {
    "strict": False,
    "exclude": [],
    "level": "fund",
    "group_by": "id",
    "cross": "exceed",
    "include_cash": False,
}


def name_of(one: PackRule) -> str:
    return one.rule.id


def moved(share: str, nudge: Decimal) -> str:
    return str(Decimal(share) * nudge)


def nudged(said: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The rule with one of its limits a little larger, and a little smaller."""
    for name in SHARES:
        if isinstance(said.get(name), str):
            yield from ({name: moved(said[name], nudge)} for nudge in NUDGES)
    for name in COUNTS:
        if isinstance(said.get(name), int):
            yield from ({name: said[name] + step} for step in (1, -1))
    for at, share in said.get("max_by_n", {}).items():
        yield from ({"max_by_n": said["max_by_n"] | {at: moved(share, nudge)}} for nudge in NUDGES)
    if "limit_by" in said:
        by = said["limit_by"]
        for nudge in NUDGES:
            looked_up = {key: moved(share, nudge) for key, share in by["map"].items()}
            yield {"limit_by": by | {"map": looked_up}}
            yield {"limit_by": by | {"default": moved(by["default"], nudge)}}


def climbed(said: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The ladder with its first threshold moved; rounding makes up for one that is lower."""
    nudges = NUDGES[:1] if "round_down" in said else NUDGES
    steps = said.get("thresholds")
    for nudge in nudges:
        if isinstance(steps, Mapping):
            yield {"thresholds": {**steps, "from": moved(steps["from"], nudge)}}
        elif steps:
            yield {"thresholds": [moved(steps[0], nudge), *steps[1:]]}


def forgotten(said: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The rule without one of the words that make it stricter, or another than the usual one."""
    for name, usual in FORGOTTEN.items():
        if name in said and said[name] != usual:
            yield {name: usual}
    if said.get("measure") == "votes":
        yield {"measure": "qty"}
    inclusive = said["kind"] in {"ratio", "ownership", "gross", "external"} and "max" in said
    if inclusive and not said.get("strict"):
        yield {"strict": True}


@pytest.mark.parametrize("one", RULES, ids=name_of)
def test_the_cases_of_a_rule_notice_any_change_of_its_limits(one: PackRule) -> None:
    said = one.definition
    for changes in (*nudged(said), *climbed(said), *forgotten(said)):
        changed = {**said, **changes}
        try:
            rule = parse_rule(changed)
        except PolicyError:
            continue
        assert list(PackRule(rule, changed, one.cases).failures()), changes


def rules_of(regime: str, *groups: str) -> set[str]:
    """Names of the UCITS rules that a fund is under."""
    fund = FundFacts(id="F", currency="EUR", regimes=(regime,) if regime else (), groups=groups)
    found = {one.rule.id for one in RULES if in_scope(one.rule, fund)}
    return {name for name in found if name.startswith("ucits.")}


COUNTRIES: Final = {"UCITS-IE": "ie_lu", "UCITS-LU": "ie_lu", "UCITS-MT": "ie_lu", "UCITS-UK": "uk"}
#: Rules that a group of funds comes under and leaves, in Ireland, Luxembourg and Malta; those with
#: a dash stand in the pack of the country.
BY_GROUP: Final = {
    "UCITS-ART54": (
        {"54.issues", "54.whole", "-52.5.total_art54"},
        {"52.3.state", "-52.5.total"},
    ),
    "UCITS-INDEX": ({"53.1.index"}, {"-52.bucket"}),
    "UCITS-INDEX-35": ({"53.2.index"}, {"-52.bucket", "-52.5.group", "-52.2.combined"}),
    "UCITS-FOF": ({"55.1.raised"}, {"55.1.target"}),
    "UCITS-VAR-ABSOLUTE": ({"51.3.var_absolute"}, {"51.3.commitment"}),
    "UCITS-VAR-RELATIVE": ({"51.3.var_relative"}, {"51.3.commitment"}),
}


@pytest.mark.parametrize("regime", COUNTRIES)
@pytest.mark.parametrize("group", BY_GROUP)
def test_a_group_of_funds_comes_under_its_own_rules_and_leaves_those_they_replace(
    regime: str, group: str
) -> None:
    country = COUNTRIES[regime]

    def named(rules: set[str]) -> set[str]:
        whole = {f"ucits.{one}".replace(".-", f".{country}.") for one in rules}
        return whole - {"ucits.uk.52.5.group"}  # its bucket is by group already

    plain = rules_of(regime)
    comes, leaves = map(named, BY_GROUP[group])
    assert comes.isdisjoint(plain)
    assert leaves <= plain
    assert rules_of(regime, group) == (plain - leaves) | comes
    assert rules_of("", group) == set(), "a group alone puts no fund under a regime"


def test_a_fund_of_no_regime_is_under_no_rule_that_is_for_one() -> None:
    nobody = FundFacts(id="F", currency="EUR")
    scoped = [one for one in RULES if one.rule.scope.regimes or one.rule.scope.fund_groups]
    assert [one.rule.id for one in scoped if in_scope(one.rule, nobody)] == []
    unscoped = {one.rule.id.partition(".")[0] for one in RULES if one not in scoped}
    assert unscoped == {"controls", "disclosure"}


def test_articles_52_to_55_leave_out_the_first_six_months() -> None:
    for one in RULES:
        words = one.rule.id.split(".")
        graced = words[0] == "ucits" and not {"52", "53", "54", "55"}.isdisjoint(words)
        assert one.rule.grace_months_after_authorisation == (6 if graced else None), one.rule.id
