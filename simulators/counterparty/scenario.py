"""Scripted orders: the first matching entry of a YAML file decides what happens to an order.

The format is described in simulators/README.md; what an entry may hold besides ``match`` and
``times`` is for each kind of counterparty. A file that is not understood ends the start: a scenario
that silently does nothing would prove nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import yaml

from simulators.counterparty.model import Do, Order, Step
from simulators.counterparty.plans import Plan

SIDES: Final = {"buy": "1", "sell": "2", "sell_short": "5"}
MATCH_KEYS: Final = frozenset({"symbol", "side", "qty", "cl_ord_id", "account"})
ENTRY_KEYS: Final = frozenset({"match", "times"})
#: What ``plan_of`` reads.
PLAN_KEYS: Final = frozenset({"steps", "on_cancel", "refuse", "duplicate"})
REFUSALS: Final = ("", "cancel", "replace", "both")
COUNTED: Final = (Do.WAIT_MS, Do.WAIT_TICKS)
TEXTED: Final = (Do.REJECT, Do.CANCEL)
#: Every step that may happen to an order at the one who executes it.
EXECUTING_STEPS: Final = frozenset(Do) - {Do.RELEASE}
#: What an entry decides.
Decided = TypeVar("Decided")
Entry = dict[str, Any]  # YAML: any shape until checked


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario(Generic[Decided]):
    """One entry: which orders, how often, and what happens to them."""

    match: dict[str, str]
    times: int
    plan: Decided


class Scenarios(Generic[Decided]):
    """The entries in file order, with how often each was used since the start."""

    def __init__(self, entries: list[Scenario[Decided]]) -> None:
        self._entries = entries
        self._used = [0] * len(entries)

    def take(self, order: Order) -> Decided | None:
        """Return the plan of the first entry that is not used up, and count it."""
        for at, entry in enumerate(self._entries):
            if (not entry.times or self._used[at] < entry.times) and matches(entry.match, order):
                self._used[at] += 1
                return entry.plan
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


def load(
    path: Path | None, *, keys: frozenset[str], plan_of: Callable[[Entry, str], Decided]
) -> Scenarios[Decided]:
    """Read a scenario file; no file means no scenario.

    Args:
        path: The file.
        keys: What an entry may have besides ``match`` and ``times``.
        plan_of: Reads an entry; is told where it is, for the message of an error.

    Raises:
        ValueError: If an entry is not understood; names the entry.
    """
    if path is None:
        return Scenarios([])
    document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    entries = document.get("scenarios")
    if not isinstance(entries, list):
        raise ValueError(f"{path}: no list 'scenarios'")  # noqa: TRY004  # the file is wrong
    found = []
    for at, entry in enumerate(entries, 1):
        where = f"{path}, entry {at}"
        check_keys(entry, keys | ENTRY_KEYS, where)
        match = entry.get("match") or {}
        check_keys(match, MATCH_KEYS, f"{where}, match")
        found.append(
            Scenario(
                match={key: str(value) for key, value in match.items()},
                times=int(entry.get("times", 0)),
                plan=plan_of(entry, where),
            )
        )
    return Scenarios(found)


def check_keys(entry: Any, keys: frozenset[str], where: str) -> None:  # YAML, see Entry
    """Refuse anything but an object with some of ``keys``.

    Raises:
        ValueError: If it is something else.
    """
    if not isinstance(entry, dict) or set(entry) - keys:
        raise ValueError(f"{where}: keys may be {sorted(keys)}, not {entry!r}")


def plan_of(entry: Entry, where: str, *, allowed: frozenset[Do] = EXECUTING_STEPS) -> Plan:
    """Return the plan of an entry whose steps are ``allowed``.

    Raises:
        ValueError: If it is not understood.
    """
    refuse = entry.get("refuse", "")
    if refuse not in REFUSALS:
        raise ValueError(f"{where}: refuse is one of {REFUSALS}")
    return Plan(
        steps=parse_steps(entry.get("steps"), where, allowed),
        on_cancel=parse_steps(entry.get("on_cancel"), where, allowed),
        refuse=refuse,
        duplicate=bool(entry.get("duplicate", False)),
    )


def parse_steps(items: Iterable[Any] | None, where: str, allowed: frozenset[Do]) -> list[Step]:
    """Return the steps of a list, each of them ``allowed``.

    Raises:
        ValueError: If one is unknown or not allowed.
    """
    steps = [parse_step(item, where) for item in items or ()]
    wrong = [step.do.value for step in steps if step.do not in allowed]
    if wrong:
        raise ValueError(f"{where}: {wrong[0]} is not possible here")
    return steps


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
    if do is Do.RELEASE:
        return Step(do=do, qty=str(argument or ""))
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
