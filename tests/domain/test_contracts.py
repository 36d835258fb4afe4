"""Futures and options: their terms go with what is sent, and what cannot be read is refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables

import pytest

from tests.domain.story import (
    PLACEMENT,
    STATED,
    Story,
    fill,
    place,
    placed,
    released,
    sent,
    world,
)
from tradeoms.domain.placement.events import BreakKind
from tradeoms.domain.reference.commands import LoadSecurities
from tradeoms.domain.reference.contracts import Contract, contract_of
from tradeoms.domain.reference.state import Security

TERMS = (("maturity", "2026-12-18"), ("put_call", "call"), ("strike", "90.50"), ("mult", "100"))


def security(*attributes: tuple[str, str], asset_type: str = "option") -> Security:
    return Security(
        id="", symbol="OPT", mic="XNYS", name="", currency="USD", identifiers=(),
        asset_type=asset_type, attributes=attributes,
    )  # fmt: skip


def test_the_terms_go_with_a_new_order() -> None:
    story = released(Story(*world(asset_type="option", attributes=TERMS)))
    story.when(place(), user="tom")
    (sent,) = story.sent
    assert sent.contract == Contract(
        maturity=date(2026, 12, 18),
        month="202612",
        put_call="call",
        strike=D("90.50"),
        multiplier=D(100),
    )


def test_a_share_has_none_whatever_its_attributes_say() -> None:
    assert contract_of(security(*TERMS, asset_type="equity")) is None


@pytest.mark.parametrize(
    "term",
    [
        ("maturity", "2026-13-01"),
        ("put_call", "PUT"),
        ("strike", "0"),
        ("mult", "1e3"),
        ("contract_month", "2026-12"),
    ],
)
def test_a_term_that_cannot_be_read_is_not_known(term: tuple[str, str]) -> None:
    """Such a security may be in the book of an older node: its orders stay at home."""
    assert contract_of(security(term)) == Contract()


def test_terms_that_can_be_read_are_loaded() -> None:
    story = Story(*world())
    story.when(LoadSecurities(securities=(security(*TERMS),)), user="olga")
    assert [event.security.attributes for event in story.events] == [TERMS]


def test_a_future_has_the_month_that_it_is_loaded_with() -> None:
    known = [("maturity", "2026-11-20"), ("contract_month", "202612")]
    found = contract_of(security(*known, asset_type="future"))
    assert (found and found.month) == "202612"
    found = contract_of(security(known[0], asset_type="future"))
    assert (found and found.month) == ""


OTHER = [
    (("contract_month", "202703"), "contract_month 202703, ours is 202612"),
    (("maturity", "20261219"), "maturity 20261219, ours is 20261218"),
    (("put_call", "put"), "put_call put, ours is call"),
    (("strike", "90.55"), "strike 90.55, ours is 90.5"),
]


@pytest.mark.parametrize(("name", "words"), OTHER)
def test_an_execution_of_another_contract_is_a_break(name: tuple[str, str], words: str) -> None:
    story = released(Story(*world(asset_type="option", attributes=TERMS)))
    story = story.given(STATED, placed(), sent()).told(fill("E1", 100, names=(name,)))
    (opened,) = story.events
    assert (opened.kind, opened.detail) == (
        BreakKind.SECURITY_MISMATCH, f"another security: reported {words}",
    )  # fmt: skip
    own = ("contract_month", "202612")
    story.told(fill("E2", 100, names=(own,)))
    assert story.book.placements[PLACEMENT].cum_qty == 100
