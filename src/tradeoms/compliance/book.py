"""The live compliance state: facts, rules, open orders; and the checks against them.

One writer keeps a book (the engine), and every replica that answers what-if questions keeps its
own, from the same setters. A check reads; `reserve` makes an order count in the checks that follow.
Quantities and prices are Decimal, money is in the currency named.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Final

from tradeoms.compliance.batch import check_batch
from tradeoms.compliance.checker import Checker
from tradeoms.compliance.evaluated import evaluated_all
from tradeoms.compliance.evidence import Recorder
from tradeoms.compliance.facts import Facts, NamedList
from tradeoms.compliance.messages import Messages
from tradeoms.compliance.outside import Outside
from tradeoms.compliance.plan import Plan, compile_rules
from tradeoms.compliance.policy import Rule, content_hash
from tradeoms.compliance.prepared import open_order
from tradeoms.compliance.question import Question
from tradeoms.compliance.state import LiveState
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


class ComplianceBook:
    """Facts, rules and open orders of the firm, and the checks against them."""

    def __init__(self) -> None:
        self.facts: Final = Facts()
        self.messages: Final = Messages(self.facts)
        self.rules: tuple[Rule, ...] = ()
        self.rules_hash = content_hash(())
        self._plan: Plan | None = None
        self._compiled_on: date | None = None
        self._state: LiveState | None = None
        self._recorder: Recorder | None = None
        self._today: Checker | None = None
        self._out: Final[dict[tuple[str, str], None]] = {}
        self._cash_out: Final[dict[str, None]] = {}

    def put_fund(self, fund: FundFacts) -> None:
        """Add or replace a fund."""
        old = self.facts.funds.get(fund.id)
        self.facts.funds[fund.id] = fund
        if self._state is None:
            return
        if old is None or _standing(old) != _standing(fund):
            self._state = None
            return
        self._state.refresh_denominators(fund.id)
        if self._today is not None:
            self._today.singles.forget()
        assert self._recorder is not None
        self._recorder.forget_fund(fund.id)

    def put_security(self, security: SecurityFacts) -> None:
        """Add or replace a security."""
        old = self.facts.securities.get(security.id)
        if old == security:
            return

        def replace_it() -> None:
            self.facts.securities[security.id] = security
            if self._state is not None:
                if old is not None:
                    self._state.templates.forget(security.id)
                self._today = None  # it may be the underlying that others were looked up without

        self._change_security(security.id, replace_it)

    def put_price(
        self, *, security_id: str, price: Decimal | None, as_of: date, why_none: str = ""
    ) -> None:
        """Set the mark, in the security's units; None is unknown, perhaps with a reason why."""
        mark = partial(self.facts.set_price, security_id, price, as_of, why_none=why_none)
        if self.facts.has_price(security_id, price, why_none=why_none):
            mark()
        else:
            self._change_security(security_id, mark)

    def _change_security(self, security_id: str, change: Callable[[], None]) -> None:
        """Take the holdings of a security out of the sums, change it, and put them back."""
        self._settle()
        state = self._state
        holders = [] if state is None else state.holders(security_id)
        for fund_id in holders:
            assert state is not None
            state.before_change(fund_id, security_id)
        change()
        self.facts.forget_units(security_id)
        if state is None:
            return
        assert self._recorder is not None
        state.valuer.forget(security_id)
        self._recorder.forget_security(security_id)
        for fund_id in holders:
            state.after_change(fund_id, security_id)

    def put_fx(
        self, *, from_currency: str, to_currency: str, rate: Decimal | None, why_none: str = ""
    ) -> None:
        """Set how many of ``to_currency`` one of ``from_currency`` is worth; None counts not."""
        if self.facts.set_rate((from_currency, to_currency), rate, why_none):
            self.facts.forget_units()
            self._state = None

    def put_list(self, name: str, members: Collection[str], *, attribute: str = "id") -> None:
        """Add or replace a named list, matched against ``attribute`` of securities."""
        self.facts.lists[name] = NamedList(members=frozenset(members), attribute=attribute)
        self._forget_security_answers()

    def put_rules(self, rules: Sequence[Rule]) -> None:
        """Replace the rule set; its order decides which of two equal rules is binding."""
        self.rules = tuple(rules)
        self.rules_hash = content_hash(self.rules)
        self.messages.look_back(self.rules)
        self._plan = self._state = None

    def outside_changed(self) -> None:
        """Drop what was made from amounts in issue or last reports: they have changed."""
        self._forget_security_answers()

    def _forget_security_answers(self) -> None:
        """Drop what the day's checker and the recorder remember of securities."""
        self._today = None
        if self._state is not None:
            assert self._plan is not None
            self._recorder = Recorder(self.facts, self._plan, self.rules_hash)

    def set_position(self, fund_id: str, security_id: str, quantity: Decimal) -> None:
        """Set the settled position, signed."""
        self._take_out((fund_id,), security_id)
        self.facts.set_position(fund_id, security_id, quantity)

    def add_position(self, fund_id: str, security_id: str, delta: Decimal) -> None:
        """Change the settled position by ``delta``, signed."""
        held = self.facts.held(fund_id).get(security_id, Decimal(0))
        self.set_position(fund_id, security_id, held + delta)

    def set_cash(self, fund_id: str, currency: str, amount: Decimal) -> None:
        """Set the settled cash of one currency."""
        if self._state is not None and fund_id not in self._cash_out:
            self._state.before_cash(fund_id)
            self._cash_out[fund_id] = None
        self.facts.cash.setdefault(fund_id, {})[currency] = amount

    def add_cash(self, fund_id: str, currency: str, delta: Decimal) -> None:
        """Change the settled cash of one currency by ``delta``."""
        held = self.facts.cash.get(fund_id, {}).get(currency, Decimal(0))
        self.set_cash(fund_id, currency, held + delta)

    def set_nav(
        self, fund_id: str, nav: Decimal | None, *, total_assets: Decimal | None = None
    ) -> None:
        """Set net asset value and total assets, in the fund's base currency; None is unknown."""
        fund = self.facts.funds[fund_id]
        self.put_fund(replace(fund, nav=nav, total_assets=total_assets))

    def reserve(self, order: OpenOrder) -> None:
        """Let an open order count; it replaces an earlier one of the same id."""
        if self.facts.open_orders.get(order.order_id) == order:
            return
        self.release(order.order_id)
        self._take_out([leg.fund_id for leg in order.legs], order.security_id)
        self.facts.reserve(order)

    def release(self, order_id: str) -> None:
        """Let an open order count no longer; unknown ids are ignored."""
        order = self.facts.open_orders.get(order_id)
        if order is None:
            return
        self._take_out([leg.fund_id for leg in order.legs], order.security_id)
        self.facts.release(order_id)

    def _take_out(self, fund_ids: Iterable[str], security_id: str) -> None:
        """Take holdings that are about to change out of the sums, until someone asks.

        A holding that changes many times between two checks is thereby added up once.
        """
        if self._state is None:
            return
        for fund_id in fund_ids:
            if (fund_id, security_id) not in self._out:
                self._state.before_change(fund_id, security_id)
                self._out[fund_id, security_id] = None

    def _settle(self) -> None:
        """Put what was taken out back into the sums, as it is now."""
        if self._state is not None:
            for fund_id, security_id in self._out:
                self._state.after_change(fund_id, security_id)
            for fund_id in self._cash_out:
                self._state.after_cash(fund_id)
        self._out.clear()
        self._cash_out.clear()

    def change_outside(self, change: Callable[[Outside], None]) -> None:
        """Change what is known beside holdings; what was made from it is made anew."""
        change(self.facts.outside)
        self.outside_changed()

    def warm(self, fund_id: str, *, today: date) -> None:
        """Add up a fund now, so that its first order need not wait for it."""
        self._checker(today)
        assert self._state is not None
        self._state.build([fund_id])

    def check(
        self, candidate: Candidate, *, today: date, now: datetime | None = None
    ) -> Evaluation:
        """Test one order; nothing is reserved."""
        problem = self._problem(candidate)
        if problem is not None:
            return refusal(candidate, problem)
        own = self.facts.open_orders.get(candidate.order_id)
        if own is not None:
            self.release(own.order_id)
        try:
            return self._check(candidate, today, now)
        finally:
            if own is not None:
                self.reserve(own)

    def _check(self, candidate: Candidate, today: date, now: datetime | None) -> Evaluation:
        checker = self._checker(today)
        passed = checker.answer_single(candidate, now, reserving=False)
        if passed is not None:
            return passed
        prepared = checker.preparer.prepare([candidate], reserving=False)[0]
        return (
            checker.answer([prepared], now)[0]
            if prepared.moves
            else checker.by_reference(prepared, now)
        )

    def _checker(self, today: date) -> Checker:
        """Return the checker of the day, its sums up to date; what was dropped is made anew."""
        self._settle()
        if self._plan is None or self._compiled_on != today:
            self._compile(today)
        assert self._plan is not None
        if self._state is None:
            self._state = LiveState(self.facts, self._plan)
            self._recorder = Recorder(self.facts, self._plan, self.rules_hash)
            self._today = None
        if self._today is None or self._today.today != today:
            assert self._recorder is not None
            self._today = Checker(self.facts, self._plan, self._state, today, self._recorder)
        return self._today

    def check_each(
        self, candidates: Sequence[Candidate], *, today: date, now: datetime | None = None
    ) -> list[Evaluation]:
        """Test every order as if it were the only one; nothing is reserved."""
        found: dict[int, Evaluation] = {}
        together: list[int] = []
        for index, candidate in enumerate(candidates):
            problem = self._problem(candidate)
            if problem is not None:
                found[index] = refusal(candidate, problem)
            elif candidate.order_id in self.facts.open_orders:
                found[index] = self.check(candidate, today=today, now=now)
            else:
                together.append(index)
        checker = self._checker(today)
        prepared = checker.preparer.prepare([candidates[at] for at in together], reserving=False)
        staged = []
        for index, one in zip(together, prepared, strict=True):
            if one.moves:
                staged.append((index, one))
            else:
                found[index] = checker.by_reference(one, now)
        if staged:
            answers = checker.answer([one for _, one in staged], now)
            found.update(zip([index for index, _ in staged], answers, strict=True))
        return [found[index] for index in range(len(candidates))]

    def _compile(self, today: date) -> None:
        """Compile the rules of the day, where they differ from those compiled last."""
        if self._plan is None or self._plan.rules != evaluated_all(self.rules, today):
            self._plan = compile_rules(self.rules, today)
            self._state = None
        self._compiled_on = today

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
        question = Question(
            candidates=tuple(candidates), today=today, now=now, any_subset=mode == "worst"
        )
        return self._checker(today).baskets.answer(question)

    def check_batch(
        self, candidates: Sequence[Candidate], *, today: date, now: datetime | None = None
    ) -> list[Evaluation]:
        """Test orders one after the other; each allowed one counts for those behind it.

        The reservations are part of the book afterwards.
        """
        found = {
            index: refusal(candidate, problem)
            for index, candidate in enumerate(candidates)
            if (problem := self._problem(candidate)) is not None
        }
        sound = [index for index in range(len(candidates)) if index not in found]
        checker = self._checker(today)
        assert self._state is not None

        def one_by_one(candidate: Candidate) -> Evaluation:
            evaluation = self.check(candidate, today=today, now=now)
            if evaluation.action.allows:
                self.reserve(open_order(candidate))
            self._settle()
            return evaluation

        answers = check_batch(
            checker,
            self._state,
            [candidates[index] for index in sound],
            now,
            one_by_one,
        )
        found.update(zip(sound, answers, strict=True))
        return [found[index] for index in range(len(candidates))]

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


def _standing(fund: FundFacts) -> tuple[object, ...]:
    """What decides which rules apply to a fund and where its holdings count."""
    return (
        fund.currency,
        fund.groups,
        fund.family,
        fund.regimes,
        fund.authorised_on,
        tuple(fund.benchmark.items()),
    )


def refusal(candidate: Candidate, problem: str) -> Evaluation:
    """Return the answer to an order that cannot be tested: never a pass."""
    verdict = Verdict(
        rule_id="",
        rule_version=0,
        kind="order",
        severity=Severity.HARD,
        fund=None,
        cell=None,
        outcome=Outcome.UNKNOWN,
        explanation=f"The order cannot be tested: {problem}.",
    )
    return Evaluation(
        order_id=candidate.order_id,
        outcome=Outcome.UNKNOWN,
        action=Action.BLOCK_HARD,
        verdicts=(verdict,),
        waiting_for=("data",),
    )
