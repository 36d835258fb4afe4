"""An engine on a database of its own, with people, funds and a broker, and words to drive it."""

from __future__ import annotations

import contextlib
import copy
import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any, Final

import msgspec

from tradeoms import bootstrap
from tradeoms.app.engine import Engine, Released
from tradeoms.app.wire import Attach, Command, Frame, Outcome, Watermark, tag_report
from tradeoms.domain.order.commands import CreateOrder, Leg, ReleaseOrder
from tradeoms.domain.placement.commands import CreatePlacement, Report, ReportKind, ReportPlacement
from tradeoms.domain.reference import commands as rc
from tradeoms.domain.reference.state import (
    Destination,
    Fund,
    Grant,
    OpeningCash,
    OpeningPosition,
    Price,
    Security,
)
from tradeoms.domain.ruleset.commands import RetireRule
from tradeoms.kernel.enums import OrderType, Role, Side
from tradeoms.projections.book import Book
from tradeoms.projections.finished import note_finished
from tradeoms.settings import Settings

DAY: Final = date(2010, 1, 4)
FUNDS: Final = ("A", "B", "C")
PEOPLE: Final = {
    "pm": Role.PORTFOLIO_MANAGER, "tom": Role.TRADER, "cora": Role.COMPLIANCE_OFFICER,
    "olga": Role.OPERATIONS, "rita": Role.RISK, "ada": Role.ADMIN, "max": Role.AUDITOR,
}  # fmt: skip
_encode = msgspec.json.Encoder(decimal_format="string").encode


