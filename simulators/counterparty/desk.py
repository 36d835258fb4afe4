"""What differs between one kind of counterparty and another, behind one protocol.

Book, engine and requests are the same for a broker and an EMS; each brings a desk that says what
becomes of an order it took, which messages and control commands it knows besides the common ones,
and what it does when one of its routes ends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

if TYPE_CHECKING:  # the book has a desk, the desk is asked with the book
    from simulators.counterparty.book import Book
    from simulators.counterparty.model import Order

Pairs = list[tuple[int, str]]
Tags = dict[int, str]
Request = dict[str, Any]  # JSON
#: OrdRejReason or CxlRejReason, and the text that explains it.
Refusal = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One application message.

    Attributes:
        session: Name of the session it came on.
        pairs: Every tag and its text in the order of the message; groups are read from these.
        tags: Tag to its first text.
        repeated: PossDup, or executed ahead of a gap.
    """

    session: str
    pairs: Pairs
    tags: Tags
    repeated: bool

    @property
    def old(self) -> bool:
        """Return whether the session speaks FIX 4.2."""
        return self.session.startswith("FIX.4.2")


Handler = Callable[["Book", Message], None]
Command = Callable[["Book", Request], Request]


class Desk(Protocol):
    """How a broker or an EMS treats its orders.

    Attributes:
        order_prefix: Begins every OrderID.
        exec_prefix: Begins every ExecID.
        handlers: Message types it knows besides the common ones.
        commands: Control commands it knows besides the common ones.
    """

    order_prefix: ClassVar[str]
    exec_prefix: ClassVar[str]

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """Return its own messages."""
        ...

    @property
    def commands(self) -> Mapping[str, Command]:
        """Return its own control commands."""
        ...

    def settings(self) -> Request:
        """Return its own settings as JSON values."""
        ...

    def change(self, name: str, value: object) -> None:
        """Change one of its own settings.

        Raises:
            ValueError: If it has no such setting, or the value is out of range.
        """
        ...

    def refusal(self, message: Message, order: Order | None) -> Refusal | None:
        """Return why it refuses a new order (``order`` is None) or a replace, or None."""
        ...

    def begin(self, book: Book, order: Order, message: Message) -> None:
        """Begin with a new order that nothing is wrong with."""
        ...

    def replaced(self, book: Book, order: Order) -> None:
        """Work what is left after a replace was accepted and reported."""
        ...

    def renewed(self, book: Book, order: Order) -> None:
        """Work what is left of a multi-day order on a new morning."""
        ...

    def release(self, book: Book, order: Order, qty: str) -> None:
        """Send a quantity, empty for all, on to the brokers of the plan."""
        ...

    def route_ended(self, book: Book, route: Order, text: str) -> None:
        """Act on a route that its broker or the clock ended."""
        ...
