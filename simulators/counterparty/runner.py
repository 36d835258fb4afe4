"""Runs the script of an order: steps one after another, up to the next wait."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import Final, assert_never

from simulators.counterparty import lifecycle, matching
from simulators.counterparty.book import Book
from simulators.counterparty.model import Do, Execution, Kind, Order, Step, Wake

WAITS: Final = frozenset({Do.WAIT_MS, Do.WAIT_TICKS})


def run_script(book: Book, order: Order) -> None:
    """Perform the order's steps up to its next wait."""
    while order.script:
        step = order.script[0]
        if step.do in WAITS:
            if step.do is Do.WAIT_MS:
                book.schedule(step.n, order, Wake.SCRIPT)
            return
        number = order.script_no
        order.script.pop(0)
        perform(book, order, step)
        if order.script_no != number:
            return


def wake(book: Book, order: Order) -> None:
    """Go on after a wait in milliseconds."""
    if order.script and order.script[0].do is Do.WAIT_MS:
        order.script.pop(0)
        book.touch(order)
        run_script(book, order)


def count_tick(book: Book, order: Order) -> None:
    """Count one tick of a wait in ticks."""
    if order.script and order.script[0].do is Do.WAIT_TICKS:
        step = order.script.pop(0)
        book.touch(order)
        if step.n > 1:
            order.script.insert(0, Step(do=Do.WAIT_TICKS, n=step.n - 1))
        else:
            run_script(book, order)


def perform(book: Book, order: Order, step: Step) -> None:  # noqa: C901, PLR0912  # one case per step
    """Perform one step of a script."""
    match step.do:
        case Do.PENDING_NEW:
            book.report(order, Kind.PENDING_NEW)
        case Do.ACK:
            lifecycle.acknowledge(book, order)
        case Do.REJECT:
            lifecycle.reject(book, order, reason="99", text=step.text)
        case Do.FILL:
            qty = step_qty(order, step)
            lifecycle.fill(
                book, order, qty=qty, price=step_price(book, order, step), over=step.over
            )
        case Do.BUST:
            lifecycle.bust(book, order, nth_fill(order, step.k))
        case Do.CORRECT:
            correct_step(book, order, step)
        case Do.CANCEL:
            lifecycle.cancel(book, order, text=step.text)
        case Do.DONE_FOR_DAY:
            lifecycle.done_for_day(book, order)
        case Do.STOP:
            qty, price = step_qty(order, step), step_price(book, order, step)
            lifecycle.stop(book, order, qty=qty, price=price)
        case Do.SUSPEND:
            lifecycle.suspend(book, order)
        case Do.EXPIRE:
            lifecycle.expire(book, order)
        case Do.REST:
            order.resting = True
            matching.work(book, order)
        case Do.FINISH:
            lifecycle.finish_at_once(book, order)
        case Do.RELEASE:
            book.desk.release(book, order, step.qty)
        case Do.WAIT_MS | Do.WAIT_TICKS:
            raise AssertionError("a wait is not performed")
        case _:
            assert_never(step.do)


def correct_step(book: Book, order: Order, step: Step) -> None:
    """Correct the k-th fill; a price that begins with + or - is a difference."""
    execution = nth_fill(order, step.k)
    if execution is None:
        return
    price = execution.last_px
    if step.price:
        change = Decimal(step.price)
        price = price + change if step.price[0] in "+-" else change
    qty = Decimal(step.qty) if step.qty else execution.last_qty
    lifecycle.correct(book, order, execution, qty=qty, price=price)


def nth_fill(order: Order, k: int) -> Execution | None:
    """Return the k-th fill as it stands after corrections; None when it does not count."""
    firsts = [execution for execution in order.executions if not execution.ref]
    if not 1 <= k <= len(firsts):
        return None
    return lifecycle.live_version(order, firsts[k - 1].exec_id)


def step_qty(order: Order, step: Step) -> Decimal:
    """Return a step's quantity: all that is open, a part of the order or a number."""
    if step.qty in {"all", ""}:
        return order.open_qty
    above, slash, below = step.qty.partition("/")
    if not slash:
        return Decimal(step.qty)
    part = order.qty * Decimal(above) / Decimal(below)
    return part if order.qty % 1 else part.to_integral_value(rounding=ROUND_DOWN)


def step_price(book: Book, order: Order, step: Step) -> Decimal:
    """Return a step's price, or what the market would give within the order's limit."""
    return Decimal(step.price) if step.price else matching.model_price(book.market, order)
