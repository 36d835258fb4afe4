"""Evidence turned back into arithmetic: every rule, every cell, exactly as it was judged.

`expand` needs the evidence and the rules it names, nothing else. It rebuilds the order, what was
known of its security and funds, and the sums of the cells, and judges every row again with the
code that judged it then.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from tradeoms.compliance.amounts import STEPS, Loose
from tradeoms.compliance.answer import worst_outcome
from tradeoms.compliance.evidence import read_cell, unpack
from tradeoms.compliance.facts import NOTHING, Facts, NamedList, regimes_from
from tradeoms.compliance.groupjudge import group_case
from tradeoms.compliance.judge import missing_attribute, weights_at
from tradeoms.compliance.legs import NOT_TESTED, TESTED, LegPlan, LegPlanner
from tradeoms.compliance.linear import CellResult
from tradeoms.compliance.moves import Bases, LegMove, exact_fraction, leg_move
from tradeoms.compliance.plan import DENS, Plan, compile_rules
from tradeoms.compliance.policy import Rule, content_hash
from tradeoms.compliance.prepared import union
from tradeoms.compliance.question import Question
from tradeoms.compliance.reference import RuleAnswer, answer_rule
from tradeoms.compliance.replay_outside import read_outside
from tradeoms.compliance.rowjudge import RowNumbers, disregarded, judge_row
from tradeoms.compliance.schema.figures import ExternalRule
from tradeoms.compliance.schema.measures import Weighted
from tradeoms.compliance.schema.orders import OrderRule, RestrictRule
from tradeoms.compliance.schema.sums import RatioRule
from tradeoms.compliance.standing import read_standing
from tradeoms.compliance.state import LiveState
from tradeoms.compliance.templates import Place
from tradeoms.domain.evaluation import (
    SECURITY_FIELDS,
    Candidate,
    FundFacts,
    Leg,
    Outcome,
    SecurityFacts,
)
from tradeoms.kernel.enums import Side

_NUMBERS: Final = frozenset({"adv", "shares_outstanding"})


#: Since this version rules whose cells may mix limits are not judged by sums.
_MIXED: Final = 2
#: Since this version what open orders sell is not sold once more.
_ON_SALE: Final = 3
#: Since this version a fund's own maximum holds beside one that is looked up.
_TIGHTER: Final = 3
#: Since this version an option without a delta is unknown; before, it counted with a delta of 1.
_DELTA: Final = 4
#: Since this version a limit in money that names no currency is not in that of the first fund where
#: the funds have several.
_SAID: Final = 5


class WrongRules(ValueError):
    """The evidence was made with another rule set."""

    def __init__(self, *, needed: str, given: str) -> None:
        """Keep the hashes of both."""
        self.needed = needed
        self.given = given
        super().__init__(f"the evidence names rule set {needed}, given is {given}")


class OtherSums(ValueError):
    """The evidence holds another number of sums than its rules ask for."""

    def __init__(self, found: int) -> None:
        """Keep how many there are."""
        self.found = found
        super().__init__(f"the evidence holds {found} sums; its rules ask for others")


def expand(evidence: str, rules: Sequence[Rule]) -> tuple[RuleAnswer, ...]:
    """Return every rule's cells, in rule order.

    Args:
        evidence: Text of `Evaluation.evidence`.
        rules: The rule set that the evidence names.

    Raises:
        WrongRules: If ``rules`` is another set.
        OtherSums: If it does not hold what these rules are judged by.
    """
    raw = json.loads(evidence)
    given = content_hash(rules)[:16]
    if raw["rules"] != given:
        raise WrongRules(needed=raw["rules"], given=given)
    day = date.fromisoformat(raw["day"])
    then = [_as_then(rule, raw["v"]) for rule in rules]
    plan = compile_rules(then, day, mixed=raw["v"] >= _MIXED)
    plan.written = tuple(rules)
    replay = _Replay(raw, plan)
    return tuple(replay.answer(index) for index in range(len(rules)))


def candidate_in(evidence: str) -> Candidate:
    """Return what was tested, without the id of its order."""
    return _candidate(json.loads(evidence))


def _as_then(rule: Rule, version: int) -> Rule:
    """Return a rule as it was judged in evidence of ``version``."""
    if not isinstance(rule, RatioRule):
        return rule
    changes: dict[str, Any] = {}  # values of fields, each of its own type
    if version < _TIGHTER and (rule.limit_by or rule.max_over_benchmark) is not None:
        changes["overrides"] = {
            fund: limits.model_copy(update={"max": None}) for fund, limits in rule.overrides.items()
        }
    if version < _SAID and rule.unsaid_currency:
        changes["currency"] = ""  # no word, and so that of the first fund
    return rule.model_copy(update=changes) if changes else rule


class _Replay:
    """One check, rebuilt."""

    def __init__(self, raw: dict[str, Any], plan: Plan) -> None:  # parsed JSON
        self.raw = raw
        self.plan = plan
        self.today = date.fromisoformat(raw["day"])
        self.facts = _facts(raw, plan.rules)
        self.candidate = _candidate(raw)
        now = datetime.fromisoformat(raw["now"]) if "now" in raw else None
        self.question = Question(candidates=(self.candidate,), today=self.today, now=now)
        self.state = LiveState(self.facts, plan)
        self.bases: Bases = self.state.bases
        self.written: dict[int, list[CellResult]] = {}
        for item in raw.get("also", ()):
            index, cell = read_cell(item)
            self.written.setdefault(index, []).append(cell)
        for leg in self.candidate.legs:
            self.state.adopt(_place(raw, self.facts, self.state, leg.fund_id))
        planner = LegPlanner(self.facts, plan, self.state, self.today)
        self.legs = [planner.leg(self.candidate, leg.fund_id) for leg in self.candidate.legs]
        self.slots = [
            self.state.slots(leg.place, leg.template.shape.levels, leg.template.keys)
            for leg in self.legs
        ]
        self.applies = union([leg.applies for leg in self.legs])
        self.rows: dict[int, list[CellResult]] = {}
        self.whole = frozenset(raw.get("whole", ()))
        if any(
            applies == TESTED and index not in self.whole
            for index, applies in enumerate(self.applies)
        ):
            self._judge_rows([self._move(at) for at in range(len(self.legs))])

    def answer(self, index: int) -> RuleAnswer:
        """Return what one rule said."""
        rule = self.plan.written[index]
        if self.applies[index] == NOT_TESTED:
            return RuleAnswer(rule, Outcome.NOT_TESTED, ())
        cells = list(self.written.get(index, ()))
        if index in self.whole:
            pass
        elif isinstance(rule, RestrictRule | OrderRule | ExternalRule):
            if not cells and self.applies[index] == TESTED:
                return answer_rule(self.facts, rule, self.question)
        else:
            entities = {cell.entity for cell in cells}
            cells += [cell for cell in self.rows.get(index, ()) if cell.entity not in entities]
        cells = [cell for cell in cells if not disregarded(rule, cell)]
        outcome = worst_outcome([Outcome.PASS, *(cell.outcome for cell in cells)])
        return RuleAnswer(rule, outcome, tuple(cells))

    def _judge_rows(self, moves: list[LegMove]) -> None:
        recorded = unpack(self.raw["cells"])
        if len(recorded) != sum(len(slots) for slots in self.slots):
            raise OtherSums(len(recorded))
        sums = iter(recorded)
        total = sum((Fraction(leg.quantity) for leg in self.candidate.legs), NOTHING)
        for at, leg in enumerate(self.legs):
            numbers = [next(sums) for _ in self.slots[at]]
            share = Fraction(self.candidate.legs[at].quantity) / total
            for row, spec in enumerate(leg.rows):
                row_numbers = self._numbers(moves, at, spec.at, numbers[spec.at], share, total)
                if isinstance(self.bases.terms[self._base(leg, spec.at)].measure, Weighted):
                    _, beside = weights_at(self.plan, leg, spec.at)
                    move = self._joint(moves, at, beside) or 0
                    row_numbers = replace(row_numbers, weights=(numbers[beside], move))
                for one in judge_row(self.state, leg, row, row_numbers):
                    known = self.rows.setdefault(one.rule, [])
                    if one.cell not in known:
                        known.append(one.cell)
            self._judge_groups(at, numbers, moves[at])
            for index in leg.set.unknown:
                if self.plan.rules[index].on_missing != "disregard":
                    self.rows.setdefault(index, []).extend(self._unknown(index, leg))

    def _judge_groups(self, at: int, numbers: list[int], moved: LegMove) -> None:
        """Judge the rules about groups again, from the recorded standings."""
        leg = self.legs[at]
        for row, raw in zip(
            leg.set.groups, self.raw.get("groups", [()] * len(self.legs))[at], strict=True
        ):
            move = moved.move[self._base(leg, row.main)]
            sums = dict(enumerate(numbers))
            case = group_case(self.state, leg, row, read_standing(raw), sums, move)
            if case is not None:
                self.rows.setdefault(case.rule, []).extend(case.cells())

    def _numbers(
        self,
        moves: list[LegMove],
        leg: int,
        at: int,
        num: int,
        share: Fraction,
        total: Fraction,
    ) -> RowNumbers:
        base = self._base(self.legs[leg], at)
        move = self._joint(moves, leg, at)
        slope = exact_fraction(move or 0) / total
        changed = move != 0
        if self.bases.terms[base].curved:
            changed = moves[leg].changes(base)
            slope = exact_fraction(moves[leg].slope[base] or 0) * share
        return RowNumbers(
            num=num,
            move=move,
            slope=slope,
            shift=moves[leg].shift[base] / share,
            changed=changed,
            missing=False,
            total=total,
            lot=Fraction(1),
            lack=self.facts.lack(self.candidate.security_id),
            reduction=min(self._reduction(*part) for part in self._touching(leg, at)),
        )

    def _touching(self, leg: int, at: int) -> list[tuple[int, int]]:
        """Return every leg and position that count in the slot of one of them."""
        slot = self.slots[leg][at]
        return [
            (other, position)
            for other, slots in enumerate(self.slots)
            for position in (slots == slot).nonzero()[0].tolist()
        ]

    def _joint(self, moves: list[LegMove], leg: int, at: int) -> int | None:
        """Return what the whole order adds to a slot; None where a price or rate is missing."""
        parts = [
            moves[other].move[self._base(self.legs[other], position)]
            for other, position in self._touching(leg, at)
        ]
        return None if None in parts else sum(part or 0 for part in parts)

    def _base(self, leg: LegPlan, at: int) -> int:
        return int(self.bases.of_term[leg.template.shape.terms[at]])

    def _held(self, leg: int) -> list[int]:
        held = self.raw.get("held")
        return [0, 0, 0] if held is None else held[leg]

    def _reduction(self, leg: int, at: int) -> Fraction:
        left, _, sold = self._held(leg)
        kind = self.plan.slot_types[self.legs[leg].template.shape.slot_types[at]]
        if kind.mode != "none" and self.raw["v"] >= _ON_SALE:
            left += sold
        quantity = self.candidate.side.sign * Fraction(self.candidate.legs[leg].quantity)
        return Fraction(left, 10**STEPS) / -quantity if quantity < 0 < left else NOTHING

    def _move(self, leg: int) -> LegMove:
        settled, bought, sold = self._held(leg)
        quantity = Fraction(self.candidate.legs[leg].quantity) * 10**STEPS
        return leg_move(
            self.state.valuer,
            self.bases,
            self.legs[leg].place,
            self.candidate,
            steps=self.candidate.side.sign * int(quantity),
            settled=settled,
            loose=[Loose(bought, self.candidate), Loose(sold, self.candidate)],
        )

    def _unknown(self, index: int, leg: LegPlan) -> Iterator[CellResult]:
        cube = self.plan.cubes[self.plan.slot_types[self.plan.tests[index][0].slot_type].cube]
        entity = self.state.names[leg.place.entities[leg.place.levels.index(cube.level)]]
        yield CellResult(
            entity=entity,
            key=None,
            outcome=Outcome.UNKNOWN,
            reason=missing_attribute(self.candidate.security_id),
        )


def _place(raw: dict[str, Any], facts: Facts, state: LiveState, fund_id: str) -> Place:
    """Return where a fund's holdings counted, with the aggregates that were recorded."""
    above = {item[0]: item for item in raw.get("above", ())}
    fund = facts.funds[fund_id]
    place = state.place(fund_id)
    entities, currencies = list(place.entities), list(place.currencies)
    for at, level in enumerate(place.levels):
        if level == "fund":
            continue
        name = f"family:{fund.family}" if level == "family" else level
        item = next(one for one in above.values() if one[1] == name)
        currencies[at] = item[2]
        values = [None if text is None else Fraction(text) for text in item[3:]]
        state.den_exact[entities[at] * len(DENS) : (entities[at] + 1) * len(DENS)] = values
    return Place(fund_id, place.kind, place.cubes, place.levels, tuple(entities), tuple(currencies))


