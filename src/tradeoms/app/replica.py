"""A follower of the journal: the same fold as the engine's, for what-if checks and reports.

It never writes. It starts from the read models, reads the journal behind them and is at most one
commit behind when asked after `refresh`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TypeVar

import sqlalchemy as sa
import structlog

from tradeoms.app.collector import keep_loaded
from tradeoms.app.fund_states import PlanRefused
from tradeoms.app.identity import Clock
from tradeoms.app.pretrade import Pretrade
from tradeoms.app.proposing import propose
from tradeoms.app.sizing import note_ahead, size_new
from tradeoms.compliance.book import ComplianceBook
from tradeoms.compliance.prepared import open_order
from tradeoms.domain.catalog import EVENTS
from tradeoms.domain.evaluation import BasketEvaluation, Candidate, Evaluation, Leg, OpenOrder
from tradeoms.domain.model.state import approved
from tradeoms.domain.order.commands import CreateOrder
from tradeoms.domain.order.sizing import Sized
from tradeoms.domain.proposal.commands import MakeProposal
from tradeoms.domain.proposal.plan_checks import PlanRejection, refuse
from tradeoms.domain.proposal.terms import Plan
from tradeoms.domain.reference.state import Security
from tradeoms.journal.codec import Codec
from tradeoms.journal.store import Reader, read_head
from tradeoms.kernel.decider import Rejected
from tradeoms.kernel.enums import Side
from tradeoms.kernel.numbers import ZERO
from tradeoms.projections.book import Book
from tradeoms.projections.fold import apply
from tradeoms.projections.load import load_live
from tradeoms.projections.queries_trades import traded_lately

T = TypeVar("T")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Headroom:
    """What a fund may still trade of a security on one side; the evaluation is of one lot.

    `held` is the settled position, signed; `evaluation.max_quantity` the room, None: unlimited.
    """

    security: Security
    side: Side
    held: Decimal
    evaluation: Evaluation


class SizeRefused(Exception):
    """The size of order ``number`` of a question cannot be turned into quantities."""

    def __init__(self, number: int, rejected: Rejected) -> None:
        """Keep what the refusal says."""
        super().__init__(rejected.refusals[0].detail)
        self.number = number
        self.rejected = rejected


class Replica:
    """The book and compliance as of the newest commit read. Safe for several threads."""

    def __init__(self, engine: sa.Engine, clock: Clock, *, price_max_age: int = 0) -> None:
        """Follow the journal that ``engine`` (best read-only) reads; nothing is read yet.

        Prices older than ``price_max_age`` trading days count as missing, as in the engine.
        """
        self._engine = engine
        self._clock = clock
        self._price_max_age = price_max_age
        self._reader = Reader(engine)
        self._codec = Codec(EVENTS)
        self._lock = threading.Lock()
        self._pretrade: Pretrade | None = None
        self.seq = 0

    def refresh(self) -> Pretrade:
        """Read what was committed since the last time."""
        with self._lock:
            return self._refresh()

    def size(
        self, orders: Sequence[CreateOrder], *, together: bool
    ) -> list[tuple[CreateOrder, Sized | None]]:
        """Turn sizes into quantities, as the engine would now; orders without one stay.

        Args:
            orders: What might be entered.
            together: Each counts those before it, as in a batch; else each is sized alone.

        Raises:
            SizeRefused: If the size of one cannot be resolved.
            LookupError: If one names a security that does not exist.
        """
        with self._lock:
            pretrade, ahead = self._refresh(), dict[tuple[str, str], list[OpenOrder]]()
            sized = []
            for number, order in enumerate(orders):
                book = pretrade.book
                security = book.securities[_security(book, order.scheme, order.security)]
                found = size_new(pretrade, order, security, ahead)
                if isinstance(found, Rejected):
                    raise SizeRefused(number, found)
                sized.append(found)
                if together:
                    note_ahead(ahead, open_order(_candidate(book, number, found[0])))
            return sized

    def check(self, orders: Sequence[CreateOrder]) -> list[Evaluation]:
        """Test orders that nobody has entered, each as if it were the only one.

        Raises:
            LookupError: If an order names a security or fund that does not exist.
        """
        with self._lock:
            pretrade, now = self._refresh(), self._clock.now()
            candidates = [_candidate(pretrade.book, n, o) for n, o in enumerate(orders)]
            return pretrade.compliance.check_each(candidates, today=pretrade.today(now), now=now)

    def check_basket(
        self, orders: Sequence[CreateOrder], *, mode: str
    ) -> tuple[list[Evaluation], BasketEvaluation]:
        """Test orders that nobody has entered, each alone and all together.

        Args:
            orders: What might be entered; identifiers must resolve. Order n is `what-if-n`.
            mode: `net`, all of them fill, or `worst`, any of them may fill without the others.

        Raises:
            LookupError: If an order names a security or fund that does not exist.
        """
        with self._lock:
            pretrade, now = self._refresh(), self._clock.now()
            candidates = [_candidate(pretrade.book, n, o) for n, o in enumerate(orders)]
            today, compliance = pretrade.today(now), pretrade.compliance
            for candidate in candidates:
                if any(leg.fund_id not in compliance.facts.funds for leg in candidate.legs):
                    message = f"{candidate.order_id} names a fund that does not exist"
                    raise LookupError(message)
            alone = compliance.check_each(candidates, today=today, now=now)
            return alone, compliance.check_basket(candidates, mode=mode, today=today, now=now)

    def propose(self, plan: Plan, spared: Sequence[tuple[str, str]]) -> MakeProposal:
        """Compute a rebalance; its day, version of the model and securities are set here.

        Args:
            plan: As asked.
            spared: (scheme, value) of each security that is not traded.

        Raises:
            PlanRefused: If the plan is wrong, or a figure that it needs is not known.
            LookupError: If a security does not exist.
        """
        with self._lock:
            pretrade, now = self._refresh(), self._clock.now()
            model = approved(pretrade.book.models, plan.model) if plan.model else None
            if plan.model and model is None:
                code = PlanRejection.PLAN_MODEL_UNKNOWN
                detail = "no version of this model is approved"
                raise PlanRefused([refuse(code, detail, "model", plan.model)])
            version = model.version if model else 0
            dated = replace(
                plan,
                trade_on=pretrade.today(now),
                model_version=version,
                do_not_trade=tuple(_security(pretrade.book, *one) for one in spared),
            )
            return propose(pretrade, dated, model, now=now)

    def ask(self, question: Callable[[Pretrade, date], T]) -> T:
        """Answer a question about the state of the newest commit; it must change nothing."""
        with self._lock:
            pretrade = self._refresh()
            return question(pretrade, pretrade.today(self._clock.now()))

    def headroom(
        self, fund: str, securities: Sequence[tuple[str, str]], sides: Sequence[Side]
    ) -> list[Headroom]:
        """How much of each security a fund may still trade, by side.

        Args:
            fund: Code of the fund.
            securities: (scheme, value) of each; none means all that the fund holds.
            sides: Which sides to ask about.

        Raises:
            LookupError: If the fund or a security does not exist.
        """
        with self._lock:
            pretrade, now = self._refresh(), self._clock.now()
            book = pretrade.book
            if fund not in book.funds:
                message = f"no fund {fund}"
                raise LookupError(message)
            held = {
                security_id: position.quantity
                for (owner, security_id), position in book.positions.items()
                if owner == fund and position.quantity
            }
            wanted = [_security(book, *one) for one in securities] or sorted(held)
            asked = [(one, side) for one in dict.fromkeys(wanted) for side in sides]
            candidates = [
                Candidate(
                    order_id=f"headroom-{number}",
                    security_id=security_id,
                    side=side,
                    legs=(Leg(fund_id=fund, quantity=book.securities[security_id].lot),),
                )
                for number, (security_id, side) in enumerate(asked)
            ]
            found = pretrade.compliance.check_each(candidates, today=pretrade.today(now), now=now)
            return [
                Headroom(
                    security=book.securities[security_id],
                    side=side,
                    held=held.get(security_id, ZERO),
                    evaluation=evaluation,
                )
                for (security_id, side), evaluation in zip(asked, found, strict=True)
            ]

    def _refresh(self) -> Pretrade:
        """Follow the journal; where it speaks of an order that memory let go, start anew."""
        if self._pretrade is None:
            self._pretrade = self._start()
        try:
            self._follow(self._pretrade)
        except (KeyError, ValueError, AssertionError) as error:
            log.info("replica_starts_anew", seq=self.seq, reason=repr(error))
            self._pretrade = self._start()
        return self._pretrade

    def _follow(self, pretrade: Pretrade) -> None:
        book = pretrade.book
        touched: set[str] = set()
        for row in self._reader.read(after=self.seq):
            event = self._codec.decode(row.body).event
            apply(book, event, row.seq)
            pretrade.follow(event)
            touched.add(getattr(event, "order_id", ""))
            self.seq = row.seq
        for order_id in touched & book.orders.keys():
            pretrade.reserve(book.orders[order_id])
        for order_id in book.retired:
            pretrade.compliance.release(order_id)
        pretrade.committed()
        book.forget_retired()
        book.touched.clear()
        book.extra.clear()

    def _start(self) -> Pretrade:
        """Read the book and the journal's head in one snapshot of the database."""
        with self._engine.connect() as link:
            if link.dialect.name == "postgresql":
                link.execution_options(isolation_level="REPEATABLE READ")
            self.seq = read_head(link).seq
            pretrade = Pretrade(
                book=load_live(link),
                compliance=ComplianceBook(),
                history=lambda days: traded_lately(link, days),
                price_max_age=self._price_max_age,
            )
            pretrade.load()
        keep_loaded()
        pretrade.history = None
        return pretrade


def _candidate(book: Book, number: int, order: CreateOrder) -> Candidate:
    """The order as compliance wants it, under an id that no real order has."""
    return Candidate(
        order_id=f"what-if-{number}",
        security_id=_security(book, order.scheme, order.security),
        side=order.side,
        legs=tuple(Leg(fund_id=leg.fund, quantity=leg.quantity) for leg in order.legs),
        order_type=order.order_type.value,
        limit_price=order.limit_price,
        venue=order.venue,
        cross_with=order.cross_with or None,
    )


def _security(book: Book, scheme: str, value: str) -> str:
    found = value if scheme == "id" else book.identifiers.get((scheme, value), "")
    if found not in book.securities:
        message = f"no security has the {scheme} {value}"
        raise LookupError(message)
    return found
