"""Laws of sharing out: whole units, whole cents, nobody too much, the same answer every time."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables

from hypothesis import given
from hypothesis import strategies as st

from tradeoms.domain.allocation.decide import Fill, allocate, lacking, take_back
from tradeoms.domain.allocation.events import AllocationStated, ExecutionAllocated
from tradeoms.domain.allocation.state import Allocation, check_invariants, evolve, state_allocation
from tradeoms.domain.order.commands import Leg
from tradeoms.kernel.numbers import share_out, to_minor

AT = datetime(2010, 1, 4, 15, 0, tzinfo=UTC)
CENT = D(1)


def stated(*units: D | int) -> Allocation:
    legs = tuple(Leg(fund=f"F{n}", quantity=D(quantity)) for n, quantity in enumerate(units))
    event = AllocationStated(
        order_id="ord", block_id="blk", number=1, legs=legs, policy="test", at=AT
    )
    return state_allocation(None, event)


def a_fill(quantity: D | int, price: D | str = "100", *, lot: D | int = 1) -> Fill:
    return Fill(
        placement_id="plc", execution_id="exe", security_id="sec", buys=True, quantity=D(quantity),
        price=D(price), price_factor=D(1), currency="USD", lot=D(lot), trade_on=date(2010, 1, 4),
        at=AT,
    )  # fmt: skip


def check(allocation: Allocation, event: ExecutionAllocated) -> None:
    """Whole sums, no fund beyond its statement or below nothing, and one average price for all."""
    check_invariants(allocation)
    total = to_minor(event.notional, "USD")
    assert sum(leg.cost_minor for leg in event.legs) == total
    assert sum((leg.quantity for leg in event.legs), D(0)) == event.cum_qty
    assert sum((leg.quantity_delta for leg in event.legs), D(0)) == event.quantity
    for leg, share, wanted in zip(event.legs, allocation.shares, allocation.stated, strict=True):
        assert 0 <= leg.quantity <= wanted.quantity
        assert (leg.quantity, leg.cost_minor) == (share.quantity, share.cost_minor)
        if event.cum_qty:
            fair = D(total) * leg.quantity / event.cum_qty
            assert abs(leg.cost_minor - fair) < CENT


PRICES = st.decimals("0.0001", "9999", places=4)
STATEMENTS = st.lists(st.integers(1, 5000), min_size=1, max_size=12)


@st.composite
def journeys(draw: st.DrawFn) -> tuple[list[int], list[tuple[str, int, D]]]:
    """A statement and steps: (word, number, price)."""
    words = st.sampled_from(["fill", "fill", "fill", "bust", "correct", "amend"])
    steps = st.tuples(words, st.integers(1, 6000), PRICES)
    return draw(STATEMENTS), draw(st.lists(steps, max_size=25))


def travel(statement: list[int], steps: list[tuple[str, int, D]]) -> list[ExecutionAllocated]:
    """Take the steps, checking the laws after each; return every booking."""
    allocation = stated(*statement)
    events: list[ExecutionAllocated] = []
    live: list[tuple[Fill, dict[str, D]]] = []

    def take(event: ExecutionAllocated) -> None:
        nonlocal allocation
        allocation = evolve(allocation, event)
        check(allocation, event)
        events.append(event)

    def execute(quantity: int, price: D) -> None:
        units = min(D(quantity), lacking(allocation))
        if units > 0:
            fill = a_fill(units, price)
            take(allocate(allocation, fill))
            split = {leg.fund: leg.quantity_delta for leg in events[-1].legs}
            live.append((fill, split))

    for word, number, price in steps:
        if word == "fill":
            execute(number, price)
        elif word in ("bust", "correct") and live:
            fill, split = live.pop(number % len(live))
            take(take_back(allocation, fill, split))
            if word == "correct":
                execute(number, price)
        elif word == "amend":
            allocation = _amended(allocation, number)
            check_invariants(allocation)
    for fill, split in live:
        take(take_back(allocation, fill, split))
    assert allocation.quantity == 0
    assert allocation.notional == 0
    assert all(share.cost_minor == 0 for share in allocation.shares)
    return events


def _amended(allocation: Allocation, number: int) -> Allocation:
    """Another statement: every fund keeps at least what it has, and may ask for more."""
    legs = tuple(
        replace(leg, quantity=share.quantity + (number * (n + 1)) % 700 + (share.quantity == 0))
        for n, (leg, share) in enumerate(zip(allocation.stated, allocation.shares, strict=True))
    )
    event = AllocationStated(
        order_id="ord", block_id="blk", number=allocation.number + 1, legs=legs, policy="test",
        at=AT,
    )  # fmt: skip
    return state_allocation(allocation, event)


@given(journeys())
def test_any_journey_keeps_every_law_and_can_be_undone_to_nothing(
    journey: tuple[list[int], list[tuple[str, int, D]]],
) -> None:
    assert travel(*journey) == travel(*journey)


@given(STATEMENTS, st.data())
def test_fills_that_make_the_order_whole_give_every_fund_what_was_stated(
    statement: list[int], data: st.DataObject
) -> None:
    allocation = stated(*statement)
    while (left := lacking(allocation)) > 0:
        units = data.draw(st.integers(1, int(left)))
        allocation = evolve(allocation, allocate(allocation, a_fill(units, "12.3456")))
    assert [share.quantity for share in allocation.shares] == [D(units) for units in statement]


@given(
    st.lists(st.decimals("0.0000000001", "99999", places=10), min_size=1, max_size=5),
    st.decimals("0.0000000001", "99999999", places=10),
    st.data(),
)
def test_fractions_of_a_unit_are_shared_and_taken_back_exactly(
    units: list[D], price: D, data: st.DataObject
) -> None:
    allocation = stated(*units)
    fraction = data.draw(st.integers(1, 10))
    quantity = (lacking(allocation) / fraction).quantize(D("1E-10"), rounding="ROUND_DOWN")
    if quantity <= 0:
        return
    fill = a_fill(quantity, price, lot=D("1E-10"))
    event = allocate(allocation, fill)
    check(evolve(allocation, event), event)
    split = {leg.fund: leg.quantity_delta for leg in event.legs}
    back = take_back(evolve(allocation, event), fill, split)
    assert back.cum_qty == back.notional == 0


def test_o15_one_share_over_seven_funds_goes_to_the_first() -> None:
    event = allocate(stated(*[100] * 7), a_fill(1))
    assert [leg.quantity for leg in event.legs] == [D(1), *[D(0)] * 6]


def test_o15_a_billion_over_999_funds_is_exact_and_the_same_twice() -> None:
    share = 10**9 // 999
    allocation = stated(*[share] * 998, 10**9 - 998 * share)
    events = [allocate(allocation, a_fill(10**9 - 7, "0.00123456")) for _ in range(2)]
    assert events[0] == events[1]
    check(evolve(allocation, events[0]), events[0])


def test_o16_a_thousand_partial_fills_with_eight_decimals_leave_no_cent_over() -> None:
    allocation = stated(333_333, 333_333, 333_334)
    for number in range(1000):
        price = D("100.12345678") + D(number) / 10**8
        event = allocate(allocation, a_fill(1000, price))
        allocation = evolve(allocation, event)
        check(allocation, event)
    assert lacking(allocation) == 0
    assert event.notional == sum(
        (1000 * (D("100.12345678") + D(n) / 10**8) for n in range(1000)), D(0)
    )


def test_whole_lots_are_shared_in_whole_lots() -> None:
    event = allocate(stated(500, 300, 200), a_fill(500, lot=100))
    assert [leg.quantity for leg in event.legs] == [D(300), D(100), D(100)]


TOTALS = st.integers(-(10**15), 10**15)
WEIGHTS = st.lists(st.integers(0, 10**12), min_size=1, max_size=30).filter(any)


@given(TOTALS, WEIGHTS)
def test_shares_add_up_and_each_is_within_one_of_its_quota(total: int, weights: list[int]) -> None:
    shares, whole = share_out(total, weights), sum(weights)
    assert sum(shares) == total
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share * whole - total * weight) < whole
        assert weight or not share


@given(TOTALS, WEIGHTS)
def test_a_negative_total_is_the_mirror_image(total: int, weights: list[int]) -> None:
    assert share_out(-total, weights) == [-share for share in share_out(total, weights)]


@given(st.integers(0, 10**9), WEIGHTS)
def test_a_larger_weight_never_gets_less(total: int, weights: list[int]) -> None:
    shares = share_out(total, weights)
    ranked = sorted(zip(weights, shares, strict=True))
    assert all(a[1] <= b[1] for a, b in itertools.pairwise(ranked) if a[0] < b[0])


@given(WEIGHTS, st.integers(1, 1000))
def test_an_exact_split_has_no_remainder(weights: list[int], times: int) -> None:
    assert share_out(sum(weights) * times, weights) == [weight * times for weight in weights]
