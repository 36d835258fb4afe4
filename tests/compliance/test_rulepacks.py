"""Every rule of every pack cites its source and proves itself by its own cases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest

from tests.compliance.two_funds import NOW, TODAY
from tradeoms.compliance.admission import idle_words
from tradeoms.compliance.casefile import candidate_of, load_book
from tradeoms.compliance.explain import expand
from tradeoms.compliance.policy import KINDS
from tradeoms.compliance.question import in_scope
from tradeoms.compliance.rulepacks import PackRule, load_pack, pack_names
from tradeoms.compliance.selector import AnyOf, Clause, Condition
from tradeoms.domain.evaluation import FundFacts, Outcome
from tradeoms.imports.securities import ASSET_TYPES

PACKS = {name: load_pack(name) for name in pack_names()}
RULES = [one for pack in PACKS.values() for one in pack]


def name_of(one: PackRule) -> str:
    return one.rule.id


@pytest.mark.parametrize("one", RULES, ids=name_of)
def test_a_rule_of_a_pack_passes_its_own_cases(one: PackRule) -> None:
    assert [str(failure) for failure in one.failures()] == []


@pytest.mark.parametrize("one", RULES, ids=name_of)
def test_a_rule_of_a_pack_may_be_written_anew(one: PackRule) -> None:
    assert list(idle_words(one.rule)) == []


def as_loaded(value: object) -> object:
    """An attribute as a file of securities brings it: text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "+".join(value) if isinstance(value, list) else value


@pytest.mark.parametrize("one", RULES, ids=name_of)
def test_a_rule_of_a_pack_reads_securities_as_files_bring_them(one: PackRule) -> None:
    cases = [
        {
            **case,
            "securities": {
                name: {key: as_loaded(value) for key, value in said.items()}
                for name, said in case["securities"].items()
            },
        }
        for case in one.cases
    ]
    loaded = PackRule(one.rule, one.definition, tuple(cases))
    assert [str(failure) for failure in loaded.failures()] == []


def clauses(conditions: Iterable[Condition]) -> Iterator[Clause]:
    for one in conditions:
        if isinstance(one, AnyOf):
            yield from clauses(one.conditions)
        else:
            yield one


@pytest.mark.parametrize("one", RULES, ids=name_of)
def test_a_rule_of_a_pack_asks_for_types_that_can_be_loaded(one: PackRule) -> None:
    named: set[object] = {
        said.get("type") for case in one.cases for said in case["securities"].values()
    }
    for clause in clauses((*getattr(one.rule, "select", ()), *getattr(one.rule, "exclude", ()))):
        if clause.attribute == "type":
            named |= set(clause.value) if isinstance(clause.value, tuple) else {clause.value}
    assert named - {None} <= ASSET_TYPES


@pytest.mark.parametrize("one", RULES, ids=name_of)
def test_a_rule_of_a_pack_says_where_it_comes_from(one: PackRule) -> None:
    assert one.rule.source
    assert one.rule.title
    outcomes = {case["expect"]["outcome"] for case in one.cases}
    stopping = {Outcome.BREACH, Outcome.DISCLOSE, Outcome.UNKNOWN}
    assert not outcomes.isdisjoint({outcome.value.upper() for outcome in stopping})


#: Types that limits on securities of issuers, and on units of funds, take in together.
SECURITIES = {
    "equity",
    "preferred",
    "depositary_receipt",
    "bond",
    "convertible",
    "right",
    "warrant",
}
UNITS = {"fund", "etf"}


@pytest.mark.parametrize("one", RULES, ids=name_of)
def test_a_limit_on_some_types_of_security_leaves_none_of_their_kin_out(one: PackRule) -> None:
    for clause in clauses(getattr(one.rule, "select", ())):
        if clause.attribute != "type":
            continue
        named = set(clause.value) if isinstance(clause.value, (list, tuple)) else {clause.value}
        if {"equity", "bond"} <= named:
            assert named >= SECURITIES
        if not named.isdisjoint(UNITS):
            assert named >= UNITS