class House:
    """The engine as its processes see it: commands and frames in, outcomes and watermarks out."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.numbers = itertools.count(1)
        self.row = max((row for (_, epoch), row in engine.marks.items() if epoch == 1), default=0)

    @property
    def book(self) -> Book:
        return self.engine.book

    def run(self, *items: Command | Frame | Attach) -> Released:
        return self.engine.run(items)

    def command(self, command: object, *, user: str = "pm", **more: Any) -> Command:
        return Command(
            id=next(self.numbers), type=type(command).__name__, user=user,
            body=msgspec.Raw(_encode(command)), **more,
        )  # fmt: skip

    def ask(self, command: object, *, user: str = "pm", **more: Any) -> Outcome:
        (answer,) = self.run(self.command(command, user=user, **more)).answers
        assert isinstance(answer, Outcome)
        return answer

    def get(self, command: object, *, user: str = "pm", **more: Any) -> Any:
        """Ask for what must be accepted, and read the answer."""
        outcome = self.ask(command, user=user, **more)
        assert outcome.status == "accepted", outcome.problems
        return json.loads(bytes(outcome.answer))

    def refused(self, command: object, *, user: str = "pm", **more: Any) -> list[str]:
        outcome = self.ask(command, user=user, **more)
        assert outcome.status in ("refused", "conflict"), outcome
        return [problem.code for problem in outcome.problems]

    def frame(self, *reports: Report, session: str = "BROKER") -> Frame:
        self.row += 1
        told = tuple(tag_report(replace(report, row=self.row)) for report in reports)
        return Frame(session=session, epoch=1, row=self.row, reports=told)

    def hear(self, *reports: Report) -> Released:
        released = self.run(self.frame(*reports))
        assert released.answers == [Watermark(session="BROKER", epoch=1, row=self.row)]
        return released

    def order(self, number: int | str = 1, **changes: Any) -> Any:
        """Enter an order and hand it to the desk; returns the answer to its release."""
        entered = self.get(buy(number, **changes))
        return self.get(ReleaseOrder(order_id=entered["id"]))

    def placed(self, number: int | str = 1, quantity: int = 1000, **changes: Any) -> Any:
        """Enter, release and route an order; returns the placement."""
        order = self.order(number, **changes)
        return self.place(order["id"], quantity)

    def place(self, order_id: str, quantity: int) -> Any:
        command = CreatePlacement(order_id=order_id, destination="BROKER", quantity=D(quantity))
        return self.get(command, user="tom")

    def instructions(self, after: int = 0) -> list[tuple[str, str]]:
        """Kind and ClOrdID of everything in the outbox."""
        found = self.engine.instructions_after("BROKER", after)
        return [(each.kind.value, each.cl_ord_id) for each in found]


def fits(outcome: str = "PASS", fund: str = "A") -> str:
    """The cases of a rule that finds this in a fund as it stands."""
    case = {"id": "fits", "mode": "fit", "fund": fund, "expect": {"outcome": outcome}}
    return json.dumps([case])


def retire(house: House, rule_id: str, version: int = 1) -> None:
    """Take a rule out of force: cora asks, and cleo, another officer, agrees."""
    cleo = rc.UserRow(id="cleo", name="cleo", grants=(Grant(role=Role.COMPLIANCE_OFFICER),))
    house.get(rc.LoadUsers(users=(cleo,)), user="system")
    for officer in ("cora", "cleo"):
        house.get(RetireRule(rule_id=rule_id, version=version), user=officer)


def buy(number: int | str = 1, quantity: int = 1000, **changes: Any) -> CreateOrder:
    """Buy for funds A and B in the proportion of six to four, at 100 or better."""
    part = D(quantity * 6 // 10)
    terms: dict[str, Any] = {
        "client_order_id": f"c{number}", "scheme": "ticker_mic", "security": "ABC.XNYS",
        "side": Side.BUY, "quantity": D(quantity), "order_type": OrderType.LIMIT,
        "limit_price": D(100),
        "legs": (Leg(fund="A", quantity=part), Leg(fund="B", quantity=D(quantity) - part)),
    }  # fmt: skip
    return CreateOrder(**{**terms, **changes})


def fill(
    cl_ord_id: str, exec_id: str, quantity: int, price: str = "100", **more: Any
) -> ReportPlacement:
    return ReportPlacement(
        session="BROKER", row=0, kind=ReportKind.FILL, cl_ord_id=cl_ord_id, exec_id=exec_id,
        last_qty=D(quantity), last_px=D(price), **more,
    )  # fmt: skip


def said(cl_ord_id: str, kind: str, **more: Any) -> ReportPlacement:
    return ReportPlacement(
        session="BROKER", row=0, kind=ReportKind(kind), cl_ord_id=cl_ord_id, **more
    )


def furnish(house: House) -> None:
    """Load what orders refer to, the way an operator does."""
    day = house.engine.book.trade_on
    assert day is None
    for command in (
        rc.RollDay(trade_on=DAY),
        rc.LoadFunds(funds=tuple(Fund(code=f, name=f, currency="USD") for f in FUNDS)),
        rc.LoadSecurities(
            securities=(
                Security(id="", symbol="ABC", mic="XNYS", name="", currency="USD", identifiers=()),
                Security(id="", symbol="XYZ", mic="XNYS", name="", currency="USD", identifiers=()),
            )
        ),
        rc.LoadDestinations(destinations=(Destination(name="BROKER"), Destination(name="OTHER"))),
        rc.LoadUsers(
            users=tuple(
                rc.UserRow(id=name, name=name, grants=(Grant(role=role),))
                for name, role in PEOPLE.items()
            )
        ),
    ):
        house.get(command, user="system")
    ids = [house.book.identifiers["ticker_mic", f"{symbol}.XNYS"] for symbol in ("ABC", "XYZ")]
    prices = tuple(Price(security_id=one, price=D(100), as_of=DAY) for one in ids)
    house.get(rc.LoadPrices(prices=prices), user="system")
    books = tuple(
        rc.FundBook(
            fund=fund,
            positions=(OpeningPosition(security_id=ids[0], quantity=D(5000), cost_minor=1),),
            cash=(OpeningCash(currency="USD", minor=10**11),),
        )
        for fund in FUNDS
    )
    house.get(rc.LoadPositions(as_of=DAY, books=books), user="system")
    house.run(Attach(session="BROKER", journal_id="j1", number=0))


@contextlib.contextmanager
def opened(data: Path, **settings: Any) -> Iterator[House]:
    """The engine on the database in ``data``, until the block ends."""
    with bootstrap.engine_of(Settings(data=data, **settings)) as (engine, _lease):
        yield House(engine)


#: What memory keeps and a start does not load: cases that are settled, and notes for the writer.
_ONLY_IN_MEMORY: Final = (
    "touched",
    "extra",
    "recalled",
    "retired",
    "breaks",
    "sign_ins",
    "runs",
    "standing",
    "parked",
    "settled",
    "over",
)


def facts(book: Book) -> dict[str, Any]:
    """All of a book that a restart must bring back, whatever the order in which it was gathered.

    An order that was only read back for a question is let go first: its rows never changed; so is
    what is over, which the next day would forget.
    """
    book.retired |= book.recalled
    book.recalled.clear()
    note_finished(book)
    book.forget_retired()
    found: dict[str, Any] = {}
    for name in Book.__slots__:
        value = getattr(book, name)
        if name in _ONLY_IN_MEMORY:
            continue
        if name in ("placements_of", "executions_of"):
            value = {key: sorted(ids) for key, ids in value.items()}
        found[name] = copy.copy(value)
    found["breaks"] = {key: b for key, b in book.breaks.items() if not b.resolved_by}
    found["standing"] = dict(book.standing)
    found["parked"] = dict(book.parked)
    return found
