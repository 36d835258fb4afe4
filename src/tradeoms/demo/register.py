"""The demo's evening: officers and portfolio managers at the register of breaches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final

from tradeoms.demo.days_work import MANAGERS
from tradeoms.demo.desk import JSON, Person

PLACES: Final = Decimal("0.01")


class RegisterDesk:
    """Two officers, and the portfolio managers whom they ask."""

    def __init__(self, officer: Person, other: Person, people: Mapping[str, Person]) -> None:
        """The second officer signs off."""
        self._officer = officer
        self._other = other
        self._people = people

    def work(self) -> Counter[str]:
        """Give every new breach to its manager, who says why; sign off what a run found cured."""
        counts: Counter[str] = Counter()
        for case in self._officer.every("/breaches"):
            path = f"/breaches/{case['id']}"
            if case["status"] == "classified":
                counts[f"breaches_{case['kind']}"] += 1
                manager = MANAGERS[case["fund"]]
                self._officer.post(f"{path}/assign", {"assignee": manager})
                self._people[manager].post(f"{path}/explain", {"text": _explanation(case)})
            elif case["status"] == "cured":
                evidence = f"run {case['cured_by_run']} of {case['cured_on']}"
                self._other.post(f"{path}/close", {"evidence": evidence})
                counts["breaches_closed"] += 1
        return counts


def _explanation(case: JSON) -> str:
    if case["kind"] == "active":
        return "bought with a waiver, temporary"
    return "the market moved; the holdings were as before"


def register_lines(register: list[JSON]) -> list[JSON]:
    """What the summary tells of every breach, the oldest first; amounts in dollars and cents."""
    return [
        {
            "fund": case["fund"],
            "rule": case["rule"],
            "cell": case["cell"],
            "kind": case["kind"],
            "status": case["status"],
            "found_on": case["found_on"],
            "due_on": case["due_on"],
            "cured_on": case["cured_on"],
            "excess": _cents(case["excess"]),
            "attribution": {
                one["cause"]: _cents(one["amount"])
                for one in case["attribution"]
                if one["amount"] != "0"
            },
        }
        for case in reversed(register)
    ]


def _cents(text: str) -> str:
    amount = Fraction(text or 0)
    return str((Decimal(amount.numerator) / Decimal(amount.denominator)).quantize(PLACES))
