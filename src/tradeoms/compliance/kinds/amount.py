"""One cell of a rule about groups: an amount, its limit, and what unknown holdings may add."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from tradeoms.compliance.facts import NOTHING
from tradeoms.compliance.kinds.spans import Key
from tradeoms.compliance.linear import Limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """The worst value of one cell.

    Attributes:
        key: Name of the cell; None where the rule has but one.
        limit: Its bound, a share of `den`.
        num: Worst value while open orders may fill.
        den: The denominator; one where the limit is an amount or a number.
        gain: What holdings of unknown group may add to the excess, not negative.
        group: Group that the cell is about; None: all groups together.
        in_force: False where the rule asks nothing of the cell.
    """

    key: str | None
    limit: Limit
    num: Fraction
    den: Fraction
    gain: Fraction = NOTHING
    group: Key | None = None
    in_force: bool = True

    @property
    def excess(self) -> Fraction:
        """Amount over the limit; -1 where the rule is not in force."""
        return self.limit.excess(self.num, self.den) if self.in_force else Fraction(-1)

    @property
    def pressed(self) -> Fraction:
        """Excess with all that unknown holdings may add."""
        return self.excess + self.gain
