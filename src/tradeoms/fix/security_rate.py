"""How many new orders of a session may go out in one security: a control against runaway programs.

What is beyond is given back, not kept: an order that somebody still wants is placed again by a
person (RTS 6, Article 15; 17 CFR 240.15c3-5).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable

from tradeoms.app.instruction import Instruction, InstructionKind
from tradeoms.fix.controls import Controls
from tradeoms.fix.requests import Request


class SecurityRate:
    """Counts new orders by security in a sliding time; each ClOrdID once."""

    def __init__(self, controls: Controls, sent: Iterable[Request]) -> None:
        """Start with the orders that went out before, oldest first."""
        self._most = controls.orders_of_security
        self._within_s = controls.orders_of_security_within_s
        self._seen: deque[tuple[int, str, str]] = deque()
        self._count: Counter[str] = Counter()
        self._ids: set[str] = set()
        for request in sent:
            self.count(request.instruction, request.sent_us)

    def refuses(self, instruction: Instruction, at_us: int) -> str:
        """Why a new order is one too many at ``at_us``; empty if it is not."""
        security = _security(instruction)
        is_new = instruction.kind is InstructionKind.NEW and instruction.cl_ord_id not in self._ids
        self._forget(at_us)
        if not self._most or not is_new or self._count[security] < self._most:
            return ""
        return f"{self._most} new orders in {security} within {self._within_s} s went before"

    def count(self, instruction: Instruction, at_us: int) -> None:
        """Count an order that goes out; all else is passed over."""
        known = instruction.cl_ord_id in self._ids
        if self._most and instruction.kind is InstructionKind.NEW and not known:
            security = _security(instruction)
            self._seen.append((at_us, security, instruction.cl_ord_id))
            self._count[security] += 1
            self._ids.add(instruction.cl_ord_id)

    def _forget(self, at_us: int) -> None:
        """Let go of what is older than the time."""
        while self._seen and at_us - self._seen[0][0] >= self._within_s * 1_000_000:
            _, security, cl_ord_id = self._seen.popleft()
            self._ids.discard(cl_ord_id)
            self._count[security] -= 1
            if not self._count[security]:
                del self._count[security]


def _security(instruction: Instruction) -> str:
    """What its security is called in words; one without an id of ours is told by its symbol."""
    return instruction.security_id or instruction.symbol
