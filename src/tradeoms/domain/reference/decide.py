"""Decides loads and requests about people. Every bad row is told; one bad row refuses the load."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from enum import StrEnum, unique
from typing import Final

from tradeoms.domain.evaluation import SECURITY_FIELDS
from tradeoms.domain.reference import commands as c
from tradeoms.domain.reference import events as e
from tradeoms.domain.reference.contracts import unreadable_terms
from tradeoms.domain.reference.settlement import unreadable_settlement
from tradeoms.domain.reference.state import (
    INSTRUCTION_WAIT_MAX,
    ApiKey,
    Fund,
    Security,
    SignIn,
    User,
)
from tradeoms.kernel.decider import Refusal, Rejected, Stamp, reject
from tradeoms.kernel.enums import Role
from tradeoms.kernel.text import is_code

#: Roles that take part in trading; nobody may hold one together with `admin` or compliance.
TRADING = frozenset({Role.PORTFOLIO_MANAGER, Role.TRADER})
#: How far a trading day may be ahead of the day it is, UTC: over the longest holidays, not years.
ROLL_AHEAD_MAX: Final = timedelta(days=7)


@unique
class ReferenceRejection(StrEnum):
    """Why a load or a request about people was refused. In the order the checks run."""

    NOTHING_TO_LOAD = "nothing_to_load"
    CODE_FORMAT = "code_format"
    ROW_TWICE = "row_twice"
    CURRENCY_FORMAT = "currency_format"
    STEP_NOT_POSITIVE = "step_not_positive"
    IDENTIFIER_TAKEN = "identifier_taken"
    FUND_NOT_LOADED = "fund_not_loaded"
    SECURITY_NOT_LOADED = "security_not_loaded"
    TRADED_SINCE = "traded_since"
    PRICE_NEGATIVE = "price_negative"
    VALUE_RANGE = "value_range"
    PERIOD_REVERSED = "period_reversed"
    ROLES_CONFLICT = "roles_conflict"
    OWN_GRANTS = "own_grants"
    USER_UNKNOWN = "user_unknown"
    KEY_UNKNOWN = "key_unknown"
    KEY_USED = "key_used"
    SIGN_IN_UNKNOWN = "sign_in_unknown"
    DAY_NOT_LATER = "day_not_later"
    DAY_TOO_FAR = "day_too_far"
    NOT_PERMITTED = "not_permitted"


def _row(code: ReferenceRejection, row: int, field: str, value: object, detail: str) -> Refusal:
    return Refusal(code=code, detail=detail, field=f"rows/{row}/{field}", value=str(value))


def _twice(keys: Iterable[str], field: str) -> list[Refusal]:
    seen: set[str] = set()
    refusals = []
    for row, key in enumerate(keys):
        if key in seen:
            detail = "it stands in the file twice"
            refusals.append(_row(ReferenceRejection.ROW_TWICE, row, field, key, detail))
        seen.add(key)
    return refusals


def _codes(keys: Iterable[str], field: str) -> list[Refusal]:
    detail = "1 to 64 letters, digits or ._:/-"
    return [
        _row(ReferenceRejection.CODE_FORMAT, row, field, key, detail)
        for row, key in enumerate(keys)
        if not is_code(key)
    ]


def _currency(row: int, value: str) -> list[Refusal]:
    if len(value) == 3 and value.isascii() and value.isupper():
        return []
    detail = "three capital letters, ISO 4217"
    return [_row(ReferenceRejection.CURRENCY_FORMAT, row, "currency", value, detail)]


def _answer(refusals: list[Refusal], count: int) -> Rejected | None:
    if refusals:
        return Rejected(refusals=tuple(refusals))
    if count == 0:
        return reject(ReferenceRejection.NOTHING_TO_LOAD, "there are no rows")
    return None


def decide_funds(command: c.LoadFunds, stamp: Stamp) -> list[e.FundDefined] | Rejected:
    """Define funds."""
    codes = [fund.code for fund in command.funds]
    refusals = [*_codes(codes, "code"), *_twice(codes, "code")]
    for row, fund in enumerate(command.funds):
        refusals += _currency(row, fund.currency)
    return _answer(refusals, len(codes)) or [
        e.FundDefined(fund=fund, at=stamp.at) for fund in command.funds
    ]


def decide_securities(
    command: c.LoadSecurities, known: Mapping[tuple[str, str], str], stamp: Stamp
) -> list[e.SecurityDefined] | Rejected:
    """Define securities; ``known`` maps (scheme, value) to the id of a security that has it."""
    refusals: list[Refusal] = []
    events: list[e.SecurityDefined] = []
    taken: dict[tuple[str, str], int] = {}
    for row, security in enumerate(command.securities):
        ticker = ("ticker_mic", f"{security.symbol}.{security.mic}")
        identity = security.id or known.get(ticker) or stamp.id("sec", row + 1)
        identifiers = tuple(dict.fromkeys((ticker, *security.identifiers)))
        refusals += _check_security(row, security)
        for pair in identifiers:
            other = known.get(pair)
            if taken.setdefault(pair, row) != row or (other and other != identity):
                detail = f"{pair[0]} {pair[1]} belongs to another security"
                refusals.append(
                    _row(ReferenceRejection.IDENTIFIER_TAKEN, row, pair[0], pair[1], detail)
                )
        defined = replace(security, id=identity, identifiers=identifiers)
        events.append(e.SecurityDefined(security=defined, at=stamp.at))
    return _answer(refusals, len(events)) or events


def _check_security(row: int, security: Security) -> list[Refusal]:
    refusals = _currency(row, security.currency)
    for field in ("symbol", "mic"):
        value = getattr(security, field)
        if not is_code(value):
            detail = "1 to 64 letters, digits or ._:/-"
            refusals.append(_row(ReferenceRejection.CODE_FORMAT, row, field, value, detail))
    for field in ("lot", "tick", "factor"):
        value = getattr(security, field)
        if value <= 0:
            detail = "must be above zero"
            refusals.append(_row(ReferenceRejection.STEP_NOT_POSITIVE, row, field, value, detail))
    for name, text in security.attributes:
        if name in SECURITY_FIELDS:
            detail = "rules call a field so; give an attribute another name"
            pair = f"{name}={text}"
            refusals.append(_row(ReferenceRejection.VALUE_RANGE, row, "attributes", pair, detail))
    for name, text, allowed in (*unreadable_terms(security), *unreadable_settlement(security)):
        refusals.append(_row(ReferenceRejection.VALUE_RANGE, row, name, text, allowed))
    return refusals


def decide_positions(
    command: c.LoadPositions,
    *,
    funds: Mapping[str, Fund],
    securities: Mapping[str, Security],
    traded: Mapping[str, date],
    stamp: Stamp,
) -> list[e.PositionsLoaded] | Rejected:
    """Set the books of funds.

    ``traded`` is the last trading day of a fund, of those that come after the day of the books:
    what was executed then would be gone from its positions, and from all that is checked.
    """
    refusals = _twice((book.fund for book in command.books), "fund")
    for row, book in enumerate(command.books):
        if book.fund not in funds:
            detail = "load the fund first"
            refusals.append(
                _row(ReferenceRejection.FUND_NOT_LOADED, row, "fund", book.fund, detail)
            )
        if book.fund in traded:
            detail = f"{book.fund} traded on {traded[book.fund]}: load its book as of then or later"
            code = ReferenceRejection.TRADED_SINCE
            refusals.append(_row(code, row, "as_of", command.as_of, detail))
        for position in book.positions:
            if position.security_id not in securities:
                code = ReferenceRejection.SECURITY_NOT_LOADED
                detail = "load the security first"
                refusals.append(_row(code, row, "security", position.security_id, detail))
    return _answer(refusals, len(command.books)) or [
        e.PositionsLoaded(
            fund=book.fund,
            as_of=command.as_of,
            positions=book.positions,
            cash=book.cash,
            at=stamp.at,
        )
        for book in command.books
    ]


def decide_prices(
    command: c.LoadPrices, securities: Mapping[str, Security], stamp: Stamp
) -> list[e.PricesLoaded] | Rejected:
    """Set marks and rates."""
    refusals: list[Refusal] = []
    for row, price in enumerate(command.prices):
        if price.security_id not in securities:
            detail = "load the security first"
            code = ReferenceRejection.SECURITY_NOT_LOADED
            refusals.append(_row(code, row, "security", price.security_id, detail))
        if price.price < 0:
            detail = "must not be negative"
            refusals.append(
                _row(ReferenceRejection.PRICE_NEGATIVE, row, "price", price.price, detail)
            )
    loaded = e.PricesLoaded(prices=command.prices, rates=command.rates, at=stamp.at)
    return _answer(refusals, len(command.prices) + len(command.rates)) or [loaded]


def decide_destinations(
    command: c.LoadDestinations, stamp: Stamp
) -> list[e.DestinationDefined] | Rejected:
    """Define destinations."""
    names = [destination.name for destination in command.destinations]
    refusals = [*_codes(names, "name"), *_twice(names, "name")]
    for row, destination in enumerate(command.destinations):
        minutes = destination.instruction_wait_min
        if not 0 <= minutes <= INSTRUCTION_WAIT_MAX:
            detail = f"0 to {INSTRUCTION_WAIT_MAX} minutes"
            code = ReferenceRejection.VALUE_RANGE
            refusals.append(_row(code, row, "instruction_wait_min", minutes, detail))
    return _answer(refusals, len(names)) or [
        e.DestinationDefined(destination=destination, at=stamp.at)
        for destination in command.destinations
    ]


def decide_users(
    command: c.LoadUsers, users: Mapping[str, User], stamp: Stamp
) -> list[e.UserDefined] | Rejected:
    """Define people; trading and control are never in one hand, and nobody grants to himself."""
    names = [user.id for user in command.users]
    refusals = [*_codes(names, "id"), *_twice(names, "id")]
    events: list[e.UserDefined] = []
    for row, user in enumerate(command.users):
        roles = {grant.role for grant in user.grants}
        control = roles & {Role.ADMIN, Role.COMPLIANCE_OFFICER}
        if control and roles & TRADING:
            detail = f"{', '.join(sorted(control))} may not trade"
            code = ReferenceRejection.ROLES_CONFLICT
            refusals.append(_row(code, row, "roles", ", ".join(sorted(roles)), detail))
        before = users.get(user.id)
        if user.id == stamp.actor and before is not None and before.grants != user.grants:
            code, detail = ReferenceRejection.OWN_GRANTS, "another administrator changes yours"
            refusals.append(_row(code, row, "roles", ", ".join(sorted(roles)), detail))
        kept = before.password_hash if before else ""
        defined = User(
            id=user.id,
            name=user.name,
            grants=user.grants,
            password_hash=user.password_hash or kept,
            active=user.active,
        )
        events.append(e.UserDefined(user=defined, at=stamp.at))
    return _answer(refusals, len(events)) or events


def decide_create_key(
    command: c.CreateApiKey, *, users: Mapping[str, User], used: bool, stamp: Stamp
) -> list[e.ApiKeyCreated] | Rejected:
    """Make a key."""
    code = ReferenceRejection
    if command.user not in users:
        return reject(code.USER_UNKNOWN, "no such person", field="user", value=command.user)
    if used:
        return reject(code.KEY_USED, "take another id", field="key_id", value=command.key_id)
    key = ApiKey(
        id=command.key_id,
        user=command.user,
        label=command.label,
        secret_sha256=command.secret_sha256,
        created_at=stamp.at,
        expires_at=command.expires_at,
    )
    return [e.ApiKeyCreated(key=key, at=stamp.at)]


def decide_revoke_key(
    command: c.RevokeApiKey, key: ApiKey | None, stamp: Stamp
) -> list[e.ApiKeyRevoked] | Rejected:
    """Make a key useless; a second time changes nothing."""
    if key is None:
        code = ReferenceRejection.KEY_UNKNOWN
        return reject(code, "no such key", field="key_id", value=command.key_id)
    return [] if key.revoked else [e.ApiKeyRevoked(key_id=key.id, at=stamp.at)]


def decide_open_sign_in(
    command: c.OpenSignIn, user: User | None, stamp: Stamp
) -> list[e.SignInOpened] | Rejected:
    """Remember a browser."""
    if user is None or not user.active:
        code = ReferenceRejection.USER_UNKNOWN
        return reject(code, "no such person", field="user", value=command.user)
    sign_in = SignIn(
        id=stamp.id("sgn"),
        user=user.id,
        token_sha256=command.token_sha256,
        created_at=stamp.at,
        expires_at=command.expires_at,
    )
    return [e.SignInOpened(sign_in=sign_in, at=stamp.at)]


def decide_renew_sign_in(
    command: c.RenewSignIn, sign_in: SignIn | None, stamp: Stamp
) -> list[e.SignInRenewed] | Rejected:
    """Put use on record; one that is over stays over."""
    if sign_in is None or sign_in.user != stamp.actor or sign_in.ended:
        code = ReferenceRejection.SIGN_IN_UNKNOWN
        return reject(code, "no such sign-in", field="sign_in_id", value=command.sign_in_id)
    return [e.SignInRenewed(sign_in_id=sign_in.id, at=stamp.at)]


def decide_end_sign_in(
    command: c.EndSignIn, sign_in: SignIn | None, stamp: Stamp
) -> list[e.SignInEnded] | Rejected:
    """Forget a browser; a second time changes nothing."""
    if sign_in is None or sign_in.user != stamp.actor:
        code = ReferenceRejection.SIGN_IN_UNKNOWN
        return reject(code, "no such sign-in", field="sign_in_id", value=command.sign_in_id)
    return [] if sign_in.ended else [e.SignInEnded(sign_in_id=sign_in.id, at=stamp.at)]


def decide_roll_day(
    command: c.RollDay, today: date | None, stamp: Stamp
) -> list[e.DayRolled] | Rejected:
    """Begin a later day, `ROLL_AHEAD_MAX` after the one it is at most: it cannot be undone."""
    if today is not None and command.trade_on <= today:
        code = ReferenceRejection.DAY_NOT_LATER
        return reject(code, f"the day is {today}", field="trade_on", value=command.trade_on)
    last = stamp.at.date() + ROLL_AHEAD_MAX
    if command.trade_on > last:
        detail = f"it is {stamp.at.date()}, UTC: no day after {last} can begin"
        code = ReferenceRejection.DAY_TOO_FAR
        return reject(code, detail, field="trade_on", value=command.trade_on)
    return [e.DayRolled(trade_on=command.trade_on, at=stamp.at)]
