"""The messages that limits of rate and repetition count: what was submitted, and when."""

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

    def forget(self) -> None:
        """Forget all of them."""
        self._sent.clear()
