"""Futures and options: their terms go with what is sent, and what cannot be read is refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables

import pytest

from tests.domain.story import Story, place, released, world
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
        maturity=date(2026, 12, 18), put_call="call", strike=D("90.50"), multiplier=D(100)
    )


def test_a_share_has_none_whatever_its_attributes_say() -> None:
    assert contract_of(security(*TERMS, asset_type="equity")) is None


@pytest.mark.parametrize(
    "term", [("maturity", "2026-13-01"), ("put_call", "PUT"), ("strike", "-1"), ("mult", "1e3")]
)
def test_a_term_that_cannot_be_read_is_not_known(term: tuple[str, str]) -> None:
    """Such a security may be in the book of an older node: its orders stay at home."""
    assert contract_of(security(term)) == Contract()


def test_terms_that_can_be_read_are_loaded() -> None:
    story = Story(*world())
    story.when(LoadSecurities(securities=(security(*TERMS),)), user="olga")
    assert [event.security.attributes for event in story.events] == [TERMS]
