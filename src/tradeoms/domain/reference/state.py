"""Reference data as facts: the newest load of each wins, history is in the journal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from tradeoms.kernel.enums import Role
from tradeoms.kernel.numbers import ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Fund:
    """A portfolio with its own books.

    Attributes:
        code: Short name, the fund's id everywhere (`GROWTH`).
        currency: Base currency, ISO 4217.
        regimes: Regimes it is under (`UCITS-IE`), for rule scopes.
        groups: Groups of funds it belongs to, for rule scopes and levels.
        account: Account at brokers (FIX 1).
        approval_above: Orders worth more, in base currency, need a second person; `None` never.
        nav_time: Time of day (`HH:MM`, UTC) at which it is tested; empty for the node's own.
        nav: Net asset value as struck by the accountant, base currency; `None`: from the books.
        debt: Senior debt, base currency; `None` is not known.
        other_liabilities: Liabilities beside it, base currency; `None` is not known.
        borrowings: Borrowings for investment, base currency.
        personal: True for the account of a person of the house rather than a client's fund.
        authorised_on: Day of authorisation, for start-up grace periods.
        may_cross: False where it may not trade with other funds of the house (as a plan under ERISA
            section 406(b)(2)).
    """

    code: str
    name: str
    currency: str
    regimes: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    family: str = ""
    account: str = ""
    manager: str = ""
    approval_above: Decimal | None = None
    active: bool = True
    nav_time: str = ""
    nav: Decimal | None = None
    debt: Decimal | None = None
    other_liabilities: Decimal | None = None
    borrowings: Decimal = ZERO
    personal: bool = False
    authorised_on: date | None = None
    may_cross: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """Something that can be traded.

    Attributes:
        id: Our own, stable through changes of symbol.
        symbol: Ticker without market (FIX 55 by default).
        mic: Market, ISO 10383.
        identifiers: (scheme, value): ticker_mic, isin, cusip, sedol, figi, bloomberg, ric.
        lot: Smallest step of quantity. `tick`: smallest step of price.
        factor: Money for one unit at price 1 (0.01 for pence).
        adv: Average daily volume in units. `shares_outstanding`: units in issue.
        attributes: Free (name, value) pairs that rules may select by.
    """

    id: str
    symbol: str
    mic: str
    name: str
    currency: str
    identifiers: tuple[tuple[str, str], ...]
    asset_type: str = "equity"
    lot: Decimal = Decimal(1)
    tick: Decimal = Decimal("0.01")
    factor: Decimal = Decimal(1)
    issuer: str = ""
    ultimate_parent: str = ""
    sector: str = ""
    industry: str = ""
    country: str = ""
    shares_outstanding: Decimal | None = None
    adv: Decimal | None = None
    attributes: tuple[tuple[str, str], ...] = ()
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """A mark in the security's price currency and when it was true."""

    security_id: str
    price: Decimal
    as_of: date


@dataclass(frozen=True, slots=True, kw_only=True)
class FxRate:
    """`rate` units of `to` for one of `base`."""

    base: str
    to: str
    rate: Decimal
    as_of: date


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningPosition:
    """Units of a security (negative is short), and what they cost in minor units."""

    security_id: str
    quantity: Decimal
    cost_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningCash:
    """Cash of a fund in one currency, minor units."""

    currency: str
    minor: int


#: How long an answer to an allocation instruction may take, in minutes, where a file does not say,
#: and the longest wait.
INSTRUCTION_WAIT_MIN: Final = 30
INSTRUCTION_WAIT_MAX: Final = 10_080


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where orders can be routed: a broker or an EMS behind a FIX session of the same name.

    Attributes:
        instruct_when_booked: True where it is told the split of a day (FIX J) in the commit that
            books it; else people tell it.
        instruction_wait_min: Minutes in which it says yes or no to such a split; 0 where it never
            does.
    """

    name: str
    kind: str = "broker"
    title: str = ""
    lei: str = ""
    enabled: bool = True
    instruct_when_booked: bool = False
    instruction_wait_min: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A role over funds; `*` is every fund."""

    role: Role
    funds: tuple[str, ...] = ("*",)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A natural person who may sign in.

    Attributes:
        id: Log-in name, the actor of what the person does.
        password_hash: Argon2id in PHC form; empty where only keys are used.
    """

    id: str
    name: str
    grants: tuple[Grant, ...]
    password_hash: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A program's key; it acts as its owner. Only the hash of the secret is kept."""

    id: str
    user: str
    label: str
    secret_sha256: str
    created_at: datetime
    expires_at: datetime
    revoked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """A person's browser session. Only the hash of its token is kept."""

    id: str
    user: str
    token_sha256: str
    created_at: datetime
    expires_at: datetime
    ended: bool = False
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Units of a security that a fund holds; cost in minor units of the price currency."""

    fund: str
    security_id: str
    quantity: Decimal = ZERO
    cost_minor: int = 0
    currency: str = ""
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CashBalance:
    """Cash of a fund in one currency, minor units, on trade date."""

    fund: str
    currency: str
    minor: int = 0
    updated_at: datetime | None = None
