"""How long after its day a trade of a security settles: the attribute `settle_days`."""

from __future__ import annotations

import re
from typing import Final

from tradeoms.domain.reference.state import Security

_NAME: Final = "settle_days"
_DAYS: Final = re.compile(r"[0-9]|10")


def settle_days(security: Security) -> int | None:
    """Trading days, 0 to 10; `None` where they are not known, or cannot be read."""
    text = dict(security.attributes).get(_NAME, "")
    return int(text) if _DAYS.fullmatch(text) else None


def unreadable_settlement(security: Security) -> list[tuple[str, str, str]]:
    """(attribute, value, what is allowed) where `settle_days` cannot be read; else nothing."""
    text = dict(security.attributes).get(_NAME, "")
    wrong = bool(text) and settle_days(security) is None
    return [(_NAME, text, "a whole number of days, 0 to 10")] if wrong else []
