"""The register of breaches: narrowed, exported, counted; and runs with their results."""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from tradeoms.domain.case.findings import Cause
from tradeoms.domain.case.state import Case, CaseStatus, Run
from tradeoms.domain.reference.state import User
from tradeoms.kernel.enums import Role
from tradeoms.projections import tables as t
from tradeoms.projections.paging import Cut, Page, Scope
from tradeoms.projections.queries_lists import BREACHES, list_rows
from tradeoms.projections.queries_past import fund_runs
from tradeoms.projections.resources_cases import (
    BreachResource,
    RunDetails,
    breach_resource,
    run_details,
)

_case: Final = msgspec.json.Decoder(Case).decode
_run: Final = msgspec.json.Decoder(Run).decode
_user: Final = msgspec.json.Decoder(User).decode
#: Columns of the exported file, which are fields of `BreachResource`.
CSV_COLUMNS: Final = (
    "id", "status", "kind", "fund", "rule", "rule_version", "severity", "cell", "numerator",
    "denominator", "limit", "bound", "excess", "found_on", "due_on", "cured_on", "times",
    "assignee", "closed_by", "evidence", "explanation",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which part of the register.

    Attributes:
        columns: Columns of the table and their values.
        open: Whether the limit is still exceeded; None for either.
        overdue: Only what is still exceeded after its day.
        age_days: Only what was found so many days ago, or more.
    """

    columns: Mapping[str, str]
    open: bool | None = None
    overdue: bool = False
    age_days: int | None = None


def today_of(link: sa.Connection) -> date | None:
    """The trading day; where none was rolled, that of the newest run; None before the first."""
    rolled = sa.select(t.facts.c.value).where(t.facts.c.name == "trade_on")
    newest = sa.select(sa.func.max(t.runs.c.trade_on))
    text = link.execute(rolled).scalar() or link.execute(newest).scalar()
    return date.fromisoformat(text) if text else None


def _conditions(link: sa.Connection, wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    table = t.breaches
    found: list[sa.ColumnElement[bool]] = []
    today = today_of(link)
    done = (CaseStatus.CURED.value, CaseStatus.CLOSED.value)
    if wanted.open is not None or wanted.overdue:
        is_done = table.c.status.in_(done)
        found.append(sa.not_(is_done) if wanted.open is not False else is_done)
    if wanted.overdue:
        at = today.isoformat() if today else ""
        found += [
            table.c.due_on != "",
            table.c.due_on < at,
            table.c.status != CaseStatus.OVERRIDDEN.value,
        ]
    if wanted.age_days is not None:
        oldest = today - timedelta(days=min(wanted.age_days, 100_000)) if today else None
        found.append(table.c.found_on <= (oldest.isoformat() if oldest else ""))
    return found


def register(link: sa.Connection, wanted: Wanted, scope: Scope, cut: Cut) -> Page[BreachResource]:
    """One page of the register, newest first."""
    return list_rows(link, BREACHES, wanted.columns, scope, cut, *_conditions(link, wanted))


def _all(link: sa.Connection, wanted: Wanted, scope: Scope) -> list[tuple[int, Case]]:
    table = t.breaches
    conditions = [*BREACHES.inside(link, scope), *_conditions(link, wanted)]
    conditions += [table.c[name] == value for name, value in wanted.columns.items()]
    query = sa.select(table.c.seq, table.c.state).where(*conditions).order_by(table.c.id)
    return [(row.seq, _case(row.state)) for row in link.execute(query)]


def register_csv(link: sa.Connection, wanted: Wanted, scope: Scope) -> str:
    """The register as comma separated values; text that a spreadsheet could run is quoted."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*CSV_COLUMNS, *(f"by_{cause.value}" for cause in Cause)])
    for seq, case in _all(link, wanted, scope):
        shown = breach_resource(case, seq=seq)
        shares = {share.cause: share.amount for share in shown.attribution}
        row = [getattr(shown, name) for name in CSV_COLUMNS]
        writer.writerow(
            [_cell(value) for value in (*row, *(shares.get(cause.value) for cause in Cause))]
        )
    return out.getvalue()


def _cell(value: object) -> str:
    """A cell's text: one that begins like a formula and is no number gets a quote before it."""
    text = "" if value is None else str(value)
    formula = text[:1] in ("=", "+", "-", "@", "\t") and not text[1:2].isdigit()
    return f"'{text}" if formula else text


def statistics(link: sa.Connection, wanted: Wanted, scope: Scope) -> dict[str, Any]:  # Any: JSON
    """Count the cases: open and cured by fund, rule, manager, kind and main cause; and more.

    The main cause is the one with the largest share of the change towards the limit.
    """
    found = [case for _, case in _all(link, wanted, scope)]
    managers = _managers(link)
    days = sorted((c.cured_on - c.found_on).days for c in found if c.cured_on is not None)
    today = today_of(link)
    return {
        "cases": len(found),
        "open": sum(case.is_open for case in found),
        "overdue": sum(today is not None and case.overdue_on(today) for case in found),
        "by_status": _counted(case.status.value for case in found),
        "by_kind": _counted(case.cause.kind.value for case in found if case.cause),
        "by_cause": _counted(_main_cause(case) for case in found),
        "by_fund": _counted(case.fund for case in found),
        "by_rule": _counted(case.finding.rule_id for case in found),
        "by_manager": _counted(m for case in found for m in managers.get(case.fund, ("",))),
        "days_to_cure": {
            "cured": len(days),
            "median": days[len(days) // 2] if days else None,
            "longest": days[-1] if days else None,
        },
        "overrides_by_officer": _counted(c.override.by for c in found if c.override),
        "found_again": sum(case.times > 1 for case in found),
    }


def _counted(words: Any) -> dict[str, int]:  # Any: an iterable of text
    return dict(sorted(Counter(words).items(), key=lambda pair: (-pair[1], pair[0])))


def _main_cause(case: Case) -> str:
    shares = case.cause.shares if case.cause else ()
    amounts = {share.cause.value: Fraction(share.amount) for share in shares}
    return max(amounts, key=lambda name: amounts[name], default="unknown")


def _managers(link: sa.Connection) -> dict[str, Sequence[str]]:
    """The portfolio managers with a grant for each fund by name."""
    found: dict[str, list[str]] = defaultdict(list)
    for state in link.execute(sa.select(t.users.c.state).order_by(t.users.c.id)).scalars():
        user = _user(state)
        for grant in user.grants:
            if grant.role is Role.PORTFOLIO_MANAGER and user.active:
                for fund in grant.funds:
                    found[fund].append(user.id)
    return dict(found)


def one_run(link: sa.Connection, run_id: str, scope: Scope) -> RunDetails | None:
    """A run with the results of the funds in scope."""
    row = link.execute(sa.select(t.runs.c.seq, t.runs.c.state).where(t.runs.c.id == run_id)).first()
    if row is None:
        return None
    return run_details(_run(row.state), fund_runs(link, run_id, scope.funds), seq=row.seq)
