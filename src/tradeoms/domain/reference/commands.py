"""Requests that load reference data, and those about people and keys. A load is all or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from tradeoms.domain.reference.state import (
    Destination,
    Fund,
    FxRate,
    Grant,
    OpeningCash,
    OpeningPosition,
    Price,
    Security,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadFunds:
    """Define or change funds, by code."""

    funds: tuple[Fund, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSecurities:
    """Define or change securities; an empty `id` means the known one of the same ticker_mic."""

    securities: tuple[Security, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FundBook:
    """All that one fund holds, replacing what it held."""

    fund: str
    positions: tuple[OpeningPosition, ...]
    cash: tuple[OpeningCash, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPositions:
    """Set the books of funds as of a day, from the custodian or accountant."""

    as_of: date
    books: tuple[FundBook, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPrices:
    """Set marks and exchange rates."""

    prices: tuple[Price, ...]
    rates: tuple[FxRate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadDestinations:
    """Define or change destinations, by name."""

    destinations: tuple[Destination, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRow:
    """A person as loaded; `password_hash` empty keeps the one there is."""

    id: str
    name: str
    grants: tuple[Grant, ...]
    password_hash: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadUsers:
    """Define or change people, by log-in name."""

    users: tuple[UserRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateApiKey:
    """Make a key for a person's programs; the caller keeps the secret, we its hash."""

    key_id: str
    user: str
    label: str
    secret_sha256: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeApiKey:
    """Make a key useless from now on."""

    key_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSignIn:
    """A person proved who he is; the door asks to remember the browser by its token's hash."""

    user: str
    token_sha256: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewSignIn:
    """Put on record that a browser is used; only by its own person."""

    sign_in_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSignIn:
    """Forget the browser."""

    sign_in_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RollDay:
    """Begin a trading day: what was good for the old one only and is not at a broker expires."""

    trade_on: date
