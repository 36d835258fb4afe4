"""The broker's desk: an order is worked by its script, nothing else may happen to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from simulators.broker import scripts
from simulators.broker.commands import COMMANDS
from simulators.counterparty import posttrade, runner
from simulators.counterparty.book import Book
from simulators.counterparty.desk import Command, Handler, Message, Refusal, Request
from simulators.counterparty.lists import HANDLERS
from simulators.counterparty.model import Order
from simulators.counterparty.plans import Plan, take_up, working
from simulators.counterparty.scenario import Scenarios


class BrokerDesk:
    """What a broker does with orders; it has no routes and no settings of its own."""

    order_prefix: ClassVar[str] = "B"
    exec_prefix: ClassVar[str] = "E"

    def __init__(self, scenarios: Scenarios[Plan]) -> None:
        self._scenarios = scenarios

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """Return the messages of lists, and what comes after trading."""
        return {
            **HANDLERS, "J": posttrade.allocation, "AU": posttrade.affirmation,
            "AT": posttrade.report_answer, "BH": posttrade.confirmation_request,
        }  # fmt: skip

    @property
    def commands(self) -> Mapping[str, Command]:
        """Return the broker's own control commands."""
        return COMMANDS

    def settings(self) -> Request:
        """Return nothing."""
        return {}

    def change(self, name: str, value: object) -> None:
        """Refuse: there is nothing to change.

        Raises:
            ValueError: Always.
        """
        raise ValueError(f"unknown setting {name!r}: {value!r}")

    def refusal(self, message: Message, order: Order | None) -> Refusal | None:
        """Return None: a broker takes what is well formed."""
        del message, order
        return None  # a refusal is one of the answers

    def begin(self, book: Book, order: Order, message: Message) -> None:
        """Run the order's script."""
        del message
        plan = self._plan(book, order)
        take_up(order, plan)
        book.set_script(order, plan.steps)
        runner.run_script(book, order)

    def _plan(self, book: Book, order: Order) -> Plan:
        """Return what will happen to an order: scenario, magic quantity or model."""
        scenario = self._scenarios.take(order)
        if scenario is not None:
            order.scripted = True
            return scenario
        magic = scripts.plan_for_magic(order, book.behaviour)
        order.scripted = magic is not None
        return magic or scripts.plan_for_model(order, book.behaviour)

    def replaced(self, book: Book, order: Order) -> None:
        """Work the order as it is now, unless a script has plans for it."""
        if order.is_open and not order.script and not order.scripted:
            book.set_script(order, working(order, book.behaviour))
            runner.run_script(book, order)

    def renewed(self, book: Book, order: Order) -> None:
        """Do nothing: a resting order rests on."""

    def release(self, book: Book, order: Order, qty: str) -> None:
        """Refuse: nothing is staged here.

        Raises:
            ValueError: Always.
        """
        del book, qty
        raise ValueError(f"order {order.order_id} is at a broker: there is nothing to release")

    def route_ended(self, book: Book, route: Order, text: str) -> None:
        """Never happens: a broker has no routes."""
        del book, text
        raise AssertionError(f"a broker has no route {route.order_id}")
