"""Decides requests about breach cases. A claim is only a claim until a run has confirmed it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum, unique
from typing import Final

from tradeoms.domain.case import commands as c
from tradeoms.domain.case import events as e
from tradeoms.domain.case.state import Case
from tradeoms.kernel.decider import Rejected, Stamp, reject


@unique
class CaseRejection(StrEnum):
    """Why a request about a breach case was refused. In the order the checks run."""

    BREACH_UNKNOWN = "breach_unknown"
    BREACH_CLOSED = "breach_closed"
    BREACH_CURED = "breach_cured"
    TEXT_MISSING = "text_missing"
    ASSIGNEE_UNKNOWN = "assignee_unknown"
    HARD_BREACH_STAYS = "hard_breach_stays"
    OVERRIDE_NOT_AHEAD = "override_not_ahead"
    OVERRIDE_TOO_LONG = "override_too_long"
    OVERRIDER_IS_ASSIGNEE = "overrider_is_assignee"
    BREACH_NOT_CURED = "breach_not_cured"
    EVIDENCE_MISSING = "evidence_missing"
    CLOSER_IS_RESOLVER = "closer_is_resolver"


#: The longest that a breach may be let stand: a permission is temporary.
OVERRIDE_LIFE_MAX: Final = timedelta(days=365)
#: Requests that are about a limit still exceeded.
_WHILE_OPEN = (c.ExplainBreach, c.RemediateBreach, c.OverrideBreach, c.ResolveBreach)


def decide_case(
    command: c.CaseCommand, case: Case, stamp: Stamp, *, today: date
) -> list[e.CaseEvent] | Rejected:
    """Work on a breach case; `today` is the trading day."""
    code = CaseRejection
    if case.closed_by:
        detail = f"{case.closed_by} closed it; a run opens it again where it comes back"
        return reject(code.BREACH_CLOSED, detail, field="breach", value=case.id)
    if case.cured_by_run and isinstance(command, _WHILE_OPEN):
        detail = f"run {case.cured_by_run} found it within its limit; close it"
        return reject(code.BREACH_CURED, detail, field="breach", value=case.id)
    field, text = _words_of(command)
    if field and not text.strip():
        return reject(code.TEXT_MISSING, "say it in words", field=field)
    match command:
        case c.OverrideBreach():
            return _decide_override(command, case, stamp, today)
        case c.CloseBreach():
            return _decide_close(command, case, stamp)
        case _:
            return [_said(command, case, stamp)]


def _said(
    command: (
        c.AssignBreach | c.CommentBreach | c.ExplainBreach | c.RemediateBreach | c.ResolveBreach
    ),
    case: Case,
    stamp: Stamp,
) -> e.CaseEvent:
    """The event of a request that only says something."""
    breach_id, by, at = case.id, stamp.actor, stamp.at
    match command:
        case c.AssignBreach(assignee=assignee):
            return e.BreachAssigned(breach_id=breach_id, assignee=assignee, assigned_by=by, at=at)
        case c.CommentBreach(text=text):
            return e.BreachCommented(breach_id=breach_id, author=by, text=text, at=at)
        case c.ExplainBreach(text=text):
            return e.BreachExplained(breach_id=breach_id, text=text, by=by, at=at)
        case c.RemediateBreach(plan=plan):
            return e.BreachRemediationPlanned(breach_id=breach_id, plan=plan, by=by, at=at)
        case c.ResolveBreach(resolution=resolution, evidence=evidence):
            return e.BreachResolved(
                breach_id=breach_id, resolution=resolution, evidence=evidence, resolved_by=by, at=at
            )


def _words_of(command: c.CaseCommand) -> tuple[str, str]:
    """The field that must say something, and what it says; empty where none must."""
    match command:
        case c.AssignBreach(assignee=text):
            return "assignee", text
        case c.CommentBreach(text=text) | c.ExplainBreach(text=text):
            return "text", text
        case c.RemediateBreach(plan=text):
            return "plan", text
        case c.OverrideBreach(reason=text):
            return "reason", text
        case c.ResolveBreach(resolution=text):
            return "resolution", text
        case c.CloseBreach():
            return "", ""


def _decide_override(
    command: c.OverrideBreach, case: Case, stamp: Stamp, today: date
) -> list[e.CaseEvent] | Rejected:
    code = CaseRejection
    if case.finding.severity == "hard":
        detail = "the breach of a hard rule cannot be let stand; cure it"
        return reject(code.HARD_BREACH_STAYS, detail, field="breach", value=case.id)
    if command.until < today:
        detail = f"the day must not be before {today}"
        return reject(code.OVERRIDE_NOT_AHEAD, detail, field="until", value=command.until)
    if command.until > today + OVERRIDE_LIFE_MAX:
        detail = f"a breach may stand for a year at most, until {today + OVERRIDE_LIFE_MAX}"
        return reject(code.OVERRIDE_TOO_LONG, detail, field="until", value=command.until)
    if stamp.actor == case.assignee:
        detail = "who must cure it cannot let it stand; another officer can"
        return reject(code.OVERRIDER_IS_ASSIGNEE, detail, value=stamp.actor)
    return [
        e.BreachOverridden(
            breach_id=case.id,
            reason=command.reason,
            until=command.until,
            by=stamp.actor,
            at=stamp.at,
        )
    ]


def _decide_close(command: c.CloseBreach, case: Case, stamp: Stamp) -> list[e.CaseEvent] | Rejected:
    code = CaseRejection
    if not (case.cured_by_run or case.is_untested):
        detail = "no run has found it within its limit yet"
        return reject(code.BREACH_NOT_CURED, detail, field="breach", value=case.id)
    if not (command.evidence.strip() or case.evidence.strip()):
        detail = "name what the sign-off rests on: a trade, a letter, a document"
        return reject(code.EVIDENCE_MISSING, detail, field="evidence")
    own = set() if case.resolution is None else {case.resolution.by}
    if not case.cured_by_run:
        own.add(case.assignee)
    if stamp.actor in own:
        detail = "another person must sign it off"
        return reject(code.CLOSER_IS_RESOLVER, detail, value=stamp.actor)
    return [
        e.BreachClosed(
            breach_id=case.id, closed_by=stamp.actor, evidence=command.evidence, at=stamp.at
        )
    ]


def decide_overdue(case: Case, stamp: Stamp, *, today: date) -> Iterator[e.CaseEvent]:
    """Yield what the passing of days makes of a case: a lapsed override, people to be told."""
    if not case.is_open:
        return
    override = case.override
    if override is not None and not override.lapsed:
        if today <= override.until:
            return
        why = f"it was let stand until {override.until}"
        yield e.BreachOverrideLapsed(breach_id=case.id, why=why, at=stamp.at)
    for step in case.steps:
        if today > step.on and step.to not in case.told:
            yield e.BreachEscalated(breach_id=case.id, to=step.to, due_on=step.on, at=stamp.at)
