"""Given some events, when someone asks or a broker reports, then these events.

A story folds its events into a book and checks every invariant after each. What is asked is
decided by the handlers that the engine calls, on a turn that is never committed.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from typing import Any, Final, Self

import sqlalchemy as sa

from tradeoms.app.algos import AlgoBook, NoAlgorithms
from tradeoms.app.handle import handle
from tradeoms.app.handlers.orders import Entered, check_entered, finish_entered
from tradeoms.app.handlers.reports import take_report
from tradeoms.app.identity import Identity
from tradeoms.app.pretrade import Pretrade
from tradeoms.app.recall import Recall
from tradeoms.app.turn import Turn
from tradeoms.compliance.book import ComplianceBook
from tradeoms.domain.allocation.events import AllocationStated
from tradeoms.domain.allocation.state import check_invariants as check_allocation
from tradeoms.domain.block.events import BlockFormed
from tradeoms.domain.catalog import EVENTS
from tradeoms.domain.evaluation import CellExcess
from tradeoms.domain.order import events as o
from tradeoms.domain.order.commands import CreateOrder, Leg
from tradeoms.domain.order.state import check_invariants as check_order
from tradeoms.domain.placement import events as p
from tradeoms.domain.placement.commands import (
    CreatePlacement,
    Report,
    ReportKind,
    ReportPlacement,
    SendOutcome,
)
from tradeoms.domain.placement.state import check_invariants as check_placement
from tradeoms.domain.reference import events as r
from tradeoms.domain.reference.state import Destination, Fund, Grant, Price, Security, User
from tradeoms.journal.codec import Codec
from tradeoms.journal.tables import metadata
from tradeoms.kernel.decider import Rejected, Stamp
from tradeoms.kernel.enums import ExecutionStatus, OrderType, Role, Side, TimeInForce
from tradeoms.projections import tables as _tables  # registers the read models' tables
from tradeoms.projections.book import Book
from tradeoms.projections.fold import apply

assert _tables.READ_MODELS

AT: Final = datetime(2010, 1, 4, 15, 0, tzinfo=UTC)
TODAY: Final = date(2010, 1, 4)
ORDER: Final = "ord_1"
PLACEMENT: Final = "plc_1"
Pattern = tuple[type, dict[str, Any]]  # Any: the value a field must have

_EMPTY = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
metadata.create_all(_EMPTY)


class _Stopped:
    """A clock that a story sets."""

    def __init__(self) -> None:
        self.at = AT

    def now(self) -> datetime:
        return self.at


class Story:
    """One story: the book after what was given, and the events of what was asked last."""

    def __init__(self, *events: object) -> None:
        self.book = Book()
        self.clock = _Stopped()
        self.seq = 0
        self.identity = Identity(self.clock, epoch=1)
        self.codec = Codec(EVENTS)
        self.numbers = itertools.count(1)
        self.waiver_approvers = 1
        self.algos: AlgoBook = NoAlgorithms()
        self.answer: bytes | Rejected = b""
        self.events: list[Any] = []
        self.sent: list[Any] = []
        self.given(*events)

    def given(self, *events: object) -> Self:
        for event in events:
            self.seq += 1
            apply(self.book, event, self.seq)
            check_book(self.book)
        return self

    def later(self, wait: timedelta) -> Self:
        self.clock.at += wait
        return self

    def when(self, command: object, *, user: str = "pm") -> Self:
        """Ask as ``user``; the events of the answer go into the book."""
        turn = self._turn(user)
        answer = handle(turn, type(command).__name__, command)
        if isinstance(answer, Entered):
            (evaluation,) = check_entered(turn, [answer.order_id])
            answer = finish_entered(turn, answer.order_id, evaluation)
        self.answer = answer
        return self._take(turn)

    def told(self, report: Report) -> Self:
        """Hear a report; its events go into the book."""
        turn = self._turn("session:BROKER")
        take_report(turn, report)
        return self._take(turn)

    def then(self, *patterns: Pattern) -> Self:
        """Check all events of the last question: their types, and the fields that are named."""
        assert not isinstance(self.answer, Rejected), self.answer.refusals
        wanted = [fields_of for _, fields_of in patterns]
        wanted += [{}] * (len(self.events) - len(patterns))
        found = [
            (type(event), {name: getattr(event, name) for name in names})
            for event, names in zip(self.events, wanted, strict=False)
        ]
        assert found == list(patterns)
        return self

    def refused(self, *codes: str) -> Self:
        """Check that the last question was refused for these reasons."""
        assert isinstance(self.answer, Rejected), self.events
        assert [refusal.code.value for refusal in self.answer.refusals] == list(codes)
        return self

    def _turn(self, user: str) -> Turn:
        pretrade = Pretrade(book=self.book, compliance=ComplianceBook())
        pretrade.load()
        turn = _Checked(
            book=self.book, pretrade=pretrade, identity=self.identity, codec=self.codec,
            build="test", epoch=1, seq=self.seq, number=0, recall=Recall(_EMPTY),
            waiver_approvers=self.waiver_approvers, algos=self.algos,
        )  # fmt: skip
        turn.begin(self.identity.stamp(user), cause="test")
        self.answer = b""
        return turn

    def _take(self, turn: Turn) -> Self:
        self.seq = turn.seq
        self.events = [self.codec.decode(body).event for _, body in turn.batch.events]
        self.sent = turn.instructions
        return self


class _Checked(Turn):
    """A turn that checks the book after every event."""

    __slots__ = ()

    def emit(self, event: object, subject: str) -> None:
        Turn.emit(self, event, subject)
        check_book(self.book)


def happened(event: type, /, **wanted: Any) -> Pattern:
    """An ``event`` whose named fields have these values."""
    assert set(wanted) <= {field.name for field in fields(event)}
    return event, wanted


def check_book(book: Book) -> None:
    """Assert what must hold in every book, whatever was asked and reported."""
    for order in book.orders.values():
        check_order(order)
    for placement in book.placements.values():
        check_placement(placement)
        live = [
            execution
            for key in book.executions_of.get(placement.id, ())
            if (execution := book.executions[key]).status is ExecutionStatus.LIVE
        ]
        executed = placement.cum_qty - placement.carried_qty
        assert executed == sum((e.last_qty for e in live), D(0))
    for allocation in book.allocations.values():
        check_allocation(allocation)
        order = book.orders[allocation.order_id]
        assert allocation.quantity == order.cum_qty


def world(**changes: Any) -> tuple[object, ...]:
    """Funds, a security with a price, a destination and people. ``changes`` are the security's."""
    security = Security(
        id="sec", symbol="ABC", mic="XNYS", name="ABC", currency="USD",
        identifiers=(("ticker_mic", "ABC.XNYS"),),
    )  # fmt: skip
    roles = {
        "pm": (Role.PORTFOLIO_MANAGER,), "ann": (Role.PORTFOLIO_MANAGER,),
        "tom": (Role.TRADER,),
        "cora": (Role.COMPLIANCE_OFFICER,), "cleo": (Role.COMPLIANCE_OFFICER,),
        "both": (Role.PORTFOLIO_MANAGER, Role.COMPLIANCE_OFFICER), "olga": (Role.OPERATIONS,),
        "ada": (Role.ADMIN,), "rita": (Role.RISK,), "max": (Role.AUDITOR,),
    }  # fmt: skip
    return (
        r.DayRolled(trade_on=TODAY, at=AT),
        *(r.FundDefined(fund=fund, at=AT) for fund in FUNDS),
        r.SecurityDefined(security=replace(security, **changes), at=AT),
        price("100"),
        r.DestinationDefined(destination=Destination(name="BROKER"), at=AT),
        r.DestinationDefined(destination=Destination(name="OFF", enabled=False), at=AT),
        *(
            r.UserDefined(
                user=User(id=name, name=name, grants=tuple(Grant(role=role) for role in held)),
                at=AT,
            )
            for name, held in roles.items()
        ),
    )


