"""The EMS's desk: an order waits for the trader's release, then brokers work its routes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar

from simulators.counterparty import runner, wire
from simulators.counterparty.book import Book
from simulators.counterparty.config import changed
from simulators.counterparty.desk import Command, Handler, Message, Refusal, Request
from simulators.counterparty.lists import HANDLERS
from simulators.counterparty.model import ZERO, Order, Ticket, text_of
from simulators.counterparty.plans import take_up
from simulators.counterparty.scenario import Scenarios
from simulators.ems import plan, street
from simulators.ems.commands import COMMANDS
from simulators.ems.plan import Staging, Trading

#: HandlInst (21): manual, that is staged.
MANUAL = "3"
#: OrdRejReason (103): incorrect allocated quantity; FIX 4.2 has no word for it, 0 is broker option.
WRONG_ALLOCATION = "14"
BROKER_OPTION = "0"


class EmsDesk:
    """What an EMS does with orders."""

    order_prefix: ClassVar[str] = "S"
    exec_prefix: ClassVar[str] = "X"

    def __init__(self, trading: Trading, scenarios: Scenarios[Staging]) -> None:
        self._trading = trading
        self._scenarios = scenarios

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """Return the messages of lists."""
        return HANDLERS

    @property
    def commands(self) -> Mapping[str, Command]:
        """Return what the trader, and the brokers behind the EMS, may do."""
        return COMMANDS

    def settings(self) -> Request:
        """Return the delay of the automatic release; the route plan is for the command line."""
        return {"release_ms": self._trading.release_ms}

    def change(self, name: str, value: object) -> None:
        """Change the delay of the automatic release.

        Raises:
            ValueError: If it is another setting, or the value is below -1.
        """
        if name != "release_ms":
            raise ValueError(f"unknown setting {name!r}")
        self._trading = changed(self._trading, name, value)

    def refusal(self, message: Message, order: Order | None) -> Refusal | None:
        """Return what is wrong with the pre-allocation, if anything is.

        It must add up to OrderQty; on a replace a group that is left out stays as it was, and a
        changed one needs an AllocID (70) of its own (FIX 4.4 Vol. 5, pre-allocated orders); FIX 4.2
        has none in an order.
        """
        tags, given = message.tags, wire.shares_of(message.pairs)
        known = order.shares if order is not None else []
        shares = given or known
        allocated = sum((share.qty for share in shares), ZERO)
        if shares and (
            allocated != wire.number(tags[38]) or min(share.qty for share in shares) <= ZERO
        ):
            reason = BROKER_OPTION if message.old else WRONG_ALLOCATION
            return reason, f"allocations add up to {text_of(allocated)}, not to {tags[38]}"
        if order is not None and given and given != known:
            alloc_id = tags.get(70, "")
            if alloc_id == order.alloc_id if alloc_id else not message.old:
                return BROKER_OPTION, "changed allocations need a new AllocID (70)"
        return None

    def begin(self, book: Book, order: Order, message: Message) -> None:
        """Stage an order, or release it at once when it is not for manual handling."""
        staging = self._scenarios.take(order)
        if staging is None:
            staging = plan.magic(order, self._trading, book.behaviour)
        order.scripted = staging is not None
        staging = staging or Staging()
        order.ticket = Ticket(
            staged=message.tags.get(21) == MANUAL,
            legs=staging.legs or self._trading.legs,
            after_release=staging.after_release,
            list_id=message.tags.get(66, ""),
        )
        take_up(order, staging.plan)
        steps = plan.steps_of(order, staging, self._trading, book.behaviour)
        book.set_script(order, steps)
        runner.run_script(book, order)

    def release(self, book: Book, order: Order, qty: str) -> None:
        """Route a part of an order, or everything that is with the trader."""
        ticket = order.ticket
        assert ticket is not None
        if not street.is_workable(order):
            return
        left = street.unrouted(book, order)
        wanted = min(Decimal(qty), left) if qty else left
        if wanted == left:
            ticket.staged = False
        book.touch(order)
        street.route_out(book, order, wanted)
        if not ticket.staged and ticket.after_release and order.is_open:
            book.set_script(order, ticket.after_release)
            ticket.after_release = []
            runner.run_script(book, order)

    def replaced(self, book: Book, order: Order) -> None:
        """Route anew on the new terms."""
        if order.ticket is not None:
            street.rework(book, order)

    def renewed(self, book: Book, order: Order) -> None:
        """Route what is left on a new morning, unless it is staged or scripted."""
        if order.ticket is not None and not order.ticket.staged and not order.scripted:
            street.route_out(book, order, street.unrouted(book, order))

    def route_ended(self, book: Book, route: Order, text: str) -> None:
        """Route the rest elsewhere, or end the order with its last route."""
        street.route_ended(book, route, text)
