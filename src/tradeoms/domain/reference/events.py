"""What became known about the world orders refer to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tradeoms.domain.reference.state import (
    ApiKey,
    Destination,
    Fund,
    FxRate,
    OpeningCash,
    OpeningPosition,
    Price,
    Security,
    SignIn,
    User,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FundDefined:
    """A fund is now this."""

    fund: Fund
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityDefined:
    """A security is now this."""

    security: Security
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionsLoaded:
    """A fund's book was set; executions booked later come on top."""

    fund: str
    as_of: date
    positions: tuple[OpeningPosition, ...]
    cash: tuple[OpeningCash, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PricesLoaded:
    """Marks and rates were set."""

    prices: tuple[Price, ...]
    rates: tuple[FxRate, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FundsValued:
    """What funds hold was valued; the values count until the next time.

    Attributes:
        total_assets: (fund, value of what it holds in its currency), of those whose value is
            another than before; `None` where a price or rate that counts is missing.
    """

    total_assets: tuple[tuple[str, Decimal | None], ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationDefined:
    """A destination is now this."""

    destination: Destination
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDefined:
    """A person's name, grants or password are now these."""

    user: User
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyCreated:
    """A key may be used."""

    key: ApiKey
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyRevoked:
    """A key may not be used any more."""

    key_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInOpened:
    """A person signed in."""

    sign_in: SignIn
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInRenewed:
    """A browser was used; told now and then, not for each request."""

    sign_in_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInEnded:
    """A person signed out, or was signed out."""

    sign_in_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRolled:
    """A trading day began."""

    trade_on: date
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayAttached:
    """A gateway took over a session; another `journal_id` than before means the old was lost."""

    session: str
    journal_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRefused:
    """A request was refused; nothing but this record came of it.

    Attributes:
        command: Name of the command.
        subject: Id of what it was about, or the client's own id for it.
        codes: The closed codes, in the order of the checks.
        detail: The reasons in words, with the numbers.
        body_sha256: Hash of what was asked.
        evidence: What compliance measured, where it was compliance that refused.
    """

    command: str
    subject: str
    actor: str
    codes: tuple[str, ...]
    detail: str
    body_sha256: str
    evidence: str
    at: datetime


ReferenceEvent = (
    FundDefined
    | SecurityDefined
    | PositionsLoaded
    | PricesLoaded
    | FundsValued
    | DestinationDefined
    | UserDefined
    | ApiKeyCreated
    | ApiKeyRevoked
    | SignInOpened
    | SignInRenewed
    | SignInEnded
    | DayRolled
    | GatewayAttached
    | RequestRefused
)
