"""The resources of the book and of reference data.

Rows that are loaded and not changed field by field have no counter of their own: their `version` is
the journal position of the last change, as `seq` is.
"""

from __future__ import annotations

import msgspec

from tradeoms.domain.reference.state import (
    ApiKey,
    CashBalance,
    Destination,
    Fund,
    FxRate,
    Position,
    Price,
    Security,
    User,
)
from tradeoms.kernel.numbers import from_minor, plain
from tradeoms.projections.resources_text import (
    SecurityRef,
    Stamps,
    instant,
    plain_or_none,
    security_ref,
)


class FundResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A portfolio with its own books."""

    id: str
    version: int
    seq: int
    code: str
    name: str
    currency: str
    regimes: tuple[str, ...]
    groups: tuple[str, ...]
    family: str
    account: str
    manager: str
    approval_above: str | None
    nav_time: str | None
    active: bool
    nav: str | None
    debt: str | None
    other_liabilities: str | None
    borrowings: str
    personal: bool
    authorised_on: str | None
    may_cross: bool
    created_at: str
    updated_at: str


class IdentifierResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One name of a security."""

    scheme: str
    value: str


class SecurityResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something that can be traded."""

    id: str
    version: int
    seq: int
    symbol: str
    mic: str
    name: str
    currency: str
    identifiers: tuple[IdentifierResource, ...]
    asset_type: str
    lot: str
    tick: str
    factor: str
    issuer: str
    ultimate_parent: str
    sector: str
    industry: str
    country: str
    shares_outstanding: str | None
    adv: str | None
    attributes: dict[str, str]
    active: bool
    created_at: str
    updated_at: str


class PriceResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A mark in the security's price currency."""

    id: str
    version: int
    seq: int
    security_id: str
    price: str
    as_of: str
    created_at: str
    updated_at: str


class RateResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`rate` units of `to` for one of `base`."""

    id: str
    version: int
    seq: int
    base: str
    to: str
    rate: str
    as_of: str


class DestinationResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where orders can be routed; the name of its FIX session."""

    id: str
    version: int
    seq: int
    name: str
    kind: str
    title: str
    lei: str
    enabled: bool
    instruct_when_booked: bool
    instruction_wait_min: int
    created_at: str
    updated_at: str


class PositionResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Units of a security that a fund holds, and what was paid for them less what was received."""

    id: str
    version: int
    seq: int
    fund: str
    security: SecurityRef
    quantity: str
    cost: str
    currency: str
    created_at: str
    updated_at: str


class CashResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Cash of a fund in one currency, on trade date."""

    id: str
    version: int
    seq: int
    fund: str
    currency: str
    amount: str
    created_at: str
    updated_at: str


class GrantResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A role over funds; `*` is every fund."""

    role: str
    funds: tuple[str, ...]


class UserResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A person; never a hash."""

    id: str
    version: int
    seq: int
    name: str
    grants: tuple[GrantResource, ...]
    has_password: bool
    active: bool
    created_at: str
    updated_at: str


class KeyResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An API key; never its secret or the hash of it."""

    id: str
    version: int
    seq: int
    user: str
    label: str
    revoked: bool
    created_at: str
    updated_at: str
    expires_at: str


def fund_resource(fund: Fund, *, seq: int, stamps: Stamps) -> FundResource:
    """Show a fund."""
    return FundResource(
        id=fund.code,
        version=seq,
        seq=seq,
        code=fund.code,
        name=fund.name,
        currency=fund.currency,
        regimes=fund.regimes,
        groups=fund.groups,
        family=fund.family,
        account=fund.account,
        manager=fund.manager,
        approval_above=plain_or_none(fund.approval_above),
        nav_time=fund.nav_time or None,
        active=fund.active,
        nav=plain_or_none(fund.nav),
        debt=plain_or_none(fund.debt),
        other_liabilities=plain_or_none(fund.other_liabilities),
        borrowings=plain(fund.borrowings),
        personal=fund.personal,
        authorised_on=fund.authorised_on.isoformat() if fund.authorised_on else None,
        may_cross=fund.may_cross,
        created_at=stamps.created_at,
        updated_at=stamps.updated_at,
    )


def security_resource(security: Security, *, seq: int, stamps: Stamps) -> SecurityResource:
    """Show a security."""
    return SecurityResource(
        id=security.id,
        version=seq,
        seq=seq,
        symbol=security.symbol,
        mic=security.mic,
        name=security.name,
        currency=security.currency,
        identifiers=tuple(
            IdentifierResource(scheme=scheme, value=value) for scheme, value in security.identifiers
        ),
        asset_type=security.asset_type,
        lot=plain(security.lot),
        tick=plain(security.tick),
        factor=plain(security.factor),
        issuer=security.issuer,
        ultimate_parent=security.ultimate_parent,
        sector=security.sector,
        industry=security.industry,
        country=security.country,
        shares_outstanding=plain_or_none(security.shares_outstanding),
        adv=plain_or_none(security.adv),
        attributes=dict(security.attributes),
        active=security.active,
        created_at=stamps.created_at,
        updated_at=stamps.updated_at,
    )


def price_resource(price: Price, *, seq: int, stamps: Stamps) -> PriceResource:
    """Show a mark."""
    return PriceResource(
        id=price.security_id,
        version=seq,
        seq=seq,
        security_id=price.security_id,
        price=plain(price.price),
        as_of=price.as_of.isoformat(),
        created_at=stamps.created_at,
        updated_at=stamps.updated_at,
    )


def rate_resource(rate: FxRate, *, seq: int) -> RateResource:
    """Show an exchange rate."""
    return RateResource(
        id=f"{rate.base}{rate.to}",
        version=seq,
        seq=seq,
        base=rate.base,
        to=rate.to,
        rate=plain(rate.rate),
        as_of=rate.as_of.isoformat(),
    )


def destination_resource(
    destination: Destination, *, seq: int, stamps: Stamps
) -> DestinationResource:
    """Show a destination."""
    return DestinationResource(
        id=destination.name,
        version=seq,
        seq=seq,
        name=destination.name,
        kind=destination.kind,
        title=destination.title,
        lei=destination.lei,
        enabled=destination.enabled,
        instruct_when_booked=destination.instruct_when_booked,
        instruction_wait_min=destination.instruction_wait_min,
        created_at=stamps.created_at,
        updated_at=stamps.updated_at,
    )


def position_resource(
    position: Position, *, seq: int, stamps: Stamps, security: Security | None = None
) -> PositionResource:
    """Show a position."""
    return PositionResource(
        id=f"{position.fund}:{position.security_id}",
        version=seq,
        seq=seq,
        fund=position.fund,
        security=security_ref(security, position.security_id),
        quantity=plain(position.quantity),
        cost=plain(from_minor(position.cost_minor, position.currency)),
        currency=position.currency,
        created_at=stamps.created_at,
        updated_at=stamps.updated_at,
    )


def cash_resource(balance: CashBalance, *, seq: int, stamps: Stamps) -> CashResource:
    """Show a balance."""
    return CashResource(
        id=f"{balance.fund}:{balance.currency}",
        version=seq,
        seq=seq,
        fund=balance.fund,
        currency=balance.currency,
        amount=plain(from_minor(balance.minor, balance.currency)),
        created_at=stamps.created_at,
        updated_at=stamps.updated_at,
    )


def user_resource(user: User, *, seq: int, stamps: Stamps) -> UserResource:
    """Show a person."""
    return UserResource(
        id=user.id,
        version=seq,
        seq=seq,
        name=user.name,
        grants=tuple(
            GrantResource(role=grant.role.value, funds=grant.funds) for grant in user.grants
        ),
        has_password=bool(user.password_hash),
        active=user.active,
        created_at=stamps.created_at,
        updated_at=stamps.updated_at,
    )


def key_resource(key: ApiKey, *, seq: int, stamps: Stamps) -> KeyResource:
    """Show an API key."""
    return KeyResource(
        id=key.id,
        version=seq,
        seq=seq,
        user=key.user,
        label=key.label,
        revoked=key.revoked,
        created_at=instant(key.created_at),
        updated_at=stamps.updated_at,
        expires_at=instant(key.expires_at),
    )
