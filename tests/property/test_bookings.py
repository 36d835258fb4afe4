"""Laws of methods, charges and bookings: sums to the unit and to the cent, whatever happens."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.property.test_allocation import AT
from tradeoms.domain.allocation.adjust import Given, Moving, adjust, without_small_parts
from tradeoms.domain.allocation.decide import Fill, allocate, lacking, take_back
from tradeoms.domain.allocation.events import AllocationStated
from tradeoms.domain.allocation.methods import give_back, resplit
from tradeoms.domain.allocation.policy import AllocationPolicy, Method, Residual
from tradeoms.domain.allocation.state import Allocation, check_invariants, evolve, state_allocation
from tradeoms.domain.booking.events import BookedExecution
from tradeoms.domain.booking.make import Facts, make_legs
from tradeoms.domain.charge.amounts import share_minor
from tradeoms.domain.charge.state import Basis, Charge, ChargeKind, Per, Rounding
from tradeoms.domain.order.commands import Leg
from tradeoms.domain.reference.state import Security
from tradeoms.kernel.enums import Side
from tradeoms.kernel.numbers import ZERO

DAYS = (date(2010, 1, 4), date(2010, 1, 5))
SECURITY = Security(
    id="sec", symbol="ABC", mic="XNYS", name="", currency="USD", identifiers=(), country="US"
)
STATEMENTS = st.lists(st.integers(1, 3000), min_size=1, max_size=9)
PRICES = st.decimals("0.0001", "999", places=4)
METHODS = st.sampled_from([Method.PRO_RATA, Method.SMALLEST_FIRST, Method.ROTATION])
MINOR = st.integers(0, 10**12)
CHARGES = st.lists(
    st.builds(
        Charge,
        id=st.sampled_from(["a", "b", "c"]),
        kind=st.sampled_from(ChargeKind),
        basis=st.sampled_from(Basis),
        rate=st.decimals("0", "60", places=4),
        per=st.sampled_from(Per),
        currency=st.just("USD"),
        minimum=st.none() | st.decimals("0", "5", places=2),
        rounding=st.sampled_from(Rounding),
        destinations=st.sampled_from([(), ("X",)]),
    ),
    max_size=5,
)


class Desk:
    """An order's allocation with its live executions, driven as the engine drives it."""

    def __init__(self, units: list[int], method: Method) -> None:
        legs = tuple(Leg(fund=f"F{n}", quantity=D(quantity)) for n, quantity in enumerate(units))
        self.allocation: Allocation = state_allocation(
            None,
            AllocationStated(
                order_id="ord_1", block_id="blk_1", number=1, legs=legs, policy="p/1", at=AT,
                method=method,
            ),
        )  # fmt: skip
        self.live: dict[str, tuple[Fill, dict[str, D]]] = {}
        self.count = 0

    def take(self, event: Any) -> None:
        self.allocation = evolve(self.allocation, event)
        check_invariants(self.allocation)

    def execute(self, quantity: int, price: D, on: date) -> None:
        units = min(D(quantity), lacking(self.allocation))
        if units <= 0:
            return
        self.count += 1
        fill = Fill(
            placement_id="plc", execution_id=f"exe_{self.count}", security_id="sec", buys=True,
            quantity=units, price=price, price_factor=D(1), currency="USD", lot=D(1),
            trade_on=on, at=AT,
        )  # fmt: skip
        event = allocate(self.allocation, fill)
        self.live[fill.execution_id] = (
            fill, {leg.fund: leg.quantity_delta for leg in event.legs if leg.quantity_delta},
        )  # fmt: skip
        self.take(event)

    def bust(self, number: int) -> None:
        if self.live:
            fill, units = self.live.pop(sorted(self.live)[number % len(self.live)])
            self.take(take_back(self.allocation, fill, units))

    def of_day(self, on: date) -> dict[str, dict[str, D]]:
        return {key: units for key, (fill, units) in self.live.items() if fill.trade_on == on}

    def moving(self, on: date) -> Moving:
        return Moving(
            allocation=self.allocation, on=on, security_id="sec", buys=True, lot=D(1), at=AT,
            executions=[Given(execution_id=k, units=u) for k, u in self.of_day(on).items()],
        )  # fmt: skip

    def move(self, event: Any) -> None:
        self.take(event)
        for move in event.moves:
            fill, units = self.live[move.execution_id]
            for leg in move.legs:
                units[leg.fund] = units.get(leg.fund, ZERO) + leg.quantity
            self.live[move.execution_id] = (fill, {k: u for k, u in units.items() if u})

    def check(self) -> None:
        """What funds have is what their executions say, day by day, and nobody has too much."""
        for on in DAYS:
            day = self.allocation.day(on)
            split = self.of_day(on)
            for leg in self.allocation.stated:
                assert day.of(leg.fund).quantity == sum(
                    (units.get(leg.fund, ZERO) for units in split.values()), ZERO
                )
            notional = sum(
                (self.live[key][0].quantity * self.live[key][0].price for key in split), ZERO
            )
            assert day.notional == notional
        for leg in self.allocation.stated:
            assert self.allocation.booked(leg.fund) <= leg.quantity

    def book(self, on: date, charges: list[Charge], residual: Residual, side: Side) -> None:
        """Book a day and check every sum."""
        day, split = self.allocation.day(on), self.of_day(on)
        if not day.quantity:
            return
        executions = tuple(
            BookedExecution(
                execution_id=key, destination="XY"[int(key[4:]) % 2],
                quantity=self.live[key][0].quantity, price=self.live[key][0].price,
                legs=tuple(Leg(fund=f, quantity=u) for f, u in units.items()),
            )
            for key, units in split.items()
        )  # fmt: skip
        legs = make_legs(
            Facts(
                allocation=self.allocation, day=day, executions=executions, security=SECURITY,
                side=side, charges=tuple(charges), residual=residual,
            )
        )  # fmt: skip
        assert sum((leg.quantity for leg in legs), ZERO) == day.quantity
        assert sum(leg.gross_minor for leg in legs) == sum(s.cost_minor for s in day.shares)
        for leg in legs:
            assert leg.net_minor == leg.gross_minor + side.sign * leg.charges_minor
            assert all(one.minor > 0 for one in leg.charges)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["fill", "fill", "bust", "adjust", "hand", "book"]),
        st.integers(1, 4000), PRICES, st.sampled_from(DAYS),
    ),
    max_size=20,
)  # fmt: skip


