"""Groups of holdings as one rule sees them, each between the least and the most it may come to.

Rules about groups rest on a denominator that trades do not move and grow with every group's value,
so their worst case is exact where each group stands at its upper value: all its open buys in, its
open sells out; a minimum asks for the lower values. A holding whose group is not known is an
**extra**: it may add to any group that fits what is known of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from tradeoms.compliance.facts import NOTHING, ONE, Facts
from tradeoms.compliance.kinds.membership import group_key, joined, selected
from tradeoms.compliance.kinds.stakes import (
    Holding,
    currency_of,
    denominator_of,
    holdings_of,
    sold_share,
    value_of,
)
from tradeoms.compliance.question import Question, tested_part
from tradeoms.compliance.schema.groups import BucketRule, GrossRule, GroupsRule, IssuesRule
from tradeoms.compliance.schema.measures import CURVED
from tradeoms.domain.evaluation import FundFacts

#: Parts of the name of a group: one, or issuer and issue. A shorter key is what is known of one.
Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """Least and most that a group may come to, in the rule's measure; its most votes."""

    lo: Fraction
    hi: Fraction
    votes: Fraction = NOTHING

    def __add__(self, other: Span) -> Span:
        """Add what another holding may come to."""
        return Span(self.lo + other.lo, self.hi + other.hi, self.votes + other.votes)

    @property
    def size(self) -> Fraction:
        """Largest absolute value."""
        return max(abs(self.lo), abs(self.hi))


EMPTY: Final = Span(NOTHING, NOTHING)


@dataclass(frozen=True, slots=True)
class Groups:
    """All groups of one entity.

    Attributes:
        spans: Groups by key.
        extras: Holdings of unknown group, with what is known of their key.
        den: The denominator.
        own: Amounts of the issuers that a bucket's own test asks for; None where unknown.
    """

    spans: Mapping[Key, Span]
    extras: tuple[tuple[Key, Span], ...]
    den: Fraction
    own: Mapping[str, Decimal | None]

    def span(self, key: Key) -> Span:
        """Return the group of ``key``, empty where nothing is held."""
        return self.spans.get(key, EMPTY)

    def more(self, key: Key) -> Fraction:
        """Return what the extras may add to the group of ``key``."""
        return sum((upward(span).hi for known, span in self.extras if fits(known, key)), NOTHING)

    def pressed(self) -> Groups:
        """Return groups of one-part keys with the extras of known key in them, the others left."""
        spans = dict(self.spans)
        left = []
        for key, span in self.extras:
            if key:
                spans[key] = spans.get(key, EMPTY) + upward(span)
            else:
                left.append((key, span))
        return Groups(spans, tuple(left), self.den, self.own)


def fits(known: Key, key: Key) -> bool:
    """True where a holding of which ``known`` is known may belong to the group of ``key``."""
    return all(one == other for one, other in zip(known, key, strict=False))


def upward(span: Span) -> Span:
    """Return what an extra may add at most: it may also be elsewhere and add nothing."""
    return Span(min(span.lo, NOTHING), max(span.hi, NOTHING), max(span.votes, NOTHING))


@dataclass(frozen=True, slots=True)
class Piece:
    """One holding: where it belongs as far as known, and its unit value (None: missing)."""

    held: Holding
    key: Key
    certain: bool
    problem: str
    unit: Fraction | None
    votes: Fraction


