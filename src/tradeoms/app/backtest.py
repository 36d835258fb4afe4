"""A rule against the orders and positions of the past: what would have come out otherwise.

The journal is folded again, order by order, into a book of its own. At every check that was made,
the rule looks at the order as it stood then, among the positions, prices and open orders of then.
At the end of every day, and of the journal, it looks at what is held, beside the version in force.
Nothing is written, and the engine is not asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

import msgspec
import sqlalchemy as sa

from tradeoms.app.day_ends import DayEnds, PositionChange
from tradeoms.app.pretrade import Pretrade
from tradeoms.compliance.actions import action_of
from tradeoms.compliance.answer import worst_action
from tradeoms.compliance.book import ComplianceBook
from tradeoms.compliance.explain import candidate_in
from tradeoms.compliance.policy import Rule, read_rule
from tradeoms.domain.catalog import EVENTS
from tradeoms.domain.evaluation import Action, Evaluation, Outcome
from tradeoms.domain.order.events import OrderChecked, Stage
from tradeoms.domain.reference.events import DayRolled
from tradeoms.domain.ruleset.state import RuleStatus, RuleVersion
from tradeoms.journal.codec import Codec
from tradeoms.journal.store import Reader, read_head
from tradeoms.kernel.enums import ExecutionStatus
from tradeoms.projections import tables as t
from tradeoms.projections.book import Book
from tradeoms.projections.fold import apply
from tradeoms.projections.queries_checks import answers_of
from tradeoms.projections.queries_trades import Traded

#: Events between two calls of `progress`.
_CHUNK: Final = 2_000
_version: Final = msgspec.json.Decoder(RuleVersion).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One check that would have come out otherwise.

    Attributes:
        at: When the check was made.
        stage: The gate that asked.
        then: What compliance answered then: an action.
        with_draft: What it would have answered with the rule.
        outcome: What the rule itself finds.
        fund: Fund or aggregate of its worst cell; empty where it passes. `cell` likewise.
        numerator: Exact text, as `denominator` and `limit`; empty where not measured.
        funds: Funds of the order.
    """

    order_id: str
    at: datetime
    stage: str
    then: str
    with_draft: str
    outcome: str
    fund: str
    cell: str
    numerator: str
    denominator: str
    limit: str
    explanation: str
    funds: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackTest:
    """What a back-test came to: checks made again, and those that would have differed.

    Attributes:
        days: Ends of days on which the rule was tested on what was held.
        cells: How many cells it had on them.
        positions_differing: Of these, how many would have come out otherwise.
        positions: The first of them, at most `day_ends.LISTED_MAX`.
    """

    rule_id: str
    version: int
    since: datetime
    checks: int
    changes: tuple[Change, ...]
    days: int
    cells: int
    positions_differing: int
    positions: tuple[PositionChange, ...]


def back_test(
    engine: sa.Engine,
    rule_id: str,
    version: int,
    *,
    days: int,
    progress: Callable[[int], None] | None = None,
) -> BackTest:
    """Test a version on every check and end of day of the last ``days`` before the newest event.

    Args:
        engine: The database, best read-only.
        rule_id: The rule.
        version: Its version, of any status.
        days: How far back.
        progress: Told how many events are folded.

    Raises:
        LookupError: If there is no such version.
    """
    codec, reader = Codec(EVENTS), Reader(engine)
    with engine.connect() as link:
        rule = _read_rule(link, rule_id, version)
        head = read_head(link).seq
    (newest,) = reader.read(after=head - 1, limit=1)  # there is one: the rule was defined
    until = codec.decode(newest.body).meta.at
    since = until - timedelta(days=days)
    past = _Past(rule)
    for row in reader.read(limit=head):
        recorded = codec.decode(row.body)
        if recorded.meta.at >= since:
            past.watch()
        past.take(recorded.event, row.seq)
        if progress is not None and row.seq % _CHUNK == 0:
            progress(row.seq)
    past.close_day(past.book.trade_on or until.date())
    return BackTest(
        rule_id=rule_id,
        version=version,
        since=since,
        checks=past.checks,
        changes=tuple(past.changes),
        days=past.day_ends.days,
        cells=past.day_ends.cells,
        positions_differing=past.day_ends.differing,
        positions=tuple(past.day_ends.changes),
    )


def journal_length(engine: sa.Engine) -> int:
    """How many events a back-test folds."""
    with engine.connect() as link:
        return read_head(link).seq


def _read_rule(link: sa.Connection, rule_id: str, version: int) -> Rule:
    """The rule of a version, without the days on which it begins and ends to be in force."""
    wanted = sa.select(t.rules.c.state).where(
        t.rules.c.rule_id == rule_id, t.rules.c.version == version
    )
    state = link.scalar(wanted)
    if state is None:
        message = f"no rule {rule_id} has a version {version}"
        raise LookupError(message)
    rule = read_rule(_version(state).definition)
    return rule.model_copy(update={"effective_from": None, "effective_to": None})


