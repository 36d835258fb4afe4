"""The live compliance state: facts, rules, open orders; and the checks against them.

One writer keeps a book (the engine), and every replica that answers what-if questions keeps its
own, from the same setters. A check reads; `reserve` makes an order count in the checks that follow.
Quantities and prices are Decimal, money is in the currency named.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from tradeoms.compliance.answer import verdicts_of, worst_action, worst_outcome
from tradeoms.compliance.basket import evaluate_basket, largest_quantity
from tradeoms.compliance.exact import decimal_of
from tradeoms.compliance.facts import Facts, NamedList, Sent
from tradeoms.compliance.policy import Rule, content_hash
from tradeoms.compliance.question import Question
from tradeoms.compliance.reference import answer_rule
from tradeoms.domain.evaluation import (
    Action,
    BasketEvaluation,
    Candidate,
    Evaluation,
    FundFacts,
    OpenOrder,
    Outcome,
    SecurityFacts,
    Severity,
    Verdict,
)
from tradeoms.kernel.enums import Side

#: How long a sent message is remembered for rate and repetition limits.
SENT_MEMORY: Final = timedelta(days=1)


class ComplianceBook:
    """Facts, rules and open orders of the firm, and the checks against them."""

    def __init__(self) -> None:
        self.facts: Final = Facts()
        self.rules: tuple[Rule, ...] = ()
        self.rules_hash = content_hash(())

    def put_fund(self, fund: FundFacts) -> None:
        """Add or replace a fund."""
        self.facts.funds[fund.id] = fund

    def put_security(self, security: SecurityFacts) -> None:
        """Add or replace a security."""
        self.facts.securities[security.id] = security
        self.facts.forget_units()

    def put_price(self, *, security_id: str, price: Decimal | None, as_of: date) -> None:
        """Set the mark of a security, in its own units; None is unknown."""
        self.facts.prices[security_id] = (price, as_of)
        self.facts.forget_units()

    def put_fx(self, *, from_currency: str, to_currency: str, rate: Decimal) -> None:
        """Set how many of ``to_currency`` one of ``from_currency`` is worth; one way only."""
        self.facts.fx[from_currency, to_currency] = rate
        self.facts.forget_units()

    def put_list(self, name: str, members: Collection[str], *, attribute: str = "id") -> None:
        """Add or replace a named list, matched against ``attribute`` of securities."""
        self.facts.lists[name] = NamedList(members=frozenset(members), attribute=attribute)

    def put_rules(self, rules: Sequence[Rule]) -> None:
        """Replace the rule set; its order decides which of two equal rules is binding."""
        self.rules = tuple(rules)
        self.rules_hash = content_hash(self.rules)

    def set_position(self, fund_id: str, security_id: str, quantity: Decimal) -> None:
        """Set the settled position, signed."""
        self.facts.positions.setdefault(fund_id, {})[security_id] = quantity

    def add_position(self, fund_id: str, security_id: str, delta: Decimal) -> None:
        """Change the settled position by ``delta``, signed."""
        held = self.facts.held(fund_id).get(security_id, Decimal(0))
        self.set_position(fund_id, security_id, held + delta)

    def set_cash(self, fund_id: str, currency: str, amount: Decimal) -> None:
        """Set the settled cash of one currency."""
        self.facts.cash.setdefault(fund_id, {})[currency] = amount

    def add_cash(self, fund_id: str, currency: str, delta: Decimal) -> None:
        """Change the settled cash of one currency by ``delta``."""
        held = self.facts.cash.get(fund_id, {}).get(currency, Decimal(0))
        self.set_cash(fund_id, currency, held + delta)

    def set_nav(
        self, fund_id: str, nav: Decimal | None, *, total_assets: Decimal | None = None
    ) -> None:
        """Set net asset value, and total assets where given, in the fund's base currency."""
        fund = self.facts.funds[fund_id]
        assets = fund.total_assets if total_assets is None else total_assets
        self.put_fund(replace(fund, nav=nav, total_assets=assets))

    def reserve(self, order: OpenOrder) -> None:
        """Let an open order count; it replaces an earlier one of the same id."""
        self.facts.reserve(order)

    def release(self, order_id: str) -> None:
        """Let an open order count no longer; unknown ids are ignored."""
        self.facts.release(order_id)

    def note_sent(
        self, *, fund_id: str, security_id: str, side: Side, quantity: Decimal, at: datetime
    ) -> None:
        """Remember one message sent to the market, for rate and repetition limits."""
        sent = self.facts.sent
        while sent and sent[0].at < at - SENT_MEMORY:
            sent.pop(0)
        sent.append(Sent(fund_id=fund_id, security_id=security_id, side=side, quantity=quantity,
                         at=at))

    def check(self, candidate: Candidate, *, today: date, now: datetime | None = None) -> Evaluation:
        """Test one order; nothing is reserved."""
        problem = self._problem(candidate)
        if problem is not None:
            return refusal(candidate, problem)
        question = Question(candidates=(candidate,), today=today, now=now)
        answers = [answer_rule(self.facts, rule, question) for rule in self.rules]
        most, binding = largest_quantity(self.facts, self.rules, question, candidate)
        outcome = worst_outcome(answer.outcome for answer in answers)
        action = worst_action(answers)
        return Evaluation(
            order_id=candidate.order_id, outcome=outcome, action=action,
            verdicts=verdicts_of(answers),
            max_quantity=None if most is None else decimal_of(most), binding_rule=binding,
            waiting_for=waiting_for(outcome, action), evidence=answers,
        )

    def check_basket(
        self,
        candidates: Sequence[Candidate],
        *,
        mode: str,
        today: date,
        now: datetime | None = None,
    ) -> BasketEvaluation:
        """Test several orders together: `net` (all fill) or `worst` (any subset may fill)."""
        for candidate in candidates:
            problem = self._problem(candidate)
            if problem is not None:
                raise ValueError(f"{candidate.order_id}: {problem}")
        question = Question(candidates=tuple(candidates), today=today, now=now,
                            any_subset=mode == "worst")
        return evaluate_basket(self.facts, self.rules, question)[0]

    def check_batch(
        self, candidates: Sequence[Candidate], *, today: date, now: datetime | None = None
    ) -> list[Evaluation]:
        """Test orders one after the other; each allowed one counts for those behind it.

        The reservations are part of the book afterwards.
        """
        found = []
        for candidate in candidates:
            evaluation = self.check(candidate, today=today, now=now)
            if evaluation.action.allows:
                self.reserve(open_order(candidate))
            found.append(evaluation)
        return found

    def _problem(self, candidate: Candidate) -> str | None:
        """Say why the order cannot be tested at all."""
        facts = self.facts
        if candidate.security_id not in facts.securities:
            return f"security {candidate.security_id} is unknown"
        if not candidate.legs:
            return "the order has no quantity"
        for leg in candidate.legs:
            if leg.fund_id not in facts.funds:
                return f"fund {leg.fund_id} is unknown"
            if leg.quantity <= 0:
                return "the quantity must be positive"
        return None