@given(STATEMENTS, METHODS, STEPS, CHARGES, st.sampled_from(Residual), st.sampled_from(Side))
def test_allocations_and_bookings_equal_executions_whatever_happens(
    statement: list[int], method: Method, steps: list[tuple[str, int, D, date]],
    charges: list[Charge], residual: Residual, side: Side,
) -> None:  # fmt: skip
    desk = Desk(statement, method)
    for word, number, price, on in steps:
        if word == "fill":
            desk.execute(number, price, on)
        elif word == "bust":
            desk.bust(number)
        elif word == "adjust":
            policy = AllocationPolicy(
                id="p", method=Method.MINIMUM_TICKET, least=D(number % 90 + 1)
            )
            if (event := without_small_parts(desk.moving(on), policy)) is not None:
                desk.move(event)
        elif word == "hand" and (wanted := reversed_split(desk, on)):
            desk.move(adjust(desk.moving(on), wanted, because="manual"))
        elif word == "book":
            desk.book(on, charges, residual, side)
        desk.check()
    while desk.live:
        desk.bust(0)
    assert desk.allocation.quantity == desk.allocation.notional == ZERO
    assert all(share.cost_minor == 0 for share in desk.allocation.shares)


def reversed_split(desk: Desk, on: date) -> dict[str, D]:
    """The day's units given to the last funds first, as far as their statements go."""
    day, left = desk.allocation.day(on), desk.allocation.day(on).quantity
    wanted = {}
    for leg in reversed(desk.allocation.stated):
        elsewhere = desk.allocation.booked(leg.fund) - day.of(leg.fund).quantity
        wanted[leg.fund] = min(left, leg.quantity - elsewhere)
        left -= wanted[leg.fund]
    return wanted


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=9),
    st.integers(1, 60),
)
def test_what_is_given_back_is_small_fits_and_is_all_there(
    funds: list[tuple[int, int]], least: int
) -> None:
    parts, room = [D(part) for part, _ in funds], [D(more) for _, more in funds]
    after = give_back(parts, room, least=D(least), lot=D(1))
    assert sum(after, ZERO) == sum(parts, ZERO)
    for part, more, now in zip(parts, room, after, strict=True):
        assert ZERO <= now <= part + more
        assert now >= part or (now == 0 and part < least), "only small parts shrink, and wholly"


