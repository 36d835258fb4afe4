"""Requests about rules: written, tested, approved by another person, in force, retired."""

from __future__ import annotations

import msgspec

from tradeoms.app.handlers.answer import plain_json
from tradeoms.app.turn import Turn
from tradeoms.compliance.admission import Fault, idle_words, unknown_funds, with_ids
from tradeoms.compliance.policy import PolicyError, parse_rule
from tradeoms.compliance.rule_cases import CaseError, read_cases, run_rule_cases
from tradeoms.domain.placement.bare_break import open_bare
from tradeoms.domain.placement.events import BreakKind
from tradeoms.domain.ruleset import commands as r
from tradeoms.domain.ruleset import decide as decide_rules
from tradeoms.domain.ruleset.decide import RuleRejection
from tradeoms.domain.ruleset.events import RuleEvent, RuleHeldBack
from tradeoms.imports.cells import find_security
from tradeoms.kernel.decider import Refusal, Rejected
from tradeoms.kernel.records import replace


def define_rules(turn: Turn, command: r.DefineRules) -> bytes | Rejected:
    """Record drafts; each is read first, so that only what can be checked is ever activated.

    The securities of a rule's list are kept by their ids, whatever they were called.
    """
    refusals: list[Refusal] = []
    rules = []
    for row, rule in enumerate(command.rules):
        try:
            definition, faults = _read(turn, rule.definition)
            read_cases(rule.cases)
        except (PolicyError, CaseError, msgspec.DecodeError) as error:
            refusals.append(_invalid(f"rows/{row}/definition", rule.rule_id, str(error)))
            continue
        refusals += [_invalid(f"rows/{row}/{f.field}", f.value, f.reason) for f in faults]
        rules.append(replace(rule, definition=definition))
    if refusals:
        return Rejected(refusals=tuple(refusals))
    decided = decide_rules.decide_define(
        r.DefineRules(rules=tuple(rules)), turn.book.rules, turn.stamp
    )
    if isinstance(decided, Rejected):
        return decided
    for event in decided:
        turn.emit(event, f"rule_{event.rule_id}")
    return plain_json(rows=len(command.rules), new=len(decided), seq=turn.seq)


def _read(turn: Turn, definition: str) -> tuple[str, list[Fault]]:
    """The text of a new rule with securities by their ids, and what it may not say."""
    written = msgspec.json.decode(definition)

    def resolve(scheme: str, value: str) -> str | None:
        known = turn.book.identifiers
        return value if value in turn.book.securities else known.get((scheme, value))

    named, faults = with_ids(written, lambda name: find_security(name, resolve))
    rule = parse_rule(named)
    faults += [*idle_words(rule), *unknown_funds(rule, turn.book.funds)]
    if named != written:
        definition = msgspec.json.encode(named, order="sorted").decode()
    return definition, faults


def _invalid(field: str, value: str, detail: str) -> Refusal:
    return Refusal(code=RuleRejection.RULE_INVALID, detail=detail, field=field, value=value)


def _failures(turn: Turn, rule_id: str, version: int) -> tuple[int, tuple[str, ...]]:
    """How many cases a version carries, and a line for each that fails."""
    rule = turn.book.rules.get((rule_id, version))
    if rule is None:
        return 0, ()
    cases = read_cases(rule.cases)
    facts, today = turn.pretrade.compliance.facts, turn.pretrade.today(turn.at)
    definition = msgspec.json.decode(rule.definition)
    return len(cases), run_rule_cases(definition, cases, facts=facts, today=today)


def test_rule(turn: Turn, command: r.TestRule) -> bytes | Rejected:
    """Run the cases of a version, and record how they came out."""
    ran, failures = _failures(turn, command.rule_id, command.version)
    decided = decide_rules.decide_test(
        command, turn.book.rules, ran=ran, failures=failures, stamp=turn.stamp
    )
    return decided if isinstance(decided, Rejected) else _emit(turn, decided[0])


def approve_rule(turn: Turn, command: r.ApproveRule) -> bytes | Rejected:
    """Approve a tested version; its cases must still pass, as things are now."""
    _, failures = _failures(turn, command.rule_id, command.version)
    decided = decide_rules.decide_approve(
        command, turn.book.rules, failures=failures, stamp=turn.stamp
    )
    return decided if isinstance(decided, Rejected) else _emit(turn, decided[0])


def activate_rule(turn: Turn, command: r.ActivateRule) -> bytes | Rejected:
    """Put a version in force, now or on a later day; its cases must pass, as things are now."""
    ran, failures = _failures(turn, command.rule_id, command.version)
    decided = decide_rules.decide_activate(
        command,
        turn.book.rules,
        ran=ran,
        failures=failures,
        today=turn.pretrade.today(turn.at),
        stamp=turn.stamp,
    )
    return decided if isinstance(decided, Rejected) else _emit(turn, decided[0])


def retire_rule(turn: Turn, command: r.RetireRule) -> bytes | Rejected:
    """Ask to take a version out of force; where another person asked before, do it."""
    decided = decide_rules.decide_retire(command, turn.book.rules, turn.stamp)
    return decided if isinstance(decided, Rejected) else _emit(turn, decided[0])


def keep_rule(turn: Turn, command: r.KeepRule) -> bytes | Rejected:
    """Refuse to take a version out of force."""
    decided = decide_rules.decide_keep(command, turn.book.rules, turn.stamp)
    return decided if isinstance(decided, Rejected) else _emit(turn, decided[0])


def activate_due(turn: Turn) -> None:
    """Put the versions in force whose day has come and whose cases pass, as things are now.

    One whose cases fail is held back, and a break tells so: what was in force stays in force. One
    that was set for its day before cases were asked for takes effect without.
    """
    today = turn.pretrade.today(turn.at)
    for rule in decide_rules.due(turn.book.rules, today=today):
        _, failures = _failures(turn, rule.rule_id, rule.version)
        event = decide_rules.decide_due(rule, failures=failures, at=turn.at)
        turn.emit(event, f"rule_{rule.rule_id}")
        if isinstance(event, RuleHeldBack):
            _tell_held(turn, event)


def _tell_held(turn: Turn, event: RuleHeldBack) -> None:
    name = f"{event.rule_id}@{event.version}"
    why = "; ".join(event.failures)[:2000]
    opened = open_bare(
        BreakKind.RULE_HELD_BACK,
        break_id=f"brk_rule_{turn.seq}",
        subject=name,
        detail=f"rule {name} did not take effect, the version before it stays: {why}",
        at=turn.at,
    )
    turn.emit(opened, opened.break_id)


def _emit(turn: Turn, event: RuleEvent) -> bytes:
    turn.emit(event, f"rule_{event.rule_id}")
    rule = turn.book.rules[event.rule_id, event.version]
    return plain_json(id=rule.rule_id, version=rule.version, status=rule.status, seq=turn.seq)
