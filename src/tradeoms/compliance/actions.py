"""What the outcome of a rule does to an order: who stops it, and so who bounds its quantity."""

from __future__ import annotations

from tradeoms.compliance.policy import Rule
from tradeoms.domain.evaluation import Action, Outcome, action_for


def action_of(rule: Rule, outcome: Outcome) -> Action:
    """Return what an outcome of ``rule`` does to the order."""
    return action_for(outcome, rule.severity, lenient=lenient(rule))


def stops(rule: Rule, outcome: Outcome) -> bool:
    """True where an outcome of ``rule`` keeps the order from proceeding.

    The largest quantity, the rule that binds it and the scale of a basket go by this alone: a rule
    that only warns, informs or discloses bounds nothing.
    """
    return not action_of(rule, outcome).allows


def lenient(rule: Rule) -> bool:
    """True where the rule lets an order pass for which data is missing."""
    return rule.on_missing != "block"
