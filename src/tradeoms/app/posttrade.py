"""Computes post-trade runs beside the engine, and hands the results in.

It follows the journal like any replica. All funds of a run are tested on one state; each result
goes to the engine as one command that names the journal position of that state, and the engine
takes it or says that it is too old. The engine itself measures nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

import sqlalchemy as sa
import structlog

from tradeoms.app.identity import Clock
from tradeoms.app.known import fund_facts, security_facts
from tradeoms.app.pretrade import Pretrade
from tradeoms.app.replica import Replica
from tradeoms.app.wire import Outcome
from tradeoms.compliance import clock as cure_clock
from tradeoms.compliance.base import Base, read_base, write_base
from tradeoms.compliance.classify import Past, attribute
from tradeoms.compliance.cured import Place, why_not_within
from tradeoms.compliance.exact import exact_text
from tradeoms.compliance.facts import Facts
from tradeoms.compliance.policy import Rule, read_rule
from tradeoms.compliance.sentences import name_in, sentence
from tradeoms.compliance.statecheck import Verdict, only_acquisitions, settled, subjects
from tradeoms.compliance.sweep import Swept, sweep
from tradeoms.domain.case.commands import RecordFundRun
from tradeoms.domain.case.events import FundRunRecorded
from tradeoms.domain.case.findings import ACTING, BreachKind, Classification, Finding, Remeasured
from tradeoms.domain.case.state import Case, FundRun, Run
from tradeoms.domain.evaluation import Outcome as Verdicts
from tradeoms.kernel.errors import TradeomsError
from tradeoms.projections import queries_past
from tradeoms.projections.queries_checks import rules_at

#: How often a run computes again what the engine called too old.
_TRIES: Final = 5
#: Said of what is over the limit of a rule for acquisitions, and by no acquisition.
_NOT_ACQUIRED: Final = "Over the limit by no acquisition, so no breach of this rule."

Submit = Callable[[str, object], Outcome]
Progress = Callable[[int, int], None]

log = structlog.get_logger(__name__)


class RunRefused(TradeomsError):
    """The engine did not take a result."""

    def __init__(self, *, run_id: str, fund: str, reason: str) -> None:
        """Keep what was refused, and why."""
        super().__init__(f"run {run_id}, {fund}: {reason}")


@dataclass(slots=True)
class _State:
    """The state that a run tests: everything as of one journal position."""

    pretrade: Pretrade
    facts: Facts
    rules: tuple[Rule, ...]
    seq: int
    today: date


class Runner:
    """Computes runs. Not for more than one thread."""

    def __init__(self, replica: Replica, database: sa.Engine, submit: Submit, clock: Clock) -> None:
        """Follow with ``replica``, look the past up in ``database``, hand results to ``submit``."""
        self._replica = replica
        self._database = database
        self._submit = submit
        self._clock = clock
        self._pasts: dict[tuple[str, str], tuple[FundRunRecorded, Base] | None] = {}
        self._rules_then: dict[int, dict[str, Rule]] = {}

    def run(self, run_id: str, progress: Progress | None = None) -> Run:
        """Test every fund that still waits for a result of the run; return the finished run.

        Raises:
            RunRefused: If the engine does not take a result.
        """
        for _ in range(_TRIES):
            state = self._state()
            run = state.pretrade.book.runs.get(run_id)
            if run is None:
                raise RunRefused(run_id=run_id, fund="", reason="there is no such open run")
            if run.is_finished:
                return run
            self._pasts.clear()
            self._test(state, run, progress)
        raise RunRefused(run_id=run_id, fund="", reason="the funds change faster than they test")

    def _state(self) -> _State:
        pretrade = self._replica.refresh()
        book = pretrade.compliance
        today = pretrade.today(self._clock.now())
        return _State(pretrade, settled(book.facts), book.rules, self._replica.seq, today)

    def _test(self, state: _State, run: Run, progress: Progress | None) -> None:
        names = set(run.waiting)
        swept = sweep(state.facts, state.rules, state.today, names=names)
        done = len(run.funds) - len(run.waiting)
        for number, name in enumerate(run.waiting, start=1):
            command = self._result(state, run, swept, name)
            outcome = self._submit("RecordFundRun", command)
            codes = {problem.code for problem in outcome.problems}
            if outcome.status != "accepted" and not codes <= {"run_stale", "run_recorded"}:
                reason = "; ".join(problem.detail for problem in outcome.problems)
                raise RunRefused(run_id=run.id, fund=name, reason=reason or outcome.status)
            if progress is not None:
                progress(done + number, len(run.funds))

    def _result(self, state: _State, run: Run, swept: Swept, name: str) -> RecordFundRun:
        verdicts = swept.verdicts.get(name, [])
        last = state.pretrade.book.fund_runs.get(name)
        findings = tuple(self._finding(state, last, name, one) for one in verdicts)
        counts = Counter(one.outcome for one in findings)
        order = {outcome.value: outcome.badness for outcome in Verdicts}
        return RecordFundRun(
            run_id=run.id,
            fund=name,
            as_of_seq=state.seq,
            trade_on=state.today,
            rules_hash=state.pretrade.compliance.rules_hash,
            cells=swept.cells.get(name, 0),
            outcomes=tuple(sorted(counts.items(), key=lambda pair: order[pair[0]])),
            findings=findings,
            base=write_base(state.facts, _members(state.facts, name)),
            tested=swept.tested(name),
            remeasured=tuple(self._remeasured(state, swept, name, findings)),
        )

    @staticmethod
    def _remeasured(
        state: _State, swept: Swept, name: str, findings: Sequence[Finding]
    ) -> Iterator[Remeasured]:
        """Measure the cells of the open cases that an acting rule tests and finds no breach of."""
        book, tested = state.pretrade.book, dict(swept.tested(name))
        rules = {rule.id: rule for rule in state.rules}
        found = {(one.rule_id, one.cell) for one in findings if one.is_breach}
        for (_, rule_id, cell), case_id in book.cases_of.get(name, {}).items():
            case = book.cases[case_id]
            if case.is_open and (rule_id, cell) not in found and tested.get(rule_id) in ACTING:
                now = then = rules[rule_id]
                if case.finding.rule_version != now.version:
                    version = book.rules[rule_id, case.finding.rule_version]
                    then = read_rule(version.definition)
                fund = subjects(state.facts, now, state.today)[name]
                place = Place(name, fund, cell or None, case.finding.bound)
                why, detail = why_not_within(state.facts, then, now, place, state.today)
                word = "" if why is None else why.value
                yield Remeasured(rule_id=rule_id, cell=cell, unmeasured=word, detail=detail)

    def _finding(self, state: _State, last: FundRun | None, name: str, found: Verdict) -> Finding:
        rule, result = found.rule, found.result
        base_run = "" if last is None else last.base_for(rule.id, found.key or "")
        due = cure_clock.due_on(rule.cure, state.today)
        breach = result.outcome is Verdicts.BREACH
        cause = self._cause(state, name, found, base_run) if breach else None
        said = result.reason or sentence(rule, result, partial(name_in, state.facts))
        outcome = result.outcome
        if cause is not None and cause.kind is BreachKind.PASSIVE and only_acquisitions(rule):
            breach, outcome, said = False, Verdicts.WARN, f"{_NOT_ACQUIRED} {said}"
        return Finding(
            rule_id=rule.id,
            rule_version=rule.version,
            rule_kind=rule.kind,
            severity=rule.severity.value,
            cell=found.key or "",
            outcome=outcome.value,
            numerator=exact_text(result.num_after) or "",
            denominator=exact_text(result.den_after) or "",
            limit=exact_text(result.limit) or "",
            bound=result.bound or "",
            excess=exact_text(found.excess) or "",
            explanation=said,
            base_run=base_run,
            cause=cause,
            due_on=due if breach else None,
            steps=cure_clock.steps(rule.cure, due) if breach else (),
        )

    def _cause(self, state: _State, name: str, found: Verdict, base_run: str) -> Classification:
        """Whose doing it is; a case whose amount is as before keeps what was said of it."""
        case = self._case(state, name, found)
        if case is not None and case.is_open and case.cause is not None:
            base_run = case.cause.base_run
            if case.finding.excess == (exact_text(found.excess) or ""):
                return case.cause
        past = self._past(base_run, name, found.rule.id, state) if base_run else None
        if past is None:
            note = "there is no earlier run in which it complied"
            return Classification(kind=BreachKind.ACTIVE, note=note)
        fund = subjects(state.facts, found.rule, state.today)[name]
        return attribute(
            state.facts, past, found.rule, fund, state.today,
            now=found.result, base_run=base_run,
        )  # fmt: skip

    @staticmethod
    def _case(state: _State, name: str, found: Verdict) -> Case | None:
        book = state.pretrade.book
        case_id = book.cases_of.get(name, {}).get((name, found.rule.id, found.key or ""))
        return None if case_id is None else book.cases[case_id]

    def _past(self, run_id: str, name: str, rule_id: str, state: _State) -> Past | None:
        """What was known when ``run_id`` tested the fund; benchmarks, constituents are of now."""
        with self._database.connect() as link:
            key = (run_id, name)
            if key not in self._pasts:
                event = queries_past.fund_run(link, run_id, name)
                self._pasts[key] = None if event is None else (event, read_base(event.base))
            known = self._pasts[key]
            if known is None:
                return None
            event, base = known
            at = event.as_of_seq
            if at not in self._rules_then:
                then = [read_rule(r.definition) for r in rules_at(link, at + 1)]
                self._rules_then[at] = {rule.id: rule for rule in then}
            held = {s for one in base.positions.values() for s in one}
            securities = queries_past.securities_at(link, at, held)
            funds = queries_past.funds_at(link, at, base.positions)
        outside, now = state.pretrade.book.outside, state.facts.funds
        return Past(
            base=base,
            rule=self._rules_then[at].get(rule_id),
            securities={name: security_facts(one, outside) for name, one in securities.items()},
            funds={code: fund_facts(one, now[code].benchmark) for code, one in funds.items()},
        )


def _members(facts: Facts, name: str) -> Sequence[str]:
    """The funds of an entity: a fund alone, or those of an aggregate."""
    if name in facts.funds:
        return (name,)
    level = name if name.startswith("group:") else name.partition(":")[0]
    for fund in facts.funds.values():
        place = facts.level_of(fund, level)
        if place is not None and place[0] == name:
            return place[1]
    return ()
