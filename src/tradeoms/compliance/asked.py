"""Which attributes of a security a rule asks for: what evidence must hold to judge it again."""

from __future__ import annotations

from tradeoms.compliance.facts import DERIVED
from tradeoms.compliance.kinds.scanned import SCANNED
from tradeoms.compliance.policy import Rule
from tradeoms.compliance.schema.figures import CoverageRule, ExternalRule, WavgRule
from tradeoms.compliance.schema.measures import DenIssuer, DenSecurity
from tradeoms.compliance.schema.orders import OrderRule, RestrictRule
from tradeoms.compliance.schema.sums import CashRule, RatioRule, ShortRule
from tradeoms.compliance.selector import attributes_of


def asked_by(rule: Rule) -> set[str]:
    """Attributes of a security that decide about ``rule``."""
    if isinstance(rule, CashRule | CoverageRule | ExternalRule):
        return set()
    asked = attributes_of(rule.select) | attributes_of(rule.exclude)
    kind = SCANNED.get(type(rule))
    if kind is not None:
        return asked | kind.asked(rule)
    assert isinstance(rule, RestrictRule | OrderRule | ShortRule | RatioRule | WavgRule)
    match rule:
        case RestrictRule():
            more = {
                "blocked_owners": rule.blocked_owner_share is not None,
                "underlying": rule.through_underlying,
            }
        case ShortRule():
            more = {"located": rule.mode == "locate", "borrowed": rule.mode == "covered"}
        case OrderRule():
            more = {"adv": rule.max_adv is not None}
        case RatioRule():
            more = _asked_by_ratio(rule)
        case WavgRule():
            more = {rule.attr: True}
            more |= dict.fromkeys(DERIVED, rule.measure == "exposure")
        case _:
            more = {}
    return asked | {name for name, asks in more.items() if asks}


def _asked_by_ratio(rule: RatioRule) -> dict[str, bool]:
    derived = rule.measure in ("exposure", "share_eq") or "underlying" in rule.group_by
    more = dict.fromkeys(rule.group_by, True)
    if isinstance(rule.den, DenSecurity):
        more[rule.den.security] = True
    elif isinstance(rule.den, DenIssuer):
        more["issuer"] = True
    more |= dict.fromkeys(DERIVED, derived)
    if rule.limit_by is not None:
        more[rule.limit_by.attr] = True
    if rule.measure == "votes":
        more["votes"] = True
    return more
