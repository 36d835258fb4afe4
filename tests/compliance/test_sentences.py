"""What a rule found, in one plain sentence: of every kind, at the edge, and how much passes."""

from __future__ import annotations

from fractions import Fraction as F  # noqa: N817  # short, so that tables stay tables
from typing import Any

import pytest

from tradeoms.compliance import parse_rule
from tradeoms.compliance.linear import CellResult
from tradeoms.compliance.sentences import Passing, sentence
from tradeoms.domain.evaluation import Outcome

BREACH = Outcome.BREACH
ISSUER = {"kind": "ratio", "group_by": "issuer", "max": "0.10"}
OWNED = {"den_attr": "shares_outstanding", "on_missing": "warn"}


def cell(
    num: str, den: str, limit: str, *, key: str | None = None, was: str = "0", **more: Any
) -> CellResult:
    """A cell of GROWTH that orders take from ``was`` to ``num``."""
    terms: dict[str, Any] = {
        "entity": "GROWTH", "outcome": BREACH, "bound": "max", "den_before": F(den),
    }  # fmt: skip
    return CellResult(
        **{
            **terms, "key": key, "num_before": F(was), "num_after": F(num), "den_after": F(den),
            "limit": F(limit), **more,
        }
    )  # fmt: skip


def said(rule: dict[str, Any], found: CellResult, passing: Passing | None = None) -> str:
    names = {"sec_1": "ABC.XNYS"}
    parsed = parse_rule({"id": "R", "severity": "hard", **rule})
    return sentence(parsed, found, lambda key: names.get(key, key), passing)


def room(most: str | None, rule: str = "R") -> Passing:
    return Passing(
        asked=F(20_000), most=None if most is None else F(most), rule=rule, unit="shares"
    )


