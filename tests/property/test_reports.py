"""Laws of reports: told twice is told once, and their order does not change the sum."""

from __future__ import annotations

from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.story import ORDER, PLACEMENT, Story, bust, correct, fill, report, working
from tradeoms.projections.book import Book

PRICES = st.decimals("0.0001", "500", places=4)


@st.composite
def reports(draw: st.DrawFn) -> list[Any]:
    """Executions that may exceed the order, busts and corrections of some, and changes of state."""
    told: list[Any] = []
    names: list[str] = []
    for number in range(draw(st.integers(1, 12))):
        word = draw(st.sampled_from(["fill", "fill", "fill", "bust", "correct", "state"]))
        exec_id, units, price = f"E{number}", draw(st.integers(1, 400)), draw(PRICES)
        if word == "fill":
            told.append(fill(exec_id, units, str(price)))
            names.append(exec_id)
        elif word == "state":
            kind = draw(st.sampled_from(["new", "suspended", "stopped", "canceled", "expired"]))
            told.append(report(kind))
        elif names:
            of = names.pop(draw(st.integers(0, len(names) - 1)))
            if word == "bust":
                told.append(bust(exec_id, of))
            else:
                told.append(correct(exec_id, of, units, str(price)))
                names.append(exec_id)
    return told


def sums(book: Book) -> tuple[D, D]:
    placement = book.placements[PLACEMENT]
    return placement.cum_qty, placement.notional


def tell(told: list[Any]) -> Story:
    story = working()
    for each in told:
        story.told(each)
    return story


@given(reports(), st.data())
@settings(max_examples=40)
def test_executions_told_again_change_nothing(told: list[Any], data: st.DataObject) -> None:
    story = working()
    for number, each in enumerate(told):
        story.told(each)
        again = told[data.draw(st.integers(0, number))]
        if again.exec_id:
            story.told(again)
            assert story.events == []
    assert sums(story.book) == sums(tell(told).book)


@given(reports(), st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_any_order_in_which_executions_come_ends_in_the_same_sum(
    told: list[Any], dice: Any
) -> None:
    shuffled = list(told)
    dice.shuffle(shuffled)
    done: list[Any] = []
    while shuffled:
        ready = [r for r in shuffled if _may_come(r, shuffled)]
        done.append(ready[0])
        shuffled.remove(ready[0])
    assert sums(tell(done).book) == sums(tell(told).book)


def _may_come(said: Any, waiting: list[Any]) -> bool:
    """A bust or correction comes after what it refers to."""
    return not any(other.exec_id == said.exec_ref_id for other in waiting if said.exec_ref_id)


@given(reports())
@settings(max_examples=40)
def test_the_order_has_what_its_funds_have_and_never_more_than_it_wants(told: list[Any]) -> None:
    book = tell(told).book
    order, allocation = book.orders[ORDER], book.allocations[ORDER]
    assert order.cum_qty == allocation.quantity <= order.quantity
    assert order.notional == allocation.notional
    stated = {leg.fund: leg.quantity for leg in allocation.stated}
    assert all(0 <= share.quantity <= stated[share.fund] for share in allocation.shares)
    held = {fund: position.quantity for (fund, _), position in book.positions.items()}
    booked = {share.fund: share.quantity for share in allocation.shares}
    assert all(held.get(fund, D(0)) == units for fund, units in booked.items())
    paid = -sum(balance.minor for balance in book.cash.values())
    assert paid == sum(share.cost_minor for share in allocation.shares)
