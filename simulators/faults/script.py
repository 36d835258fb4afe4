"""What a scenario file says: which messages are damaged and how, and how often the liar lies.

The format is described in simulators/README.md. A file that is not understood ends the start: a
scenario that silently does nothing would prove nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique
from random import Random
from typing import Any, Final

import yaml

from simulators.faults.framing import Message


@unique
class Side(StrEnum):
    """Where a message goes."""

    GATEWAY = "gateway"
    SIMULATOR = "simulator"


#: What the liar draws from, unless told: all that needs no operator afterwards.
LIES: Final = (
    "drop", "swap", "poss_dup", "poss_resend", "repeat", "bad_checksum", "bad_length", "garble",
    "truncate", "bytewise", "huge", "odd_fields", "skew", "contradict", "stray", "lose", "cut",
    "resend_request", "sequence_reset",
)  # fmt: skip
_ON: Final = frozenset({"to", "type", "tags", "resent"})
_FAULT: Final = frozenset({"on", "skip", "times", "do"})
_LIAR: Final = frozenset({"rate", "acts", "types"})
Entry = Mapping[str, Any]  # YAML: any shape until checked


@dataclass(slots=True)
class Fault:
    """One entry: what it waits for, what it does then.

    Attributes:
        to: Where the message goes.
        msg_type: MsgType (35); empty for any application message.
        tags: Texts that tags must have; an empty text: the tag must be there.
        resent: Whether it is for messages sent again, instead of new ones.
        skip: Matches to let pass first.
        times: Matches to damage; 0 is every one.
        act: Name in `acts.ACTS`.
        argument: What the act is given.
    """

    to: Side
    msg_type: str
    tags: Mapping[int, str]
    resent: bool
    skip: int
    times: int
    act: str
    argument: Any
    seen: int = 0

    def takes(self, message: Message, to: Side, *, fresh: bool) -> bool:
        """Return whether the fault strikes now; counts the match."""
        wanted = (
            to is self.to
            and fresh is not self.resent
            and (message.msg_type == self.msg_type or (not self.msg_type and not message.is_admin))
            and all(message.get(tag) == text or (not text and message.get(tag))
                    for tag, text in self.tags.items())
        )  # fmt: skip
        if not wanted:
            return False
        self.seen += 1
        return self.seen > self.skip and (not self.times or self.seen <= self.skip + self.times)


@dataclass(slots=True)
class Liar:
    """Damages new messages to the gateway at random.

    Attributes:
        rate: Probability for each message, 0 to 1.
        acts: Names in `acts.ACTS`, drawn evenly.
        types: MsgTypes (35) that may be damaged.
    """

    rate: float = 0.0
    acts: tuple[str, ...] = LIES
    types: tuple[str, ...] = ("8", "9")

    def draw(self, message: Message, dice: Random) -> str:
        """Return the name of the act for this message, empty for none."""
        if message.msg_type not in self.types or dice.random() >= self.rate:
            return ""
        return dice.choice(self.acts)


@dataclass(slots=True)
class Script:
    """The faults in order, the first that strikes wins, and the liar for all the rest."""

    faults: list[Fault] = field(default_factory=list)
    liar: Liar = field(default_factory=Liar)


def read_script(text: str, known: frozenset[str]) -> Script:
    """Read a scenario; ``known`` are the names of acts.

    Raises:
        ValueError: If anything in it is not understood.
    """
    data = yaml.safe_load(text) or {}
    _only("the scenario", data, frozenset({"faults", "liar"}))
    faults = [read_fault(entry, known) for entry in data.get("faults", [])]
    return Script(faults=faults, liar=read_liar(data.get("liar", {}), known))


def read_fault(entry: Entry, known: frozenset[str]) -> Fault:
    """Read one fault.

    Raises:
        ValueError: If a key, the side or the act is not known.
    """
    _only("a fault", entry, _FAULT)
    on = entry.get("on", {})
    _only("on", on, _ON)
    act, argument = _named(entry.get("do"))
    _known(act, known)
    return Fault(
        to=Side(on.get("to", "gateway")),
        msg_type=str(on.get("type", "")),
        tags={int(tag): str(text) for tag, text in on.get("tags", {}).items()},
        resent=bool(on.get("resent", False)),
        skip=int(entry.get("skip", 0)),
        times=int(entry.get("times", 1)),
        act=act,
        argument=argument,
    )


def read_liar(entry: Entry, known: frozenset[str]) -> Liar:
    """Read how often the liar lies, and what.

    Raises:
        ValueError: If a key or an act is not known, or the rate is no probability.
    """
    _only("liar", entry, _LIAR)
    acts = tuple(entry.get("acts", LIES))
    for act in acts:
        _known(act, known)
    rate = float(entry.get("rate", 0))
    if not 0 <= rate <= 1:
        raise ValueError(f"liar: rate is from 0 to 1, not {rate}")
    return Liar(rate=rate, acts=acts, types=tuple(map(str, entry.get("types", ("8", "9")))))


def _named(entry: object) -> tuple[str, Any]:
    """Split `do: name` and `do: {name: argument}`."""
    if isinstance(entry, str):
        return entry, None
    if isinstance(entry, Mapping) and len(entry) == 1:
        ((name, argument),) = entry.items()
        return str(name), argument
    raise ValueError(f"do takes one act, not {entry!r}")


def _known(act: str, known: frozenset[str]) -> None:
    if act not in known:
        raise ValueError(f"unknown act {act!r}")


def _only(what: str, entry: Entry, keys: frozenset[str]) -> None:
    if unknown := set(entry) - keys:
        raise ValueError(f"{what}: unknown keys {sorted(unknown)}")