@pytest.mark.parametrize(
    ("rule", "found", "wanted"),
    [
        (ISSUER, cell("104", "1000", "1/10", key="Alphabet"),
         "Issuer Alphabet would be 10.4 % of GROWTH's net assets; limit 10 %."),
        (ISSUER | {"strict": True}, cell("100", "1000", "1/10", key="Alphabet"),
         "Issuer Alphabet would be 10 % of GROWTH's net assets; limit below 10 %."),
        ({"kind": "ratio", "title": "Trash ratio", "den": "total_assets", "max": "0.1"},
         cell("104", "1000", "1/10", entity="group:UCITS"),
         "Trash ratio: the sum would be 10.4 % of group UCITS's total assets; limit 10 %."),
        ({"kind": "ratio", "select": [["type", "==", "cash"]], "min": "0.8",
          "den": {"select": [["x", "==", "y"]]}},
         cell("700", "1000", "4/5", bound="min", was="900"),
         "R: the sum would be 70 % of GROWTH's reference holdings; minimum 80 %."),
        ({"kind": "ratio", "group_by": "sec", "measure": "qty", "den": "one", "max": "6000"},
         cell("6200", "1", "6000", key="sec_1"),
         "Security ABC.XNYS in GROWTH would be 6,200; limit 6,000."),
        ({"kind": "ratio", "group_by": ["country", "sector"], "max": "0.1"},
         cell("104", "1000", "1/10", key="US|tech"),
         "Country and sector US|tech would be 10.4 % of GROWTH's net assets; limit 10 %."),
        ({"kind": "ownership", "level": "firm", "max": "0.1", **OWNED},
         cell("11", "100", "1/10", key="sec_1", entity="firm"),
         "Security ABC.XNYS held by the firm would be 11 % of its shares outstanding; limit 10 %."),
        ({"kind": "ladder", "thresholds": ["0.05"], **OWNED},
         cell("6", "100", "1/20", key="sec_1", outcome=Outcome.DISCLOSE, reason="crosses 0.05 up"),
         ("Security ABC.XNYS held by GROWTH would be 6 % of its shares outstanding; threshold 5 %; "
          "crosses 0.05 up.")),
        ({"kind": "bucket", "group_by": "issuer", "threshold": "0.05", "bucket_max": "0.4"},
         cell("41", "100", "2/5", key="bucket"),
         "Issuers above 5 % together would be 41 % of GROWTH's net assets; limit 40 %."),
        ({"kind": "bucket", "group_by": "country", "threshold": "0.05", "bucket_max": "0.25",
          "count": "excess", "own_threshold": "0.1", "own_attr": "votes_out"},
         cell("26", "100", "1/4", key="bucket"),
         ("The excess of countries above 5 % (or 10 % of their votes_out) would be 26 % of "
          "GROWTH's net assets; limit 25 %.")),
        ({"kind": "bucket", "group_by": "issuer", "threshold": "0.05", "bucket_max": "0.4"},
         cell("11", "100", "1/10", key="Alphabet"),
         "Issuer Alphabet would be 11 % of GROWTH's net assets; limit 10 %."),
        ({"kind": "topn", "group_by": "issuer", "max_by_n": {"1": "0.5"}},
         cell("56", "100", "1/2", key="top1"),
         "The largest issuer would be 56 % of GROWTH's net assets; limit 50 %."),
        ({"kind": "topn", "group_by": "issuer", "max_by_n": {"10": "0.5"}},
         cell("56", "100", "1/2", key="top10"),
         "The 10 largest issuers together would be 56 % of GROWTH's net assets; limit 50 %."),
        ({"kind": "count", "group_by": "issuer", "above": "0.2", "max": 1},
         cell("2", "1", "1", key="n", was="1"),
         "The number of issuers above 20 % in GROWTH would be 2; limit 1."),
        ({"kind": "issues", "when_above": "0.35", "min_issues": 6, "per_issue_max": "0.3"},
         cell("40", "100", "7/20", key="Italy"),
         "Issuer Italy would be 40 % of GROWTH's net assets; limit 35 % in fewer than 6 issues."),
        ({"kind": "issues", "when_above": "0.35", "min_issues": 6, "per_issue_max": "0.3"},
         cell("31", "100", "3/10", key="Italy|sec_1"),
         "Issue ABC.XNYS of issuer Italy would be 31 % of GROWTH's net assets; limit 30 %."),
        ({"kind": "gross", "max": "1", "den": "nav_plus_borrowings"}, cell("11", "10", "1"),
         "Gross exposure would be 110 % of GROWTH's net assets and borrowings; limit 100 %."),
        ({"kind": "wavg", "attr": "duration", "max": "5"}, cell("62", "10", "5"),
         "Average duration in GROWTH would be 6.2; limit 5."),
        ({"kind": "coverage", "min": "3"}, cell("25", "10", "3", bound="min", was="25"),
         "Asset coverage in GROWTH is 2.5; minimum 3."),
        ({"kind": "external", "figure": "VaR", "max": "0.2", "max_age_minutes": 60},
         cell("0.21", "1", "1/5", key="VaR", was="0.21"), "VaR in GROWTH is 0.21; limit 0.2."),
        ({"kind": "cash", "min": "0", "currency": "USD"},
         cell("-12500.5", "1", "0", key="USD", bound="min"),
         "Cash (USD) in GROWTH would be -12,500.5; minimum 0."),
        ({"kind": "short"}, cell("-100", "1", "0", key="sec_1", bound="min"),
         "Security ABC.XNYS in GROWTH would be -100; minimum 0."),
        ({"kind": "order", "collar": "0.1"},
         cell("50", "1", "10", key="collar", entity=None, reason="distance"),
         "Distance of the limit price from the mark would be 50; limit 10."),
        ({"kind": "restrict", "title": "No arms", "list": ["sec_1"]},
         CellResult(entity=None, key="sec_1", outcome=BREACH, reason="sec_1 is on a list"),
         "No arms: sec_1 is on a list."),
        (ISSUER, CellResult(entity="GROWTH", key="Alphabet", outcome=Outcome.UNKNOWN,
                            reason="the price of sec_1 is missing"),
         "R cannot be judged for Alphabet in GROWTH: the price of sec_1 is missing."),
        (ISSUER, CellResult(entity=None, key=None, outcome=Outcome.PASS), ""),
        (ISSUER, cell("90", "1000", "1/10", key="Alphabet", outcome=Outcome.REDUCING,
                      reason="over the limit before"),
         "Issuer Alphabet would be 9 % of GROWTH's net assets; limit 10 %; over the limit before."),
        (ISSUER, cell("5", "0", "1/10", key="Alphabet"),
         "Issuer Alphabet in GROWTH would be 5; limit 0."),
    ],
)  # fmt: skip
def test_every_kind_says_what_it_found_in_one_plain_sentence(
    rule: dict[str, Any], found: CellResult, wanted: str
) -> None:
    assert said(rule, found) == wanted


@pytest.mark.parametrize(
    ("num", "limit", "wanted"),
    [
        ("100.0000001", "1/10", "10.00000001 % of GROWTH's net assets; limit 10 %"),
        ("99.99999", "1/10", "9.999999 % of GROWTH's net assets; limit 10 %"),
        ("100", "1/10", "10 % of GROWTH's net assets; limit 10 %"),
        ("333.34", "0.33333", "33.334 % of GROWTH's net assets; limit 33.333 %"),
        ("124.68828", "1/10", "12.47 % of GROWTH's net assets; limit 10 %"),
    ],
)
def test_an_amount_is_never_rounded_on_to_or_over_the_limit(
    num: str, limit: str, wanted: str
) -> None:
    found = said(ISSUER, cell(num, "1000", limit, key="A"))
    assert found == f"Issuer A would be {wanted}."


def test_what_stops_an_order_says_how_much_of_it_passes() -> None:
    found = cell("104", "1000", "1/10", key="Alphabet")
    start = "Issuer Alphabet would be 10.4 % of GROWTH's net assets; limit 10 %"
    passes = f"{start}; at most 12,300 of 20,000 shares pass"
    assert said(ISSUER, found, room("12300")) == f"{passes}."
    assert said(ISSUER, found, room("12300", rule="S")) == f"{passes} (rule S)."
    assert said(ISSUER, found, room(None)) == f"{start}."
    assert said(ISSUER, found, room("20000")) == f"{start}."
    assert said(ISSUER | {"severity": "warn"}, found, room("12300")) == f"{start}."