FUNDS: Final = tuple(Fund(code=code, name=code, currency="USD") for code in ("A", "B"))


def another_security(**changes: Any) -> r.SecurityDefined:
    """XYZ on the same market, or what ``changes`` make of it."""
    security = Security(
        id="sec2", symbol="XYZ", mic="XNYS", name="XYZ", currency="USD",
        identifiers=(("ticker_mic", "XYZ.XNYS"),),
    )  # fmt: skip
    return r.SecurityDefined(security=replace(security, **changes), at=AT)


def legs(**units: int) -> tuple[Leg, ...]:
    return tuple(Leg(fund=fund, quantity=D(quantity)) for fund, quantity in units.items())


def ask_order(**changes: Any) -> CreateOrder:
    """Buy 1,000 ABC at 100 or better, 600 for fund A and 400 for fund B."""
    terms: dict[str, Any] = {
        "client_order_id": "c1", "scheme": "ticker_mic", "security": "ABC.XNYS", "side": Side.BUY,
        "quantity": D(1000), "order_type": OrderType.LIMIT, "limit_price": D(100),
        "legs": legs(A=600, B=400),
    }  # fmt: skip
    return CreateOrder(**{**terms, **changes})


def created(**changes: Any) -> o.OrderCreated:
    event = o.OrderCreated(
        order_id=ORDER, client="pm", client_order_id="c1", security_id="sec", side=Side.BUY,
        quantity=D(1000), order_type=OrderType.LIMIT, limit_price=D(100), stop_price=None,
        time_in_force=TimeInForce.DAY, expire_on=None, legs=legs(A=600, B=400), reason="",
        instructions="", portfolio_manager="pm", placed_by="pm", at=AT,
    )  # fmt: skip
    return replace(event, **changes)


