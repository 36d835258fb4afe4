"""What a fund holds is tested as it stands, also where its price or its group is not known."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from typing import Any

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


def verdicts(rule: dict[str, Any], *holdings: Holding, **fields: Any) -> dict[str, str]:
    """Outcome by cell of a rule in a fund that holds securities, each with issuer and share."""
    book = ComplianceBook()
    book.put_fund(FundFacts(id="F", currency="EUR", nav=D(10_000), total_assets=D(10_000)))
    for name, issuer, share in holdings:
        book.put_security(SecurityFacts(id=name, currency="EUR", issuer=issuer, **fields))
        if share is not None:
            book.put_price(security_id=name, price=D(share), as_of=TODAY)
        book.set_position("F", name, D(100))
    book.put_rules(parse_rules([{"id": "r", "severity": "hard", **rule}]))
    exact = judge_all(book.facts, book.rules, {"F"}, TODAY).get("F", [])
    swept = sweep(book.facts, book.rules, TODAY).verdicts.get("F", [])
    assert _shown(swept) == _shown(exact)
    return _shown(exact)


def _shown(found: list[Verdict]) -> dict[str, str]:
    return {one.key or "": one.result.outcome.value for one in found}


def test_a_group_without_a_price_is_a_cell_that_is_unknown() -> None:
    found = verdicts(BUCKET, ("A", "I1", None), ("B", "I2", "4"))
    assert found == {"bucket": "unknown", "I1": "unknown"}
