"""`restrict`: securities that may not be traded.

By a list (inline or named), by a selection of attributes, or because blocked persons own too much
of the issuer (the 50 % rule of the US Treasury's OFAC: the shares of all blocked owners add up,
and exactly the share is blocked).
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from tradeoms.compliance.facts import NOTHING, ONE, Facts
from tradeoms.compliance.kinds.membership import selected
from tradeoms.compliance.linear import CellResult
from tradeoms.compliance.question import side_tested
from tradeoms.compliance.schema.orders import RestrictRule
from tradeoms.compliance.selector import attribute, number
from tradeoms.domain.evaluation import Candidate, FundFacts, Outcome, SecurityFacts
from tradeoms.kernel.enums import Side


def answer(facts: Facts, rule: RestrictRule, candidate: Candidate) -> tuple[Outcome, str]:
    """Return the outcome for an order, and why."""
    if not side_tested(rule.sides, candidate.side):
        return Outcome.PASS, ""
    return standing(facts, rule, facts.securities[candidate.security_id])


def standing(facts: Facts, rule: RestrictRule, security: SecurityFacts) -> tuple[Outcome, str]:
    """Return whether the rule forbids ``security``: BREACH, UNKNOWN or PASS, and why."""
    subjects = [security]
    underlying = attribute(security, "underlying")
    if rule.through_underlying and underlying is not None:
        known = facts.securities.get(str(underlying))
        subjects.append(known or SecurityFacts(id=str(underlying), currency=security.currency))
    answers = [_one(facts, rule, subject) for subject in subjects]
    return max(answers, key=lambda one: one[0].badness)


def state(
    facts: Facts, rule: RestrictRule, fund: FundFacts, *, only: Iterable[str] | None = None
) -> list[CellResult]:
    """Return one cell for every security that ``fund`` holds, or holds of ``only``.

    Holding what may not be bought is a breach; a rule that only stops sales forbids no holding.
    """
    if not side_tested(rule.sides, Side.BUY):
        return []
    held = facts.held(fund.id)
    found = []
    for security_id in held if only is None else only:
        quantity = held.get(security_id)
        if quantity:
            outcome, reason = standing(facts, rule, facts.securities[security_id])
            known = outcome is not Outcome.UNKNOWN
            num = abs(Fraction(quantity)) if outcome is Outcome.BREACH else NOTHING
            found.append(
                CellResult(
                    entity=fund.id,
                    key=security_id,
                    outcome=outcome,
                    num_before=num if known else None,
                    den_before=ONE if known else None,
                    num_after=num if known else None,
                    den_after=ONE if known else None,
                    limit=NOTHING if known else None,
                    bound="max",
                    reason=reason,
                )
            )
    return found


def touches(facts: Facts, rule: RestrictRule, security: SecurityFacts) -> bool:
    """True where the rule may forbid ``security``; `standing` says whether it does."""
    if rule.through_underlying or rule.list is None:
        return standing(facts, rule, security)[0] is not Outcome.PASS
    return listed(facts, rule, security) is not False


def _one(facts: Facts, rule: RestrictRule, security: SecurityFacts) -> tuple[Outcome, str]:
    if rule.blocked_owner_share is not None:
        return _owners(rule.blocked_owner_share, security)
    if rule.select:
        inside = selected(rule.select, rule.exclude, security)
        if inside is None:
            return Outcome.UNKNOWN, f"an attribute of {security.id} is missing"
        return (Outcome.BREACH, f"{security.id} is excluded") if inside else (Outcome.PASS, "")
    inside = listed(facts, rule, security)
    if inside is None:
        return Outcome.UNKNOWN, f"the list {rule.list} or an attribute of {security.id} is missing"
    if inside and not (rule.exclude and selected((), rule.exclude, security) is False):
        return Outcome.BREACH, f"{security.id} is on a restricted list"
    return Outcome.PASS, ""


def listed(facts: Facts, rule: RestrictRule, security: SecurityFacts) -> bool | None:
    """Return whether the rule's list names ``security``; None where that cannot be known."""
    if not isinstance(rule.list, str):
        return security.id in (rule.list or ())
    named = facts.lists.get(rule.list)
    if named is None:
        return None
    value = attribute(security, named.attribute)
    return None if value is None else str(value) in named.members


def _owners(share: object, security: SecurityFacts) -> tuple[Outcome, str]:
    owners = attribute(security, "blocked_owners")
    if owners is None:
        return Outcome.PASS, ""
    limit = number(share)
    assert limit is not None
    said = owners.split("+") if isinstance(owners, str) else owners
    parts = [number(part) for part in said] if isinstance(said, (tuple, list)) else [None]
    total = NOTHING
    for part in parts:
        if part is None:
            return Outcome.UNKNOWN, f"the blocked owners of {security.id} cannot be read"
        total += Fraction(part)
    if total >= Fraction(limit):
        return Outcome.BREACH, f"blocked persons own {float(total):.1%} of {security.id}"
    return Outcome.PASS, ""
