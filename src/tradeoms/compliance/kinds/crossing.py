"""Thresholds of a ladder: which are crossed between two positions, and how far none is.

A share is measured (rounded down where the rule says so) and compared with thresholds. Between two
neighbouring thresholds lies a **stretch** of positions in which nothing has to be disclosed;
leaving it is an event. A report of changes adds a second stretch around the last reported share.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from tradeoms.compliance.facts import NOTHING
from tradeoms.compliance.linear import Limit
from tradeoms.compliance.schema.owned import LadderRule
from tradeoms.kernel.numbers import plain

#: Threshold, "up", "down" or "change", and "public" where it is.
Event = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Shares between two bounds; None is no bound. `at_low`, `at_high`: the bound belongs to it."""

    low: Fraction | None = None
    at_low: bool = True
    high: Fraction | None = None
    at_high: bool = True

    def holds(self, share: Fraction) -> bool:
        """True where ``share`` lies in the stretch."""
        if self.low is not None and (share < self.low or (share == self.low and not self.at_low)):
            return False
        return self.high is None or share < self.high or (share == self.high and self.at_high)

    def meet(self, other: Stretch) -> Stretch:
        """Return what belongs to both."""
        low, at_low = self.low, self.at_low
        if other.low is not None and (
            low is None or (other.low, not other.at_low) > (low, not at_low)
        ):
            low, at_low = other.low, other.at_low
        high, at_high = self.high, self.at_high
        if other.high is not None and (
            high is None or (other.high, other.at_high) < (high, at_high)
        ):
            high, at_high = other.high, other.at_high
        return Stretch(low=low, at_low=at_low, high=high, at_high=at_high)


def measured(rule: LadderRule, position: Fraction) -> Fraction:
    """Return what of a signed position counts."""
    return max(NOTHING, -position) if rule.sign == "short" else position


def stretch_of(rule: LadderRule, share: Fraction, reported: Decimal | None) -> Stretch:
    """Return the shares around ``share`` that call for no disclosure.

    With a last report, ``share`` itself may lie outside: then a change is due already.
    """
    cuts, below = rule.cuts, _passed(rule, share)
    between = Stretch(
        low=cuts[below - 1] if below else None,
        at_low=rule.closed,
        high=cuts[below] if below < len(cuts) else None,
        at_high=not rule.closed,
    )
    return between.meet(_around(rule, reported))


def stretch_limits(
    rule: LadderRule, position: Fraction, amount: Fraction, reported: Decimal | None
) -> list[Limit]:
    """Return the ends of the stretch around a signed position, as shares of ``amount``."""
    stretch = stretch_of(rule, measured(rule, position) / amount, reported)
    high = low = None
    if stretch.high is not None:
        high = Limit(bound="max", at=stretch.high, strict=not stretch.at_high)
    if stretch.low is not None:
        low = Limit(bound="min", at=stretch.low, strict=not stretch.at_low)
    if rule.sign == "short":
        if stretch.low is not None and stretch.low <= 0 and stretch.at_low:
            low = None
        high, low = _turned(low), _turned(high)
    return [one for one in (high, low) if one is not None]


def _turned(limit: Limit | None) -> Limit | None:
    """Return a bound of a short share as one of the position."""
    if limit is None:
        return None
    return Limit(bound="min" if limit.bound == "max" else "max", at=-limit.at, strict=limit.strict)


def events_of(
    rule: LadderRule, before: Fraction, after: Fraction, reported: Decimal | None
) -> list[Event]:
    """Return what a share that goes from ``before`` to ``after`` must disclose, lowest first."""
    was, now = _passed(rule, before), _passed(rule, after)
    word = "up" if now > was else "down"
    found = [
        _event(rule, rule.thresholds[at], word, Fraction(rule.thresholds[at]))
        for at in range(min(was, now), max(was, now))
    ]
    if reported is not None and not _around(rule, reported).holds(after):
        found.append(_event(rule, reported, "change", max(Fraction(reported), after)))
    return found


def _passed(rule: LadderRule, share: Fraction) -> int:
    """Return how many thresholds ``share`` has passed."""
    return bisect_right(rule.cuts, share) if rule.closed else bisect_left(rule.cuts, share)


def _around(rule: LadderRule, reported: Decimal | None) -> Stretch:
    """Return the shares that are no change against the last report."""
    if reported is None or rule.change_step is None:
        return Stretch()
    low, high = Fraction(reported - rule.change_step), Fraction(reported + rule.change_step)
    at_low = False
    if rule.round_down is not None:
        size = Fraction(rule.round_down)
        low, at_low, high = (low // size + 1) * size, True, -(-high // size) * size
    if rule.sign == "short" and low < 0:
        return Stretch(high=high, at_high=False)
    return Stretch(low=low, at_low=at_low, high=high, at_high=False)


def _event(rule: LadderRule, threshold: Decimal, word: str, reached: Fraction) -> Event:
    disclosure = rule.disclosure
    public = rule.public_from or (None if disclosure is None else disclosure.public_from)
    tail = ("public",) if public is not None and reached >= public else ()
    return (plain(threshold), word, *tail)