@given(st.lists(st.integers(1, 500), min_size=1, max_size=8), st.data())
def test_executions_split_anew_come_to_what_is_wanted(
    sizes: list[int], data: st.DataObject
) -> None:
    left, wanted = sum(sizes), {}
    for name in ("A", "B", "C"):
        wanted[name] = D(data.draw(st.integers(0, left)))
        left -= int(wanted[name])
    wanted["D"] = D(left)
    found = resplit([(str(n), D(size)) for n, size in enumerate(sizes)], wanted, D(1))
    assert [sum(units.values(), ZERO) for units in found.values()] == [D(size) for size in sizes]
    for fund, units in wanted.items():
        assert sum((split.get(fund, ZERO) for split in found.values()), ZERO) == units


@given(MINOR, st.lists(st.integers(0, 10**9), min_size=1, max_size=20).filter(any), st.data())
def test_a_charge_is_shared_to_the_cent_and_one_fund_bears_the_rest(
    total: int, weights: list[int], data: st.DataObject
) -> None:
    bearer = data.draw(st.sampled_from([n for n, weight in enumerate(weights) if weight]))
    shares = share_minor(total, weights, bearer)
    assert sum(shares) == total
    for number, (share, weight) in enumerate(zip(shares, weights, strict=True)):
        floor = total * weight // sum(weights)
        assert share == floor or (number == bearer and share > floor)


@pytest.mark.parametrize("method", [Method.PRO_RATA, Method.SMALLEST_FIRST, Method.ROTATION])
def test_one_share_over_seven_funds_and_a_billion_over_999(method: Method) -> None:
    seven = Desk([100] * 7, method)
    seven.execute(1, D("10.005"), DAYS[0])
    assert [share.quantity for share in seven.allocation.shares] == [D(1), *[ZERO] * 6]
    share = 10**9 // 999
    many = Desk([share] * 998 + [10**9 - 998 * share], method)
    many.execute(10**9 - 7, D("0.00123456"), DAYS[0])
    many.check()
    tenth = Charge(id="c", kind=ChargeKind.COMMISSION, basis=Basis.BPS, rate=D("0.1"))
    many.book(DAYS[0], [tenth], Residual.ROTATION, Side.SELL)


@pytest.mark.parametrize(
    ("parts", "room", "least", "after"),
    [
        ([95, 3, 2], [100, 10, 10], 5, [100, 0, 0]),
        ([95, 3, 2], [100, 0, 10], 5, [97, 3, 0]),
        ([95, 3, 2], [0, 10, 10], 5, [95, 5, 0]),
        ([3, 3], [10, 10], 5, [6, 0]),
        ([3, 3], [0, 0], 5, [3, 3]),
        ([4], [10], 5, [4]),
    ],
)
def test_small_parts_are_given_back_as_documented(
    parts: list[int], room: list[int], least: int, after: list[int]
) -> None:
    found = give_back([D(n) for n in parts], [D(n) for n in room], least=D(least), lot=D(1))
    assert found == [D(n) for n in after]
