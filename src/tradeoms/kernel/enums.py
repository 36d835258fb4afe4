"""Closed vocabularies of the trade, each carrying its FIX wire code where FIX has one.

Names are the lower snake words of the REST contract; `fix` is the code on the wire
(FIX 4.4 Volume 6). Codes are never reused and members never renamed: they stand in the journal.
"""

from __future__ import annotations

from enum import StrEnum, unique
from typing import Self


class WireEnum(StrEnum):
    """A string enum whose members also know their FIX code."""

    fix: str

    def __new__(cls, value: str, fix: str = "") -> Self:
        """Build the member from its word and its FIX code."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.fix = fix
        return member


@unique
class Side(WireEnum):
    """Side of an order, FIX tag 54."""

    BUY = ("buy", "1")
    SELL = ("sell", "2")
    SELL_SHORT = ("sell_short", "5")
    BUY_TO_COVER = (
        "buy_to_cover",
        "1",
    )  # FIX has no code of its own: covering is a buy on the wire

    @property
    def sign(self) -> int:
        """+1 where an execution adds to the position, -1 where it takes from it."""
        return 1 if self in (Side.BUY, Side.BUY_TO_COVER) else -1


@unique
class OrderType(WireEnum):
    """Order type, FIX tag 40. The `at close` and `at open` types are 40 plus TimeInForce."""

    MARKET = ("market", "1")
    LIMIT = ("limit", "2")
    STOP = ("stop", "3")
    STOP_LIMIT = ("stop_limit", "4")
    MARKET_ON_CLOSE = ("market_on_close", "1")
    LIMIT_ON_CLOSE = ("limit_on_close", "2")
    MARKET_ON_OPEN = ("market_on_open", "1")
    LIMIT_ON_OPEN = ("limit_on_open", "2")
    PEGGED = ("pegged", "P")

    @property
    def needs_limit(self) -> bool:
        """True where a limit price (44) is required; pegged may have one, others must not."""
        return self in _NEEDS_LIMIT

    @property
    def may_have_limit(self) -> bool:
        """True where a limit price is required or may be given."""
        return self.needs_limit or self is OrderType.PEGGED

    @property
    def needs_stop(self) -> bool:
        """True where a stop price (99) is required; elsewhere it is forbidden."""
        return self in (OrderType.STOP, OrderType.STOP_LIMIT)


_NEEDS_LIMIT = frozenset(
    {OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.LIMIT_ON_CLOSE, OrderType.LIMIT_ON_OPEN}
)


@unique
class TimeInForce(WireEnum):
    """How long an order lives, FIX tag 59."""

    DAY = ("day", "0")
    GTC = ("gtc", "1")
    AT_THE_OPENING = ("at_the_opening", "2")
    IOC = ("ioc", "3")
    FOK = ("fok", "4")
    GTD = ("gtd", "6")
    AT_THE_CLOSE = ("at_the_close", "7")


@unique
class OrdStatus(WireEnum):
    """Status of a placement, FIX tag 39; `unsent` and `unknown` are ours, without a code."""

    UNSENT = ("unsent", "")
    UNKNOWN = ("unknown", "")
    NEW = ("new", "0")
    PARTIALLY_FILLED = ("partially_filled", "1")
    FILLED = ("filled", "2")
    DONE_FOR_DAY = ("done_for_day", "3")
    CANCELED = ("canceled", "4")
    PENDING_CANCEL = ("pending_cancel", "6")
    STOPPED = ("stopped", "7")
    REJECTED = ("rejected", "8")
    SUSPENDED = ("suspended", "9")
    PENDING_NEW = ("pending_new", "A")
    CALCULATED = ("calculated", "B")
    EXPIRED = ("expired", "C")
    PENDING_REPLACE = ("pending_replace", "E")


#: FIX 4.4 Volume 4, "Order state precedence": the highest that holds is reported.
#: `unknown` outranks all that we merely assume; a fact from the broker then lifts it.
ORD_STATUS_PRECEDENCE: dict[OrdStatus, int] = {
    OrdStatus.PENDING_CANCEL: 11,
    OrdStatus.PENDING_REPLACE: 10,
    OrdStatus.DONE_FOR_DAY: 9,
    OrdStatus.CALCULATED: 8,
    OrdStatus.FILLED: 7,
    OrdStatus.STOPPED: 6,
    OrdStatus.SUSPENDED: 5,
    OrdStatus.CANCELED: 4,
    OrdStatus.EXPIRED: 4,
    OrdStatus.PARTIALLY_FILLED: 3,
    OrdStatus.UNKNOWN: 3,
    OrdStatus.NEW: 2,
    OrdStatus.REJECTED: 2,
    OrdStatus.PENDING_NEW: 2,
    OrdStatus.UNSENT: 1,
}


@unique
class OrderStatus(StrEnum):
    """Status of a portfolio manager's order, derived from its facts."""

    DRAFT = "draft"
    BLOCKED = "blocked"
    HELD = "held"
    APPROVED = "approved"
    RELEASED = "released"
    WORKING = "working"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    DONE_FOR_DAY = "done_for_day"


@unique
class OrderSource(StrEnum):
    """The door by which an order came in."""

    REST = "rest"
    FILE = "file"
    FIX = "fix"


@unique
class Unexecuted(StrEnum):
    """What becomes at the close of the part of a day order that was not executed."""

    EXPIRE = "expire"
    ROLL = "roll"
    RETURN = "return"


@unique
class TriggerWhen(StrEnum):
    """On which side of its price a trigger holds."""

    AT_OR_BELOW = "at_or_below"
    AT_OR_ABOVE = "at_or_above"


@unique
class Role(StrEnum):
    """What a person may do; a grant is a role and a set of funds."""

    PORTFOLIO_MANAGER = "portfolio_manager"
    TRADER = "trader"
    COMPLIANCE_OFFICER = "compliance_officer"
    OPERATIONS = "operations"
    RISK = "risk"
    ADMIN = "admin"
    AUDITOR = "auditor"


@unique
class ExecutionStatus(StrEnum):
    """Whether an execution still counts."""

    LIVE = "live"
    BUSTED = "busted"
    CORRECTED = "corrected"