def open_order(candidate: Candidate) -> OpenOrder:
    """Return ``candidate`` as an open order, nothing filled."""
    return OpenOrder(
        order_id=candidate.order_id, security_id=candidate.security_id, side=candidate.side,
        legs=candidate.legs, order_type=candidate.order_type, limit_price=candidate.limit_price,
    )


def waiting_for(outcome: Outcome, action: Action) -> tuple[str, ...]:
    """Say what must happen before the order may proceed."""
    waits = []
    if outcome is Outcome.UNKNOWN or (outcome is Outcome.BREACH and action is Action.ALLOW):
        waits = ["data"] if outcome is Outcome.UNKNOWN and not action.allows else []
    if action is Action.BLOCK_SOFT:
        waits.append("waiver")
    if action is Action.ALLOW_ACK:
        waits.append("acknowledgement")
    return tuple(waits)


def refusal(candidate: Candidate, problem: str) -> Evaluation:
    """Return the answer to an order that cannot be tested: never a pass."""
    verdict = Verdict(
        rule_id="", rule_version=0, kind="order", severity=Severity.HARD, fund=None, cell=None,
        outcome=Outcome.UNKNOWN, explanation=f"The order cannot be tested: {problem}.",
    )
    return Evaluation(
        order_id=candidate.order_id, outcome=Outcome.UNKNOWN, action=Action.BLOCK_HARD,
        verdicts=(verdict,), waiting_for=("data",),
    )
