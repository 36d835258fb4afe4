"""Scripted orders: the first matching entry of a YAML file decides what happens to an order.

The format is described in simulators/README.md. A file that is not understood ends the start of
the broker: a scenario that silently does nothing would prove nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import yaml

from simulators.broker.model import Do, Order, Step

SIDES: Final = {"buy": "1", "sell": "2", "sell_short": "5"}
MATCH_KEYS: Final = frozenset({"symbol", "side", "qty", "cl_ord_id", "account"})
ENTRY_KEYS: Final = frozenset({"match", "steps", "on_cancel", "refuse", "times", "duplicate"})
REFUSALS: Final = ("", "cancel", "replace", "both")
COUNTED: Final = (Do.WAIT_MS, Do.WAIT_TICKS)
TEXTED: Final = (Do.REJECT, Do.CANCEL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One entry: which orders, and what happens to them."""

    match: dict[str, str]
    steps: list[Step]
    on_cancel: list[Step]
    refuse: str
    duplicate: bool
    times: int


class Scenarios:
    """The entries in file order, with how often each was used since the start."""

    def __init__(self, entries: list[Scenario]) -> None:
        self._entries = entries
        self._used = [0] * len(entries)

    def take(self, order: Order) -> Scenario | None:
        """Return the first entry for the order that is not used up, and count it."""
        for at, entry in enumerate(self._entries):
            if (not entry.times or self._used[at] < entry.times) and matches(entry.match, order):
                self._used[at] += 1
                return entry
        return None


def matches(wanted: dict[str, str], order: Order) -> bool:
    """Return whether all of the wanted values hold; ``cl_ord_id`` is a prefix."""
    for key, value in wanted.items():
        holds = {
            "symbol": order.symbol == value,
            "side": order.side == SIDES.get(value, value),
            "account": order.account == value,
            "cl_ord_id": order.cl_ord_id.startswith(value),
            "qty": key != "qty" or order.qty == Decimal(value),
        }[key]
        if not holds:
            return False
    return True


def load(path: Path | None) -> Scenarios:
    """Read a scenario file; no file means no scenario.

    Raises:
        ValueError: If an entry is not understood; names the entry.
    """
    if path is None:
        return Scenarios([])
    document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    entries = document.get("scenarios")
    if not isinstance(entries, list):
        raise ValueError(f"{path}: no list 'scenarios'")  # noqa: TRY004  # the file is wrong
    return Scenarios(
        [_scenario(entry, f"{path}, entry {at}") for at, entry in enumerate(entries, 1)]
    )


def _scenario(entry: Any, where: str) -> Scenario:  # YAML: any shape until checked
    if not isinstance(entry, dict) or set(entry) - ENTRY_KEYS:
        raise ValueError(f"{where}: keys may be {sorted(ENTRY_KEYS)}")
    match = entry.get("match") or {}
    if set(match) - MATCH_KEYS:
        raise ValueError(f"{where}: match may have {sorted(MATCH_KEYS)}")
    refuse = entry.get("refuse", "")
    if refuse not in REFUSALS:
        raise ValueError(f"{where}: refuse is one of {REFUSALS}")
    return Scenario(
        match={key: str(value) for key, value in match.items()},
        steps=[parse_step(step, where) for step in entry.get("steps") or []],
        on_cancel=[parse_step(step, where) for step in entry.get("on_cancel") or []],
        refuse=refuse,
        duplicate=bool(entry.get("duplicate", False)),
        times=int(entry.get("times", 0)),
    )


def parse_step(item: Any, where: str) -> Step:  # YAML: any shape until checked
    """Return one step: a bare word, or a mapping of one word to its argument."""
    if isinstance(item, dict) and len(item) == 1:
        word, argument = next(iter(item.items()))
    else:
        word, argument = item, None
    try:
        do = Do(word)
    except ValueError as wrong:
        raise ValueError(f"{where}: unknown step {item!r}") from wrong
    if do in COUNTED:
        return Step(do=do, n=int(argument))
    if do in TEXTED:
        return Step(do=do, text=str(argument or ""))
    if do is Do.FILL and not isinstance(argument, dict):
        return Step(do=do, qty=str(argument if argument is not None else "all"))
    if do is Do.BUST and not isinstance(argument, dict):
        return Step(do=do, k=int(argument or 1))
    details = argument or {}
    return Step(
        do=do,
        qty=str(details.get("qty", "all" if do is Do.FILL else "")),
        price=str(details.get("price", "")),
        k=int(details.get("k", 1 if do in {Do.BUST, Do.CORRECT} else 0)),
        over=bool(details.get("over", False)),
    )