def checked(action: str = "allow", *blocking: str, **changes: Any) -> o.OrderChecked:
    event = o.OrderChecked(
        order_id=ORDER, check_id="chk_1", stage=o.Stage.SUBMIT, action=o.CheckAction(action),
        outcome="pass" if action == "allow" else "breach", blocking=blocking, evidence="",
        needs_approval=False, lapsed=(), at=AT, excess=(over(),) * len(blocking),
    )  # fmt: skip
    return replace(event, **changes)


def over(amount: str = "1", fund: str = "A", cell: str = "") -> tuple[CellExcess, ...]:
    """One cell above its maximum by an amount."""
    return (CellExcess(fund=fund, cell=cell, bound="max", amount=amount, unknown=False),)


RELEASED: Final = o.OrderReleased(order_id=ORDER, trader="tom", at=AT)
BLOCK: Final = BlockFormed(
    block_id="blk_1", order_ids=(ORDER,), security_id="sec", side=Side.BUY, at=AT
)
STATED: Final = AllocationStated(
    order_id=ORDER, block_id="blk_1", number=1, legs=legs(A=600, B=400), policy="test", at=AT
)


def placed(**changes: Any) -> p.PlacementCreated:
    event = p.PlacementCreated(
        placement_id=PLACEMENT, order_id=ORDER, block_id="blk_1", destination="BROKER",
        cl_ord_id="X", security_id="sec", side=Side.BUY, quantity=D(1000),
        order_type=OrderType.LIMIT, limit_price=D(100), stop_price=None,
        time_in_force=TimeInForce.DAY, expire_on=None, text="", trader="tom", at=AT,
    )  # fmt: skip
    return replace(event, **changes)


def sent(cl_ord_id: str = "X", placement_id: str = PLACEMENT) -> p.RequestSent:
    return p.RequestSent(
        placement_id=placement_id, cl_ord_id=cl_ord_id, outcome=SendOutcome.SENT, msg_seq_num=2,
        reason="", at=AT,
    )  # fmt: skip


def report(kind: ReportKind | str, **changes: Any) -> ReportPlacement:
    """What the broker says about the first placement."""
    said = ReportPlacement(session="BROKER", row=1, kind=ReportKind(kind), cl_ord_id="X")
    return replace(said, **changes)


def fill(
    exec_id: str, quantity: int | str, price: int | str = 100, **changes: Any
) -> ReportPlacement:
    return report(
        ReportKind.FILL, exec_id=exec_id, last_qty=D(quantity), last_px=D(price), **changes
    )


def bust(exec_id: str, of: str, **changes: Any) -> ReportPlacement:
    return report(ReportKind.BUST, exec_id=exec_id, exec_ref_id=of, **changes)


def correct(
    exec_id: str, of: str, quantity: int | str, price: int | str = 100, **changes: Any
) -> ReportPlacement:
    return report(
        ReportKind.CORRECT, exec_id=exec_id, exec_ref_id=of, last_qty=D(quantity),
        last_px=D(price), **changes,
    )  # fmt: skip


def stamp(actor: str = "pm") -> Stamp:
    return Stamp(at=AT, actor=actor, base="1", cl_ord_id="Y")


def price(amount: str) -> r.PricesLoaded:
    """The mark of the security."""
    mark = Price(security_id="sec", price=D(amount), as_of=TODAY)
    return r.PricesLoaded(prices=(mark,), rates=(), at=AT)


def place(quantity: int = 1000, **changes: Any) -> CreatePlacement:
    """Route a part of the order to the broker."""
    command = CreatePlacement(order_id=ORDER, destination="BROKER", quantity=D(quantity))
    return replace(command, **changes)


def released(story: Story | None = None) -> Story:
    """A story in which the desk has the order; its block and statement are made when it places."""
    story = story or Story(*world())
    return story.given(created(), checked(), RELEASED, BLOCK)


def working(**changes: Any) -> Story:
    """A story in which the broker has accepted the whole order."""
    story = released().given(STATED, placed(**changes), sent())
    return story.told(report("new", broker_order_id="B1"))


def executions(story: Story) -> dict[str, tuple[D, str]]:
    """Units and status of every execution, by ExecID."""
    return {
        e.exec_id: (e.last_qty, e.status.value) for e in _by_exec_id(story.book.executions.values())
    }


def _by_exec_id(found: Iterable[Any]) -> list[Any]:
    return sorted(found, key=lambda execution: execution.exec_id)
