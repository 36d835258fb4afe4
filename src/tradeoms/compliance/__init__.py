"""Compliance: rules, the live state they read, and exact checks against it.

`policy` says what a rule may be, `book` keeps the state and answers, `explain` expands the evidence
of an answer, `cases` runs files of worked cases. Nothing here reads a clock or a file but `cases`.
"""

from tradeoms.compliance.book import ComplianceBook
from tradeoms.compliance.policy import PolicyError, Rule, content_hash, parse_rule, parse_rules

__all__ = ["ComplianceBook", "PolicyError", "Rule", "content_hash", "parse_rule", "parse_rules"]
