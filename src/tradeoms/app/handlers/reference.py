"""Loads of reference data, and requests about people, keys, sign-ins and the trading day."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from tradeoms.app.handlers.answer import plain_json
from tradeoms.app.handlers.bookings import book_days_before
from tradeoms.app.handlers.cases import note_new_day
from tradeoms.app.handlers.copies import compare_copies
from tradeoms.app.handlers.desk import close_order
from tradeoms.app.handlers.rules import activate_due
from tradeoms.app.handlers.watching import describe_change, doubt_open, hold_changed
from tradeoms.app.turn import Turn
from tradeoms.app.worth import value_funds
from tradeoms.domain.order.state import Order, Phase
from tradeoms.domain.outside.commands import LoadLists, LoadOutside
from tradeoms.domain.outside.decide import decide_lists, decide_outside
from tradeoms.domain.outside.events import ListsLoaded, OutsideLoaded
from tradeoms.domain.reference import commands as c
from tradeoms.domain.reference import decide
from tradeoms.domain.reference import events as e
from tradeoms.kernel.decider import Rejected
from tradeoms.kernel.enums import ExecutionStatus, TimeInForce
from tradeoms.kernel.numbers import plain


def _finish(turn: Turn, decided: Sequence[Any] | Rejected, rows: int) -> bytes | Rejected:
    """Emit a load's events, or nothing at all."""
    if isinstance(decided, Rejected):
        return decided
    for event in decided:
        turn.emit(event, subject_of(event))
    _value(turn, decided)
    return plain_json(rows=rows, seq=turn.seq)


def _value(turn: Turn, events: Sequence[Any]) -> None:
    """Value the funds that a load defines or gives positions; prices and rates are about all."""
    for_all = any(isinstance(event, e.PricesLoaded) for event in events)
    funds = {event.fund.code for event in events if isinstance(event, e.FundDefined)}
    funds |= {event.fund for event in events if isinstance(event, e.PositionsLoaded)}
    if for_all or funds:
        revalue(turn, None if for_all else funds)


def revalue(turn: Turn, only: Collection[str] | None = None) -> None:
    """Put on record what funds hold is worth, where that is another value than before.

    The values count until the next time, so that whoever checks, now or from the journal, divides
    by the same numbers (decision 0003).

    Args:
        turn: The turn of the load.
        only: The funds to value; `None` for all.
    """
    kept = turn.book.assets
    wanted = turn.book.funds if only is None else only
    found = value_funds(turn.book, turn.pretrade.compliance.facts, wanted)
    changed = tuple(
        (fund, None if value is None else Decimal(plain(value)))
        for fund, value in sorted(found.items())
        if fund not in kept or kept[fund] != value
    )
    if changed:
        turn.emit(e.FundsValued(total_assets=changed, at=turn.at), "values")


#: Loads that are about no single thing.
_FIRM_WIDE: Final[Mapping[type, str]] = {
    e.PricesLoaded: "prices", OutsideLoaded: "outside", ListsLoaded: "lists",
}  # fmt: skip


def subject_of(event: object) -> str:
    """What a reference event is about, for the journal's index."""
    match event:
        case e.FundDefined(fund=fund):
            return f"fund_{fund.code}"
        case e.SecurityDefined(security=security):
            return security.id
        case e.PositionsLoaded(fund=code):
            return f"fund_{code}"
        case e.DestinationDefined(destination=destination):
            return f"dst_{destination.name}"
        case e.UserDefined(user=user):
            return f"usr_{user.id}"
        case e.ApiKeyCreated(key=key):
            return f"key_{key.id}"
        case e.ApiKeyRevoked(key_id=key_id):
            return f"key_{key_id}"
        case e.SignInOpened(sign_in=sign_in):
            return sign_in.id
        case e.SignInRenewed(sign_in_id=sign_in_id) | e.SignInEnded(sign_in_id=sign_in_id):
            return sign_in_id
        case _:
            return _FIRM_WIDE.get(type(event), "day")


def funds_loaded(turn: Turn, command: c.LoadFunds | c.LoadPositions | c.LoadUsers) -> Iterable[str]:
    """The funds that are defined, whose books are replaced, or over which people have roles.

    Who changes a person needs a right over what that person holds as well as over what he is given.
    """
    match command:
        case c.LoadFunds(funds=funds):
            return [fund.code for fund in funds]
        case c.LoadPositions(books=books):
            return [one.fund for one in books]
        case c.LoadUsers(users=rows):
            users = turn.book.users
            given = [grant for row in rows for grant in row.grants]
            held = [grant for row in rows if row.id in users for grant in users[row.id].grants]
            return {fund for grant in (*given, *held) for fund in grant.funds}


def load_funds(turn: Turn, command: c.LoadFunds) -> bytes | Rejected:
    """Define funds."""
    return _finish(turn, decide.decide_funds(command, turn.stamp), len(command.funds))


def load_securities(turn: Turn, command: c.LoadSecurities) -> bytes | Rejected:
    """Define securities."""
    decided = decide.decide_securities(command, turn.book.identifiers, turn.stamp)
    if isinstance(decided, Rejected):
        return decided
    known = turn.book.securities
    changes = [
        (after, change)
        for event in decided
        if (before := known.get((after := event.security).id)) is not None
        and (change := describe_change(before, after))
    ]
    answer = _finish(turn, decided, len(command.securities))
    for security, change in changes:
        hold_changed(turn, security.id, change)
    if changes:
        revalue(turn)
    return answer


