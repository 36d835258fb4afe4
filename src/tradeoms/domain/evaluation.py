"""Compliance as plain values: the facts a check reads, the order it tests and what it answers.

Nothing here measures anything. `compliance` turns facts and candidates into evaluations; the engine
carries evaluations inside commands, and the journal keeps them. Quantities and prices are Decimal,
in the security's own units; money is in the fund's base currency unless a field says otherwise.
Exact numbers of an answer are text: a plain decimal where one exists, else a fraction "n/d".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum, unique
from fractions import Fraction
from typing import Final

from tradeoms.kernel.enums import Side
from tradeoms.kernel.records import quick


@unique
class Outcome(StrEnum):
    """Answer of one rule, declared from harmless to worst."""

    PASS = "pass"  # noqa: S105  # an outcome
    NOT_TESTED = "not_tested"
    REDUCING = "reducing"
    WARN = "warn"
    DISCLOSE = "disclose"
    UNKNOWN = "unknown"
    BREACH = "breach"

    @property
    def badness(self) -> int:
        """Rank of the outcome; the order's outcome is the worst of its rules."""
        return _BADNESS[self]


_BADNESS: dict[Outcome, int] = {outcome: rank for rank, outcome in enumerate(Outcome)}


@unique
class Action(StrEnum):
    """What the engine does with an order, declared from harmless to worst."""

    ALLOW = "allow"
    REPORT = "report"
    ALLOW_ACK = "allow_ack"
    BLOCK_SOFT = "block_soft"
    BLOCK_HARD = "block_hard"

    @property
    def badness(self) -> int:
        """Rank of the action; the order's action is the worst of its rules."""
        return _ACTION_BADNESS[self]

    @property
    def allows(self) -> bool:
        """True where the order may proceed, perhaps after an acknowledgement."""
        return self in (Action.ALLOW, Action.ALLOW_ACK)


_ACTION_BADNESS: dict[Action, int] = {action: rank for rank, action in enumerate(Action)}


@unique
class Severity(StrEnum):
    """How much a rule's breach weighs."""

    HARD = "hard"
    SOFT = "soft"
    WARN = "warn"
    INFO = "info"
    SHADOW = "shadow"


_BLOCKING: Final = {
    Severity.HARD: Action.BLOCK_HARD,
    Severity.SOFT: Action.BLOCK_SOFT,
    Severity.WARN: Action.ALLOW_ACK,
    Severity.INFO: Action.ALLOW_ACK,
    Severity.SHADOW: Action.ALLOW,
}
_HARMLESS: Final = frozenset({Outcome.PASS, Outcome.NOT_TESTED, Outcome.REDUCING})


def action_for(outcome: Outcome, severity: Severity, *, lenient: bool = False) -> Action:
    """Return what an outcome of one rule does to the order.

    Args:
        outcome: The outcome.
        severity: The rule's severity.
        lenient: True where the rule lets an order pass for which data is missing.
    """
    if outcome in _HARMLESS or severity is Severity.SHADOW:
        return Action.ALLOW
    if outcome in (Outcome.WARN, Outcome.DISCLOSE) or (lenient and outcome is Outcome.UNKNOWN):
        return Action.ALLOW_ACK
    return _BLOCKING[severity]