def test_no_two_rules_have_one_name() -> None:
    assert len({one.rule.id for one in RULES}) == len(RULES)


def test_packs_use_nothing_but_kinds_that_exist() -> None:
    assert {one.rule.kind for one in RULES} <= set(KINDS)


def test_an_unknown_pack_is_refused_with_the_names_of_those_that_ship() -> None:
    with pytest.raises(LookupError, match="ucits_ie_lu"):
        load_pack("atlantis")


def breached(
    regime: str, packs: tuple[str, ...], fund: Mapping[str, Any], case: Mapping[str, Any]
) -> set[str]:
    """Names of the rules of whole packs that stop the order of ``case``, or cannot judge it."""
    rules = [one.definition for name in packs for one in PACKS[name]]
    known = {"base": "EUR", "nav": "1000000", "total_assets": "1000000", "cash": "500000"}
    funds = {"F": {**known, "regime": regime, **fund}}
    book = load_book({"funds": funds, "rules": rules, **case})
    order = {"id": "o", "fund": "F", "side": "buy"} | case["order"]
    answer = book.check(candidate_of(order), today=TODAY, now=NOW)
    stopping = {Outcome.BREACH, Outcome.UNKNOWN}
    return {one.rule.id for one in expand(answer.evidence, book.rules) if one.outcome in stopping}


UCITS = {
    "UCITS-IE": ("ucits", "ucits_ie_lu"),
    "UCITS-LU": ("ucits", "ucits_ie_lu"),
    "UCITS-MT": ("ucits", "ucits_ie_lu"),
    "UCITS-UK": ("ucits", "ucits_uk"),
}


@pytest.mark.parametrize("regime", UCITS)
@pytest.mark.parametrize(
    ("groups", "found"),
    [([], {"52.3.state", "52.5.total"}), (["UCITS-ART54"], {"54.issues"})],
)
def test_paper_of_one_state_is_under_article_52_or_54_and_never_under_both(
    regime: str, groups: list[str], found: set[str]
) -> None:
    paper = {"ccy": "EUR", "price": "100", "lot": 1, "type": "bond", "issuer": "STATE"}
    paper |= {"group": "STATE", "ucits_class": "govt35", "eligible": "true"}
    case = {
        "securities": {"G1": paper, "G2": paper},
        "positions": [["F", "G1", "3000"], ["F", "G2", "500"]],
        "order": {"sec": "G2", "qty": "1"},
    }
    stopping = breached(regime, UCITS[regime], {"groups": groups}, case)
    country = "ie_lu." if regime != "UCITS-UK" else "uk."
    assert {name.removeprefix("ucits.").removeprefix(country) for name in stopping} == found


BODY = {"issuer": "I1", "group": "I1"}
MATURING = BODY | {"daily": "false", "weekly": "true", "wam_days": "30", "wal_days": "30"}
#: Securities with the attributes that the head of each pack names, and nothing else.
ORDINARY = {
    "ucits": {
        "equity": BODY | {"eligible": "true", "voting": "true"},
        "bond": BODY | {"eligible": "true", "ucits_class": "other"},
        "etf": {"target": "T1", "fund_class": "ucits"},
        "future": {"underlying": "IDX", "und_price": "10", "mult": "1", "delta": "1"},
        "option": BODY
        | {"otc": "false", "underlying": "IDX", "und_price": "10", "mult": "1", "delta": "1"},
        "swap": BODY
        | {"counterparty_type": "other", "underlying": "IDX", "und_price": "10", "mult": "1"},
        "deposit": BODY,
    },
    "us_1940_act": {
        "equity": BODY | {"industry": "banks", "sec_rev_share": "0", "liquid": "true"},
        "fund": BODY
        | {"industry": "funds", "sec_rev_share": "0", "liquid": "true"}
        | {"fund_class": "closed_end", "votes_out": "1000000"},
    },
    "money_market": {
        "mmi": MATURING | {"mmf_class": "mmi"},
        "bond": MATURING | {"mmf_class": "abcp", "sts": "true"},
        "deposit": MATURING | {"mmf_class": "deposit"},
    },
}
FUNDS = {
    **{regime: ("ucits", packs) for regime, packs in UCITS.items()},
    "US-1940": ("us_1940_act", ("us_1940_act",)),
    "MMF-LVNAV": ("money_market", ("money_market",)),
    "MMF-VNAV-STANDARD": ("money_market", ("money_market",)),
}


