"""The delta of an option is asked for; what is no option moves as its underlying does."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.compliance.two_funds import TODAY, ask_both, book_of, order
from tradeoms.compliance import ComplianceBook
from tradeoms.compliance.explain import expand
from tradeoms.compliance.statecheck import judge_all
from tradeoms.compliance.sweep import sweep
from tradeoms.domain.evaluation import Outcome, SecurityFacts
from tradeoms.kernel.enums import Side

EXPOSURE = {"kind": "ratio", "measure": "exposure", "group_by": "issuer", "den": "one"}
RULES: dict[str, dict[str, Any]] = {
    "ratio": EXPOSURE | {"max": "2500"},
    "gross": {"kind": "gross", "measure": "exposure", "net_by": "issuer", "den": "one",
              "max": "2500"},
    "bucket": {"kind": "bucket", "measure": "exposure", "group_by": "issuer", "den": "one",
               "threshold": "9999", "bucket_max": "0", "per_group_max": "2500"},
    "wavg": {"kind": "wavg", "measure": "exposure", "attr": "duration", "max": "4"},
    "ownership": {"kind": "ownership", "measure": "share_eq", "own_by": "sec",
                  "den_attr": "shares_out", "max": "1"},
    "ladder": {"kind": "ladder", "measure": "share_eq", "own_by": "sec",
               "den_attr": "shares_out", "thresholds": ["0.9"]},
}  # fmt: skip


def contract(book: ComplianceBook, name: str, kind: str, **said: object) -> None:
    """A contract of a hundred on what costs 10; its own issuer is its name."""
    free = {"mult": Decimal(100), "und_price": Decimal(10), "shares_out": Decimal(10**6)}
    book.put_security(
        SecurityFacts(
            id=name, currency="EUR", asset_type=kind, issuer=name,
            attributes={**free, "duration": Decimal(4), **said},
        )
    )  # fmt: skip
    book.put_price(security_id=name, price=Decimal(1), as_of=TODAY)


def outcome_of(rule: str, kind: str, **said: object) -> Outcome:
    """The answer about one contract sold short; its evidence says the same."""
    book = book_of({"id": "R", **RULES[rule]})
    contract(book, "P", kind, **said)
    answer = ask_both(book, order(Side.SELL_SHORT, 1, security_id="P"))
    (told,) = expand(answer.evidence, book.rules)
    assert told.outcome is answer.outcome
    return answer.outcome


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("option", {}),
        ("warrant", {"put_call": "put"}),
        ("swap", {"strike": "90"}),
        ("option", {"delta": "much"}),
        ("future", {"delta": "much"}),
    ],
)
def test_an_option_without_a_delta_is_unknown(rule: str, kind: str, said: dict[str, str]) -> None:
    assert outcome_of(rule, kind, **said) is Outcome.UNKNOWN


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    ("kind", "said"),
    [("future", {}), ("fx_forward", {}), ("option", {"delta": "-0.5"}), ("option", {"delta": "0"})],
)
def test_a_delta_that_is_known_or_not_needed_passes(
    rule: str, kind: str, said: dict[str, str]
) -> None:
    assert outcome_of(rule, kind, **said) is Outcome.PASS


def test_a_put_counts_with_its_delta() -> None:
    book = book_of({"id": "R", **EXPOSURE, "max": "499"})
    contract(book, "P", "option", delta="-0.5")
    assert ask_both(book, order(Side.SELL_SHORT, 1, security_id="P")).outcome is Outcome.BREACH
    assert ask_both(book, order(Side.BUY, 1, security_id="P")).outcome is Outcome.PASS


@pytest.mark.parametrize("rule", ["ratio", "gross", "ownership", "ladder"])
def test_a_held_option_without_a_delta_matters_in_its_own_cell_alone(rule: str) -> None:
    book = book_of({"id": "R", **RULES[rule]})
    contract(book, "P", "option")
    contract(book, "F", "future")
    book.set_position("F1", "P", Decimal(1))
    same = ask_both(book, order(Side.BUY, 1, security_id="P")).outcome
    assert same is Outcome.UNKNOWN
    other = ask_both(book, order(Side.BUY, 1, security_id="F")).outcome
    assert other is (Outcome.UNKNOWN if rule == "gross" else Outcome.PASS)
    exact = judge_all(book.facts, book.rules, {"F1"}, TODAY)["F1"]
    assert {one.result.outcome for one in exact} == {Outcome.UNKNOWN}
    assert sweep(book.facts, book.rules, TODAY).verdicts["F1"] == exact


#: Made when an option without a delta counted with a delta of 1.
BEFORE = (
    '{"v":2,"rules":"58b9b5488e12a67a","day":"2026-03-02","side":"buy","type":"market","limit":"",'
    '"sec":{"id":"P","ccy":"EUR","price":"1","is":{"issuer":"P","mult":"100","type":"option",'
    '"und_price":"10"}},"legs":[[{"id":"F1","ccy":"EUR"},"1"]],"cells":[1,0,15,"AA=="]}'
)


def test_a_check_of_before_reads_as_it_was_made() -> None:
    select = [["type", "==", "option"]]
    book = book_of({"id": "R", **EXPOSURE, "max": "2500", "select": select})
    (told,) = expand(BEFORE, book.rules)
    assert [(str(c.outcome), str(c.num_after)) for c in told.cells] == [("pass", "1000")]
    (now,) = expand(BEFORE.replace('"v":2', '"v":5'), book.rules)
    assert now.outcome is Outcome.UNKNOWN