@dataclass(frozen=True, slots=True, kw_only=True)
class FundFacts:
    """What rules may ask of a fund.

    Attributes:
        id: Fund.
        currency: Base currency, ISO 4217.
        nav: Net asset value, base currency; None is unknown and fails closed.
        total_assets: Total assets, base currency; None is unknown.
        net_assets: Net assets; None means "as nav".
        borrowings: Borrowings for investment, base currency.
        debt: Senior debt, base currency; None is unknown.
        other_liabilities: Liabilities that are not senior securities; None is unknown.
        personal: True for the account of a person rather than a client's fund.
        groups: Names of fund groups the fund belongs to.
        family: Fund family, None where there is none.
        regimes: Regulatory regimes it is under, e.g. "UCITS-IE".
        authorised_on: Date of authorisation, for start-up grace periods.
        benchmark: Weight (0 to 1) of each group in the fund's benchmark; an absent group weighs 0.
    """

    id: str
    currency: str
    nav: Decimal | None = None
    total_assets: Decimal | None = None
    net_assets: Decimal | None = None
    borrowings: Decimal = Decimal(0)
    debt: Decimal | None = None
    other_liabilities: Decimal | None = None
    personal: bool = False
    groups: tuple[str, ...] = ()
    family: str | None = None
    regimes: tuple[str, ...] = ()
    authorised_on: date | None = None
    benchmark: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityFacts:
    """What rules may ask of a security. None, or an absent attribute, is unknown.

    Attributes:
        id: Security.
        currency: Currency of its price, ISO 4217.
        lot: Smallest tradable step of quantity.
        factor: Price multiplier, e.g. 0.01 for pence or for bonds quoted per 100.
        accrued: Accrued interest in the units of the price.
        asset_type: e.g. "equity"; rules call it `type`.
        ultimate_parent: Head of the issuer's group; rules call it `group`.
        shares_outstanding: Shares in issue.
        adv: Average daily volume, shares a day.
        constituents: (group, weight) pairs of a fund, for look-through, whatever a rule groups by.
        constituents_by: Such pairs by the attribute whose values the groups are, e.g. `issuer`.
        constituents_on: Date of the constituents.
        attributes: Free attributes: text, bool, Decimal, or a tuple of these.
    """

    id: str
    currency: str
    lot: Decimal = Decimal(1)
    factor: Decimal = Decimal(1)
    accrued: Decimal = Decimal(0)
    asset_type: str | None = None
    issuer: str | None = None
    ultimate_parent: str | None = None
    sector: str | None = None
    industry: str | None = None
    country: str | None = None
    mic: str | None = None
    shares_outstanding: Decimal | None = None
    adv: Decimal | None = None
    constituents: tuple[tuple[str, Decimal], ...] = ()
    constituents_by: Mapping[str, tuple[tuple[str, Decimal], ...]] = field(default_factory=dict)
    constituents_on: date | None = None
    attributes: Mapping[str, object] = field(default_factory=dict)