def _facts(raw: dict[str, Any], rules: Sequence[Rule]) -> Facts:
    facts = Facts()
    sec = raw["sec"]
    security = _security(sec)
    if raw["v"] < _DELTA and "mult" in security.attributes:
        security = replace(security, attributes={"delta": Decimal(1), **security.attributes})
    facts.securities[security.id] = security
    price = sec["price"]
    mark = None if price is None else Decimal(price)
    facts.set_price(security.id, mark, None, why_none=sec.get("unpriced", ""))
    for currency, rate in raw.get("fx", {}).items():
        facts.fx[security.currency, currency] = Decimal(rate)
    unsure = set(sec.get("unsure", ()))
    for rule in rules:
        name = rule.list if isinstance(rule, RestrictRule) else None
        if isinstance(name, str) and name not in unsure:
            on = name in sec.get("on", ())
            facts.lists[name] = NamedList(members=frozenset({security.id} if on else ()))
    for fund, _ in raw["legs"]:
        facts.funds[fund["id"]] = _fund(fund)
    read_outside(raw, security, rules, facts.outside)
    return facts


def _security(raw: dict[str, Any]) -> SecurityFacts:
    known: dict[str, Any] = {}
    free: dict[str, object] = {}
    for name, value in raw["is"].items():
        own = SECURITY_FIELDS.get(name)
        if own in (None, "id", "currency"):
            free[name] = tuple(value) if isinstance(value, list) else value
        else:
            known[own] = Decimal(value) if own in _NUMBERS else value
    for name in ("lot", "factor", "accrued"):
        if name in raw:
            known[name] = Decimal(raw[name])
    return SecurityFacts(id=raw["id"], currency=raw["ccy"], attributes=free, **known)


def _fund(raw: dict[str, Any]) -> FundFacts:
    def amount(name: str) -> Decimal | None:
        return Decimal(raw[name]) if name in raw else None

    return FundFacts(
        id=raw["id"],
        currency=raw["ccy"],
        nav=amount("nav"),
        total_assets=amount("ta"),
        net_assets=amount("na"),
        borrowings=amount("debt") or Decimal(0),
        groups=tuple(raw.get("groups", ())),
        family=raw.get("family"),
        regimes=regimes_from(raw.get("regime")),
        authorised_on=date.fromisoformat(raw["since"]) if "since" in raw else None,
        benchmark={name: Decimal(weight) for name, weight in raw.get("benchmark", {}).items()},
    )


def _candidate(raw: dict[str, Any]) -> Candidate:
    return Candidate(
        order_id="",
        security_id=raw["sec"]["id"],
        side=Side(raw["side"]),
        legs=tuple(
            Leg(fund_id=fund["id"], quantity=Decimal(quantity)) for fund, quantity in raw["legs"]
        ),
        order_type=raw["type"],
        limit_price=Decimal(raw["limit"]) if raw["limit"] else None,
        done=Decimal(raw.get("done", 0)),
    )
