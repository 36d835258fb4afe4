"""The messages that limits of rate and repetition count: what was submitted or sent, and when.

Repetition asks about submitted orders alone. The rate counts with them what is made of them later:
amendments, placements, replaces and cancels, each a message of its own about no fund or security.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from tradeoms.compliance.facts import Facts, Sent
from tradeoms.compliance.policy import Rule
from tradeoms.compliance.schema.orders import OrderRule
from tradeoms.domain.evaluation import Candidate
from tradeoms.kernel.enums import Side


class Messages:
    """Keeps the messages of a book's facts for as long as a rule in force looks back."""

    def __init__(self, facts: Facts) -> None:
        """Keep them in ``facts``."""
        self._sent: Final = facts.sent
        self.memory = timedelta(0)

    def look_back(self, rules: Sequence[Rule]) -> None:
        """Remember as long as the longest window of ``rules``."""
        windows = [
            max(rule.per_seconds or 0, rule.duplicate_seconds or 0)
            for rule in rules
            if isinstance(rule, OrderRule)
        ]
        self.memory = timedelta(seconds=max(windows, default=0))

    def note(  # a message is all of this
        self,
        *,
        fund_id: str,
        security_id: str,
        side: Side,
        quantity: Decimal,
        at: datetime,
        order_id: str = "",
    ) -> None:
        """Remember one leg of a message.

        Messages come in the order of their time. Legs of one order are one message.
        """
        while self._sent and self._sent[0].at < at - self.memory:
            self._sent.popleft()
        self._sent.append(
            Sent(
                order_id=order_id,
                fund_id=fund_id,
                security_id=security_id,
                side=side,
                quantity=quantity,
                at=at,
            )
        )

    def note_order(self, order: Candidate, at: datetime) -> None:
        """Remember that an order was submitted, where a rule in force looks back."""
        for leg in order.legs if self.memory else ():
            self.note(
                order_id=order.order_id,
                fund_id=leg.fund_id,
                security_id=order.security_id,
                side=order.side,
                quantity=leg.quantity,
                at=at,
            )

    @contextlib.contextmanager
    def submitting(self, orders: Sequence[Candidate], now: datetime) -> Iterator[None]:
        """Let orders that are checked together see each other as messages, in their order."""
        legs = sum(len(order.legs) for order in orders) if self.memory else 0
        for order in orders:
            self.note_order(order, now)
        try:
            yield
        finally:
            for _ in range(legs):
                self._sent.pop()

    def note_other(self, at: datetime, *, placement_id: str = "") -> None:
        """Remember a message about an order that is in already, where a rule in force looks back.

        A new placement is known by its id, any other message by nothing but its time.
        """
        if self.memory:
            self.note(
                order_id=placement_id,
                fund_id="",
                security_id="",
                side=Side.BUY,
                quantity=Decimal(0),
                at=at,
            )

    def forget(self) -> list[datetime]:
        """Forget all of them; return when those came that nothing else remembers, oldest first."""
        nameless = [one.at for one in self._sent if not one.order_id]
        self._sent.clear()
        return nameless