@pytest.mark.parametrize(
    ("regime", "kind"), [(name, kind) for name in FUNDS for kind in ORDINARY[FUNDS[name][0]]]
)
def test_a_security_with_the_attributes_that_a_pack_names_is_judged_by_all_of_it(
    regime: str, kind: str
) -> None:
    securities, packs = FUNDS[regime]
    said = {"ccy": "EUR", "price": "10", "lot": 1, "type": kind, **ORDINARY[securities][kind]}
    fund = {"debt": "0", "other_liabilities": "0"}
    case = {
        "securities": {"A": said},
        "positions": [],
        "issuers": {"I1": {"votes_out": "1000000", "mmi_out": "1000000"}},
        "order": {"sec": "A", "qty": "1"},
    }
    assert breached(regime, packs, fund, case) == set()


#: What depends on the type of a money market fund: Regulation (EU) 2017/1131 art. 17, 24 and 25.
BY_TYPE = {
    "MMF-PDCNAV": {
        *("17.1", "17.1.state", "24.wam", "24.wal"),
        *("24.daily_constant", "24.weekly_constant"),
    },
    "MMF-LVNAV": {
        *("17.1", "17.1.state", "24.wam", "24.wal"),
        *("24.daily_constant", "24.weekly_constant"),
    },
    "MMF-VNAV-SHORT": {"17.2", "24.wam", "24.wal", "24.daily", "24.weekly"},
    "MMF-VNAV-STANDARD": {"17.2", "25.wam", "25.wal", "25.daily", "25.weekly"},
}


@pytest.mark.parametrize("regime", BY_TYPE)
def test_the_type_of_a_money_market_fund_chooses_its_limits(regime: str) -> None:
    def limits(*groups: str) -> set[str]:
        fund = FundFacts(id="F", currency="EUR", regimes=(regime,), groups=groups)
        found = {one.rule.id for one in PACKS["money_market"] if in_scope(one.rule, fund)}
        return {name.removeprefix("mmf.eu.") for name in found}

    always = {
        one for one in limits() if one[:4] in {"17.3", "17.4", "17.5", "17.6", "17.8", "17.9"}
    }
    always |= {"17.1.deposits", "18"}
    assert limits() == always | BY_TYPE[regime]
    assert len(always) == 9
    of_states = {"17.1.state", "17.2"} & BY_TYPE[regime]
    instead = {"17.7"} | ({"17.2.art17_7"} if "17.2" in of_states else set())
    assert limits("MMF-ART17-7") == (limits() - of_states) | instead


#: What rests on a fact that nobody has read in the primary text yet; counsel reads these first.
UNCONFIRMED = {
    "ucits.uk.56.1.votes",
    *("us.8b1.industry", "us.22e4.illiquid", "us.35d1.names", "us.17a7.cross"),
    *("us.18f4.var", "us.18f4.var_relative", "us.817h.topn"),
    *("mmf.us.2a7.daily", "mmf.us.2a7.weekly", "disclosure.uk.dtr5.foreign"),
}


def test_a_rule_is_unconfirmed_only_where_a_fact_behind_it_is() -> None:
    assert {one.rule.id for one in RULES if one.rule.unconfirmed} == UNCONFIRMED
