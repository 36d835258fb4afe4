"""Which rules one total per cell can serve when several orders are tested together."""

from __future__ import annotations

from tradeoms.compliance.policy import Rule
from tradeoms.compliance.schema.figures import ExternalRule, WavgRule
from tradeoms.compliance.schema.measures import DenAmount
from tradeoms.compliance.schema.orders import OrderRule, RestrictRule
from tradeoms.compliance.schema.owned import LadderRule
from tradeoms.compliance.schema.sums import RatioRule


def picks_orders(rule: Rule) -> bool:
    """True where a rule may judge or count the orders of one cell differently, or by own limits."""
    if isinstance(rule, RestrictRule | OrderRule):
        return False  # judged order by order
    if rule.sides or rule.order_types or rule.exempt_order_types:
        return True
    if not isinstance(rule, RatioRule):
        return isinstance(rule, LadderRule | WavgRule | ExternalRule)
    own = isinstance(rule.den, DenAmount) or bool(rule.exceptions)
    return own or (rule.level != "fund" and rule.is_narrow) or rule.mixes_limits