def load_positions(turn: Turn, command: c.LoadPositions) -> bytes | Rejected:
    """Set the books of funds."""
    decided = decide.decide_positions(
        command, funds=turn.book.funds, securities=turn.book.securities,
        traded=_traded_since(turn, command), stamp=turn.stamp,
    )  # fmt: skip
    return _finish(turn, decided, sum(len(b.positions) + len(b.cash) for b in command.books))


def _traded_since(turn: Turn, command: c.LoadPositions) -> dict[str, date]:
    """The last trading day of each fund that has executions after the day of its book."""
    wanted = {book.fund for book in command.books}
    found: dict[str, date] = {}
    recorded = turn.recall.executions_since(command.as_of)
    for execution in (*turn.book.executions.values(), *recorded):
        if execution.status is ExecutionStatus.LIVE and execution.trade_on > command.as_of:
            for fund, _ in execution.fund_units:
                if fund in wanted:
                    found[fund] = max(execution.trade_on, found.get(fund, execution.trade_on))
    return found


def load_prices(turn: Turn, command: c.LoadPrices) -> bytes | Rejected:
    """Set marks and rates."""
    decided = decide.decide_prices(command, turn.book.securities, turn.stamp)
    return _finish(turn, decided, len(command.prices) + len(command.rates))


def load_destinations(turn: Turn, command: c.LoadDestinations) -> bytes | Rejected:
    """Define destinations."""
    decided = decide.decide_destinations(command, turn.stamp)
    return _finish(turn, decided, len(command.destinations))


def load_outside(turn: Turn, command: LoadOutside) -> bytes | Rejected:
    """Set facts from outside."""
    decided = decide_outside(
        command, funds=turn.book.funds, securities=turn.book.securities, stamp=turn.stamp
    )
    return _finish(turn, decided, len(command.facts))


def load_lists(turn: Turn, command: LoadLists) -> bytes | Rejected:
    """Set lists that rules name."""
    decided = decide_lists(command, securities=turn.book.securities, stamp=turn.stamp)
    return _finish(turn, decided, sum(len(one.members) for one in command.lists))


def load_users(turn: Turn, command: c.LoadUsers) -> bytes | Rejected:
    """Define people."""
    decided = decide.decide_users(command, turn.book.users, turn.stamp)
    return _finish(turn, decided, len(command.users))


def create_api_key(turn: Turn, command: c.CreateApiKey) -> bytes | Rejected:
    """Make a key."""
    used = command.key_id in turn.book.api_keys
    decided = decide.decide_create_key(command, users=turn.book.users, used=used, stamp=turn.stamp)
    return _finish(turn, decided, 1)


def revoke_api_key(turn: Turn, command: c.RevokeApiKey) -> bytes | Rejected:
    """Make a key useless."""
    key = turn.book.api_keys.get(command.key_id)
    return _finish(turn, decide.decide_revoke_key(command, key, turn.stamp), 1)


def open_sign_in(turn: Turn, command: c.OpenSignIn) -> bytes | Rejected:
    """Remember a browser."""
    user = turn.book.users.get(command.user)
    decided = decide.decide_open_sign_in(command, user, turn.stamp)
    if isinstance(decided, Rejected):
        return decided
    turn.emit(decided[0], decided[0].sign_in.id)
    return plain_json(id=decided[0].sign_in.id, seq=turn.seq)


def renew_sign_in(turn: Turn, command: c.RenewSignIn) -> bytes | Rejected:
    """Put on record that a browser is used."""
    sign_in = turn.book.sign_ins.get(command.sign_in_id)
    return _finish(turn, decide.decide_renew_sign_in(command, sign_in, turn.stamp), 1)


def end_sign_in(turn: Turn, command: c.EndSignIn) -> bytes | Rejected:
    """Forget a browser."""
    sign_in = turn.book.sign_ins.get(command.sign_in_id)
    return _finish(turn, decide.decide_end_sign_in(command, sign_in, turn.stamp), 1)


def roll_day(turn: Turn, command: c.RollDay) -> bytes | Rejected:
    """Begin a trading day, and close the one before.

    Orders whose time is over and that no broker holds expire, roll, or go back to their portfolio
    managers, as each of them says. What a broker holds past its time is asked for, and is a
    break until the broker says it is over.
    """
    decided = decide.decide_roll_day(command, turn.book.trade_on, turn.stamp)
    if isinstance(decided, Rejected):
        return decided
    compare_copies(turn)
    doubt_open(turn, command.trade_on)
    over = [o for o in turn.book.orders.values() if _is_over(turn, o, command)]
    for order in over:
        close_order(turn, order, command.trade_on)
    book_days_before(turn, command.trade_on)
    turn.emit(decided[0], "day")
    if turn.pretrade.price_max_age:
        revalue(turn)  # a price may have grown too old
    note_new_day(turn)
    activate_due(turn)
    return plain_json(
        trade_on=command.trade_on.isoformat(),
        expired=sum(turn.book.orders[o.id].phase is Phase.EXPIRED for o in over),
        seq=turn.seq,
    )


def _is_over(turn: Turn, order: Order, command: c.RollDay) -> bool:
    """True for an open order that was good until yesterday and is at no broker."""
    if order.is_closed or any(p.is_open_for(order.id) for p in turn.book.placements_for(order.id)):
        return False
    if order.time_in_force is TimeInForce.GTC:
        return False
    return order.expire_on is None or order.expire_on < command.trade_on