@dataclass(slots=True)
class _Past:
    """The book as it was, and what the rule finds in it. No order is ever let go."""

    rule: Rule
    book: Book = field(default_factory=Book)
    checks: int = 0
    changes: list[Change] = field(default_factory=list)
    day_ends: DayEnds = field(init=False)
    _pretrade: Pretrade | None = None

    def __post_init__(self) -> None:
        """Test the same rule on what was held."""
        self.day_ends = DayEnds(self.rule)

    def watch(self) -> None:
        """Look at orders from now on."""
        if self._pretrade is None:
            self._pretrade = Pretrade(
                book=self.book,
                compliance=ComplianceBook(),
                history=lambda _days: self._traded(),
                only=(self.rule,),
            )
            self._pretrade.load()

    def take(self, event: object, seq: int) -> None:
        """Fold one event; a check is made again before it, and a day ends before the next."""
        pretrade = self._pretrade
        if isinstance(event, DayRolled) and self.book.trade_on is not None:
            self.close_day(self.book.trade_on)
        if pretrade is not None and isinstance(event, OrderChecked) and event.binding:
            self._check(pretrade, event)
        apply(self.book, event, seq)
        self.book.touched.clear()
        self.book.extra.clear()
        if pretrade is not None:
            pretrade.follow(event)
            order = self.book.orders.get(getattr(event, "order_id", ""))
            if order is not None:
                pretrade.reserve(order)

    def close_day(self, day: date) -> None:
        """Look at what is held at the end of the trading day."""
        if self._pretrade is not None:
            self.day_ends.close(self._pretrade.compliance.facts, self._in_force(), day)

    def _in_force(self) -> Rule | None:
        """The version of the rule that was in force."""
        for one in self.book.rules.values():
            if one.rule_id == self.rule.id and one.status is RuleStatus.ACTIVE:
                return read_rule(one.definition)
        return None

    def _check(self, pretrade: Pretrade, event: OrderChecked) -> None:
        order = self.book.orders[event.order_id]
        if event.stage is Stage.SUBMIT:
            found = pretrade.check_submitted(order, now=event.at)
        else:
            terms = (order.pending if event.stage is Stage.AMEND else None) or order
            price = _price_of(event) or terms.limit_price
            found = pretrade.check(order, now=event.at, legs=terms.legs, limit_price=price)
        self.checks += 1
        then = Action(event.action.value)
        now = found.action
        if now.badness < then.badness:
            now = max(now, self._of_others(event, then), key=lambda one: one.badness)
        if now is not then:
            funds = tuple(leg.fund for leg in order.legs)
            self.changes.append(_change(event, then, now, found, funds))

    def _of_others(self, event: OrderChecked, then: Action) -> Action:
        """What the check answered but for the versions of the rule.

        Where the evidence cannot be read any more, what the other rules stopped still counts.
        """
        active = [one for one in self.book.rules.values() if one.status is RuleStatus.ACTIVE]
        if all(one.rule_id != self.rule.id for one in active):
            return then
        answers = answers_of(event.evidence, active) if event.evidence else ()
        if answers:
            return worst_action(one for one in answers if one.rule.id != self.rule.id)
        stopped = [self._stopped_by(name) for name in event.blocking]
        return max(stopped, key=lambda one: one.badness, default=Action.ALLOW)

    def _stopped_by(self, name: str) -> Action:
        """What a rule (`rule@version`) that stopped an order did to it; the tested one nothing."""
        rule_id, _, version = name.rpartition("@")
        if rule_id == self.rule.id:
            return Action.ALLOW
        known = self.book.rules.get((rule_id, int(version)))
        if known is None:
            return Action.BLOCK_HARD  # no rule: the order could not be tested
        return action_of(read_rule(known.definition), Outcome.BREACH)

    def _traded(self) -> Iterator[Traded]:
        for execution in self.book.executions.values():
            if execution.status is ExecutionStatus.LIVE:
                for fund, quantity in execution.fund_units:
                    yield Traded(
                        fund=fund,
                        security_id=execution.security_id,
                        side=self.book.placements[execution.placement_id].side,
                        quantity=quantity,
                        on=execution.trade_on,
                    )


def _price_of(event: OrderChecked) -> Decimal | None:
    """The limit price that was tested, which may be a placement's; None where none was kept."""
    return candidate_in(event.evidence).limit_price if event.evidence else None


def _change(
    event: OrderChecked, then: Action, now: Action, found: Evaluation, funds: tuple[str, ...]
) -> Change:
    worst = found.verdicts[0] if found.verdicts else None
    return Change(
        order_id=event.order_id,
        at=event.at,
        stage=event.stage.value,
        then=then.value,
        with_draft=now.value,
        outcome=found.outcome.value,
        fund="" if worst is None else worst.fund or "",
        cell="" if worst is None else worst.cell or "",
        numerator="" if worst is None else worst.numerator_after or "",
        denominator="" if worst is None else worst.denominator_after or "",
        limit="" if worst is None else worst.limit or "",
        explanation="" if worst is None else worst.explanation,
        funds=funds,
    )
