"""What a kill switch stops: one rule, applied by the engine and again by every gateway.

Where a request does not tell what a scope asks for, the switch stops it: fail closed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class KillScope(StrEnum):
    """What a switch is about."""

    FIRM = "firm"
    FUND = "fund"
    TRADER = "trader"
    DESTINATION = "destination"
    SECURITY = "security"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Something that would add risk, as far as switches ask about it.

    Attributes:
        people: Everyone who had a hand in it: manager, who entered it, trader.
        destination: Session it goes to; `None` where it goes nowhere yet.
        securities: The names of its security: our id, its symbol, every identifier.
    """

    funds: frozenset[str]
    people: frozenset[str]
    destination: str | None
    securities: frozenset[str]


def covers(kind: KillScope, value: str, target: Target) -> bool:
    """True where a switch of ``kind`` and ``value`` stops ``target``."""
    if kind is KillScope.FIRM:
        return True
    if kind is KillScope.DESTINATION:
        return target.destination == value
    names = {
        KillScope.FUND: target.funds,
        KillScope.TRADER: target.people,
        KillScope.SECURITY: target.securities,
    }[kind]
    return not names or value in names