@dataclass(slots=True)
class Scene:
    """One entity's holdings as one rule sees them, from which its groups are made.

    `den` is None where the denominator is not known.
    """

    rule: GroupsRule
    question: Question
    entity: str
    den: Fraction | None
    pieces: list[Piece]
    own: Mapping[str, Decimal | None]
    _still: tuple[dict[Key, Span], list[tuple[Key, Span]]] | None = None

    @property
    def ordered(self) -> list[Piece]:
        """Pieces that the new orders trade."""
        return [piece for piece in self.pieces if piece.held.news]

    @property
    def touched(self) -> tuple[Key, ...]:
        """Keys of the groups that the new orders trade."""
        return tuple(dict.fromkeys(piece.key for piece in self.ordered if piece.certain))

    def own_problem(self) -> str | None:
        """Say what is missing of an ordered security, None where nothing is."""
        for piece in self.ordered:
            if not piece.certain:
                return piece.problem
            if piece.unit is None:
                return piece.problem
        return None

    def missing(self, key: Key | None) -> str | None:
        """Say what is missing in the cells about ``key`` (None: about all groups)."""
        if self.rule.on_missing == "disregard":
            return None
        for piece in self.pieces:
            concerned = key is None or fits(piece.key, key)
            if concerned and piece.unit is None:
                return piece.problem
            if concerned and not piece.certain and self.rule.on_missing_key == "block":
                return piece.problem
        return None

    def groups(self, scales: Mapping[str, Fraction] | None) -> Groups:
        """Return the groups; new orders scaled by their id (1 unless given), None: without them."""
        assert self.den is not None
        if self._still is None:
            still = [piece for piece in self.pieces if not piece.held.news]
            self._still = self._summed({}, still, None)
        spans, extras = self._summed(self._still[0], self.ordered, scales)
        return Groups(spans, (*self._still[1], *extras), self.den, self.own)

    def _summed(
        self,
        start: Mapping[Key, Span],
        pieces: list[Piece],
        scales: Mapping[str, Fraction] | None,
    ) -> tuple[dict[Key, Span], list[tuple[Key, Span]]]:
        """Return the groups ``start`` with some pieces added, and the extras among the pieces."""
        spans, extras = dict(start), []
        for piece in pieces:
            if piece.unit is None:
                continue
            span = self._span(piece, scales)
            if piece.certain:
                spans[piece.key] = spans.get(piece.key, EMPTY) + span
            elif self.rule.on_missing != "disregard":
                extras.append((piece.key, span))
        return spans, extras

    def _span(self, piece: Piece, scales: Mapping[str, Fraction] | None) -> Span:
        low, high = self.ends(piece, scales)
        assert piece.unit is not None
        unit, measure = piece.unit, self.rule.measure
        ends = {low, high} | ({NOTHING} if low < 0 < high else set())
        values = [value_of(measure, end, unit) for end in ends]
        votes = max(low * piece.votes, high * piece.votes)
        return Span(min(values), max(values), votes)

    def ends(
        self, piece: Piece, scales: Mapping[str, Fraction] | None
    ) -> tuple[Fraction, Fraction]:
        """Return the least and the most that the position may come to."""
        held = piece.held
        news = [
            one.quantity * scales.get(one.order_id, ONE) for one in held.news if scales is not None
        ]
        opens = [one.quantity for one in held.opens]
        loose = opens if self.rule.pending == "worst" else []
        sure = opens if self.rule.pending == "all" else []
        if self.question.any_subset:
            loose = loose + news
        else:
            sure = sure + news
        settled = held.settled + sum(sure, NOTHING)
        return (
            settled + sum((one for one in loose if one < 0), NOTHING),
            settled + sum((one for one in loose if one > 0), NOTHING),
        )

    def reduction(self) -> Fraction:
        """Factor up to which the new orders only sell what is held; 0 where they do not."""
        return min((sold_share(piece.held) for piece in self.ordered), default=NOTHING)

    def turns(self, scaled: frozenset[str]) -> Iterator[Fraction]:
        """Yield the scales of the orders ``scaled`` at which a holding's value changes slope."""
        if self.rule.measure not in CURVED:
            return
        none, all_ = dict.fromkeys(scaled, NOTHING), dict.fromkeys(scaled, ONE)
        for piece in self.ordered:
            start, end = self.ends(piece, none), self.ends(piece, all_)
            middles = [(sum(start, NOTHING), sum(end, NOTHING)), *zip(start, end, strict=True)]
            for at, then in middles:
                if then != at:
                    yield at / (at - then)


def key_parts(rule: GroupsRule) -> tuple[tuple[str, ...], ...]:
    """Return the attributes behind every part of a group's key."""
    if isinstance(rule, IssuesRule):
        return (rule.issuer_key,), (rule.issue_key,)
    return (rule.net_by if isinstance(rule, GrossRule) else rule.group_by,)


def shown(key: Key) -> str:
    """Return the name of a group."""
    return joined(key)


def scene_of(facts: Facts, rule: GroupsRule, question: Question, fund: FundFacts) -> Scene | None:
    """Return the entity of ``rule`` that ``fund`` is in; None where it is in none."""
    place = facts.level_of(fund, rule.level)
    if place is None:
        return None
    entity, fund_ids = place
    currency = currency_of(facts, rule, fund_ids)
    pieces = []
    for held in holdings_of(facts, question, fund_ids, currency=currency, pending=rule.pending):
        piece = _piece(facts, rule, held, currency)
        if piece is not None:
            pieces.append(piece)
    own: dict[str, Decimal | None] = {}
    if isinstance(rule, BucketRule) and rule.own_attr is not None:
        for piece in pieces:
            for issuer in piece.key:
                own[issuer] = facts.outside.issuers.get(issuer, {}).get(rule.own_attr)
    den = denominator_of(facts, rule, fund_ids)
    return Scene(rule, question, entity, den, pieces, own)


def scenes(facts: Facts, rule: GroupsRule, question: Question) -> Iterator[Scene]:
    """Yield every entity that the orders of ``question`` touch, once."""
    asked, tested = tested_part(facts, rule, question)
    seen: set[str] = set()
    for _, fund in tested:
        scene = scene_of(facts, rule, asked, fund)
        if scene is not None and scene.entity not in seen:
            seen.add(scene.entity)
            yield scene


def _piece(facts: Facts, rule: GroupsRule, held: Holding, currency: str) -> Piece | None:
    """Return a holding as ``rule`` sees it; None where it is outside."""
    security = held.security
    inside = selected(rule.select, rule.exclude, security)
    if inside is False:
        return None
    key: list[str] = []
    problem = "" if inside else f"an attribute of {security.id} that the rule selects by is missing"
    complete = True
    for names in key_parts(rule):
        part = group_key(names, security)
        if part is None:
            complete = False
            problem = f"{', '.join(names)} of {security.id} is missing"
            break
        key.append(part)
    unit = facts.unit(rule.measure, security.id, currency)
    if unit is None and not problem:
        problem = facts.lack(security.id)
    votes = NOTHING
    if isinstance(rule, BucketRule) and rule.own_attr is not None:
        votes = facts.unit("votes", security.id, currency) or NOTHING
    return Piece(held, tuple(key), bool(inside) and complete, problem, unit, votes)
