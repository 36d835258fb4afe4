"""A follower of the journal: the same fold as the engine's, for what-if checks and reports.

It never writes. It starts from the read models, reads the journal behind them and is at most one
commit behind when asked after `refresh`.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
import structlog

from tradeoms.app.identity import Clock
from tradeoms.app.pretrade import Pretrade
from tradeoms.compliance.book import ComplianceBook
from tradeoms.domain.catalog import EVENTS
from tradeoms.domain.evaluation import Candidate, Evaluation, Leg
from tradeoms.domain.order.commands import CreateOrder
from tradeoms.journal.codec import Codec
from tradeoms.journal.store import Reader, read_head
from tradeoms.projections.book import Book
from tradeoms.projections.fold import apply
from tradeoms.projections.load import load_live

log = structlog.get_logger(__name__)


class Replica:
    """The book and compliance as of the newest commit read. Safe for several threads."""

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        """Follow the journal that ``engine`` (best read-only) reads; nothing is read yet."""
        self._engine = engine
        self._clock = clock
        self._reader = Reader(engine)
        self._codec = Codec(EVENTS)
        self._lock = threading.Lock()
        self._pretrade: Pretrade | None = None
        self.seq = 0

    def refresh(self) -> Pretrade:
        """Read what was committed since the last time."""
        with self._lock:
            return self._refresh()

    def check(self, orders: Sequence[CreateOrder], *, mode: str = "each") -> list[Evaluation]:
        """Test orders that nobody has entered; nothing is kept.

        Args:
            orders: What might be entered; identifiers must resolve.
            mode: `each` on its own, or `worst`: each sees the ones before it as open orders.

        Raises:
            LookupError: If an order names a security or fund that does not exist.
        """
        with self._lock:
            pretrade = self._refresh()
            now = self._clock.now()
            candidates = [_candidate(pretrade.book, n, o) for n, o in enumerate(orders)]
            if mode == "each":
                return [pretrade.check_candidate(c, now=now) for c in candidates]
            return self._check_together(pretrade, candidates, now)

    def _check_together(
        self, pretrade: Pretrade, candidates: list[Candidate], now: datetime
    ) -> list[Evaluation]:
        """Check one behind the other, then take the reservations back."""
        try:
            return pretrade.compliance.check_batch(candidates, today=pretrade.today(now), now=now)
        finally:
            for candidate in candidates:
                pretrade.compliance.release(candidate.order_id)

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
        book.forget_retired()
        book.touched.clear()
        book.extra.clear()

    def _start(self) -> Pretrade:
        """Read the book and the journal's head in one snapshot of the database."""
        with self._engine.connect() as link:
            if link.dialect.name == "postgresql":
                link.execution_options(isolation_level="REPEATABLE READ")
            self.seq = read_head(link).seq
            book = load_live(link)
        pretrade = Pretrade(book=book, compliance=ComplianceBook())
        pretrade.load()
        return pretrade


def _candidate(book: Book, number: int, order: CreateOrder) -> Candidate:
    """The order as compliance wants it, under an id that no real order has."""
    security_id = (
        order.security
        if order.scheme == "id"
        else book.identifiers.get((order.scheme, order.security), "")
    )
    if security_id not in book.securities:
        message = f"no security has the {order.scheme} {order.security}"
        raise LookupError(message)
    return Candidate(
        order_id=f"what-if-{number}",
        security_id=security_id,
        side=order.side,
        legs=tuple(Leg(fund_id=leg.fund, quantity=leg.quantity) for leg in order.legs),
        order_type=order.order_type.value,
        limit_price=order.limit_price,
    )
