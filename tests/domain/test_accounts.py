"""Whom an order at a broker is for: accounts and quantities that go with it."""

from __future__ import annotations

from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables

import pytest

from tests.domain.story import PLACEMENT, STATED, place, placed, released, sent
from tests.domain.test_chains import ask, working
from tradeoms.domain.placement.commands import CancelPlacement


@pytest.mark.parametrize(
    ("quantity", "expected"), [(1000, [600, 400]), (500, [300, 200]), (333, [200, 133]), (1, [1])]
)
def test_a_part_of_an_order_is_for_its_funds_as_stated(quantity: int, expected: list[int]) -> None:
    story = released().when(place(quantity), user="tom")
    (told,) = story.sent
    assert [units for _, units in told.accounts] == [D(one) for one in expected]
    assert sum(units for _, units in told.accounts) == told.quantity


def test_a_replace_tells_its_own_quantities() -> None:
    story = working()
    ask(story, 400)
    (told,) = story.sent
    assert told.accounts == (("A", D(240)), ("B", D(160)))


def test_a_cancel_tells_none() -> None:
    story = released().given(STATED, placed(), sent())
    story.when(CancelPlacement(placement_id=PLACEMENT), user="tom")
    assert [one.accounts for one in story.sent] == [()]