#: Names that rules use for the fields of `SecurityFacts`; no free attribute is called so.
SECURITY_FIELDS: Final[Mapping[str, str]] = {
    "id": "id",
    "sec": "id",
    "ccy": "currency",
    "currency": "currency",
    "type": "asset_type",
    "issuer": "issuer",
    "group": "ultimate_parent",
    "ultimate_parent": "ultimate_parent",
    "sector": "sector",
    "industry": "industry",
    "country": "country",
    "mic": "mic",
    "shares_outstanding": "shares_outstanding",
    "adv": "adv",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One fund's part of an order: `quantity` is positive, the side is the order's."""

    fund_id: str
    quantity: Decimal


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An order to be tested.

    Attributes:
        order_id: Order; an open order of the same id is left out of the pending orders.
        security_id: Security.
        side: Side.
        legs: Quantity of every fund, positive.
        order_type: Word of `OrderType`, or a word of the policy such as "rights_exercise".
        limit_price: Limit, in the units of the price; None for orders without one.
        venue: Where it is meant to trade, e.g. "offering"; empty where nothing was said.
        cross_with: Fund on the other side of a cross; None where it is none.
        submitted_at: When it was submitted, for a later look at it; None while it is new.
        done: Units executed before, of the same order: limits on its size count them, those on what
            is held have them already.
    """

    order_id: str
    security_id: str
    side: Side
    legs: tuple[Leg, ...]
    order_type: str = "market"
    limit_price: Decimal | None = None
    venue: str = ""
    cross_with: str | None = None
    submitted_at: datetime | None = None
    done: Decimal = Decimal(0)


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOrder:
    """An order that may still fill. The legs carry the REMAINING quantity of every fund."""

    order_id: str
    security_id: str
    side: Side
    legs: tuple[Leg, ...]
    order_type: str = "market"
    limit_price: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One cell of one rule that did not simply pass. Numbers are exact text, None where unknown.

    Attributes:
        rule_id: Rule.
        rule_version: Its version.
        kind: Its kind.
        severity: Its severity.
        fund: Fund, or the name of the aggregate the cell belongs to.
        cell: Group within the fund (an issuer, a sector); None where the rule has one cell.
        outcome: Outcome of the cell.
        numerator_before: Worst-case numerator without the order.
        numerator_after: Worst-case numerator with it.
        denominator_before: Denominator that belongs to `numerator_before`.
        denominator_after: Denominator that belongs to `numerator_after`.
        limit: Limit as a share of the denominator (or an amount, where the denominator is 1).
        bound: "max" or "min".
        explanation: One plain sentence.
        lenient: True where the rule lets an order pass for which data is missing.
    """

    rule_id: str
    rule_version: int
    kind: str
    severity: Severity
    fund: str | None
    cell: str | None
    outcome: Outcome
    numerator_before: str | None = None
    numerator_after: str | None = None
    denominator_before: str | None = None
    denominator_after: str | None = None
    limit: str | None = None
    bound: str | None = None
    explanation: str = ""
    lenient: bool = False

    @property
    def stops(self) -> bool:
        """True where the cell keeps the order from proceeding, until it is waived at least."""
        return not action_for(self.outcome, self.severity, lenient=self.lenient).allows

    @property
    def warns(self) -> bool:
        """True where the order may proceed once a person has acknowledged it."""
        action = action_for(self.outcome, self.severity, lenient=self.lenient)
        return action is Action.ALLOW_ACK

    @property
    def excess(self) -> Fraction | None:
        """Amount over the limit (under it, for a minimum) with the order; None: not measured."""
        if None in (self.numerator_after, self.denominator_after, self.limit):
            return None
        allowed = Fraction(self.limit or 0) * Fraction(self.denominator_after or 0)
        over = Fraction(self.numerator_after or 0) - allowed
        return -over if self.bound == "min" else over


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class CellExcess:
    """How far one cell of a rule is over its limit.

    Attributes:
        fund: Fund, or the name of the aggregate; empty where the cell is of none. `EVERYWHERE` in
            what was recorded before excess was told cell by cell: the largest of any cell.
        cell: Group within the fund; empty where the rule has one cell.
        bound: "max" or "min"; empty where the rule gives no number.
        amount: Amount over the limit (under it, for a minimum), exact text; empty: not measured.
        unknown: True where the cell could not be judged, so that nobody knows if it is over; `None`
            in what was recorded before it was told.
    """

    fund: str
    cell: str
    bound: str
    amount: str
    unknown: bool | None = None

    @property
    def place(self) -> tuple[str, str, str]:
        """Which cell it is, among those of one rule."""
        return self.fund, self.cell, self.bound


#: In place of a fund: any cell of the rule.
EVERYWHERE: Final = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Answer to one candidate.

    Attributes:
        order_id: The candidate.
        outcome: Worst outcome of all rules; NOT_TESTED only where no rule was tested.
        action: Worst action.
        verdicts: Cells that did not simply pass, worst first.
        max_quantity: Largest total quantity that no rule stops, hard or soft, a multiple of the
            lot, with the legs in the proportions of the candidate; None is unlimited.
        binding_rule: Rule that sets `max_quantity`; None where unlimited.
        waiting_for: What must happen before the order may proceed: "waiver", "acknowledgement",
            "data".
        evidence: JSON text from which `compliance.explain.expand` reproduces every cell.
    """

    order_id: str
    outcome: Outcome
    action: Action
    verdicts: tuple[Verdict, ...] = ()
    max_quantity: Decimal | None = None
    binding_rule: str | None = None
    waiting_for: tuple[str, ...] = ()
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BasketEvaluation:
    """Answer to several candidates tested together.

    Attributes:
        mode: "net" where all fill, "worst" where any subset may fill.
        outcome: Worst outcome.
        action: Worst action.
        verdicts: Cells that did not simply pass, worst first.
        outcome_by_rule: Every rule and its outcome, in rule order.
        max_quantity: Largest quantity of every order with the others as they are; None: unlimited.
        binding_rule: Rule that sets each of them; None where unlimited.
        scale: Largest common factor, 0 to 1, on the culprits at which no rule stops; exact text.
        culprits: Orders that push a cell further over a limit whose rule stops them.
    """

    mode: str
    outcome: Outcome
    action: Action
    verdicts: tuple[Verdict, ...]
    outcome_by_rule: tuple[tuple[str, Outcome], ...]
    max_quantity: Mapping[str, Decimal | None]
    binding_rule: Mapping[str, str | None]
    scale: str
    culprits: tuple[str, ...]
