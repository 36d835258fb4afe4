"""What the engine must ask the database for: keys used long ago, orders let go from memory."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from tradeoms.journal.tables import idempotency, outbox, watermarks
from tradeoms.projections import load
from tradeoms.projections import tables as t
from tradeoms.projections.book import Book


@dataclass(frozen=True, slots=True)
class Answered:
    """The stored answer to a request that carried an idempotency key."""

    request_sha256: str
    answer: bytes


class Recall:
    """Reads committed rows on a connection of its own. What is not committed is in the book."""

    def __init__(self, engine: sa.Engine) -> None:
        """Read through ``engine``, best one opened read-only."""
        self._engine = engine

    def client_orders(self, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """Order ids by (client, client_order_id), of those of ``keys`` ever used."""
        if not keys:
            return {}
        pair = sa.tuple_(t.orders.c.client, t.orders.c.client_order_id)
        query = sa.select(t.orders.c.client, t.orders.c.client_order_id, t.orders.c.id)
        found: dict[tuple[str, str], str] = {}
        wanted = list(keys)
        with self._engine.connect() as link:
            for start in range(0, len(wanted), 400):
                some = wanted[start : start + 400]
                for client, client_order_id, order_id in link.execute(query.where(pair.in_(some))):
                    found[client, client_order_id] = order_id
        return found

    def answers(self, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], Answered]:
        """Stored answers by (principal, key)."""
        if not keys:
            return {}
        pair = sa.tuple_(idempotency.c.principal, idempotency.c.key)
        query = sa.select(
            idempotency.c.principal,
            idempotency.c.key,
            idempotency.c.request_sha256,
            idempotency.c.answer,
        )
        with self._engine.connect() as link:
            rows = link.execute(query.where(pair.in_(list(keys)))).all()
        return {
            (principal, key): Answered(digest, answer.encode())
            for principal, key, digest, answer in rows
        }

    def order(self, book: Book, order_id: str) -> bool:
        """Bring an order that was let go back into ``book``; false if there never was one."""
        with self._engine.connect() as link:
            return load.recall_order(link, book, order_id)

    def placement(self, book: Book, placement_id: str) -> bool:
        """Bring the order of a placement back."""
        with self._engine.connect() as link:
            order_id = load.order_of_placement(link, placement_id)
            return bool(order_id) and load.recall_order(link, book, order_id)

    def cl_ord_id(self, book: Book, cl_ord_id: str) -> bool:
        """Bring the order back that a ClOrdID was used for."""
        with self._engine.connect() as link:
            order_id = load.order_of_cl_ord_id(link, cl_ord_id)
            return bool(order_id) and load.recall_order(link, book, order_id)

    def watermarks(self) -> dict[tuple[str, int], int]:
        """The last committed row of each (session, epoch)."""
        with self._engine.connect() as link:
            return {(session, epoch): row for session, epoch, row in link.execute(
                sa.select(watermarks)
            )}  # fmt: skip

    def outbox_after(self, session: str, number: int) -> list[bytes]:
        """The instructions of a session behind ``number``, in order."""
        query = (
            sa.select(outbox.c.body)
            .where(outbox.c.session == session, outbox.c.seq > number)
            .order_by(outbox.c.seq)
        )
        with self._engine.connect() as link:
            return [body.encode() for (body,) in link.execute(query)]

    def outbox_head(self) -> int:
        """Number of the newest instruction; 0 where there is none."""
        with self._engine.connect() as link:
            return link.scalar(sa.select(sa.func.max(outbox.c.seq))) or 0
