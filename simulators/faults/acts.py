"""What may happen to one message: each act turns it into steps on the wire.

An act of `INSTEAD` delivers the message in its own way or not at all; one of `BESIDE` delivers it
and then does more. A message that never arrived keeps its number and is sent again when asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from simulators.faults.framing import Message
from simulators.faults.numbers import Numbers
from simulators.faults.script import Side

#: Characters of Text (58) in a huge message, unless told.
HUGE: Final = 1_000_000
_SKEW_S: Final = 200
_TIME: Final = "%Y%m%d-%H:%M:%S"
#: Fields nobody agreed on: unknown and user-defined tags, a bad enumeration, an unknown group.
_ODD: Final = (
    ((9999, "x"),),
    ((20001, "y"), (5001, "")),
    ((21, "Z"),),
    ((1234, "a"), (1235, "1"), (1234, "b"), (1235, "2")),
)


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes that go out; `bytewise` one at a time."""

    to: Side
    data: bytes
    bytewise: bool = False


@dataclass(frozen=True, slots=True)
class Cut:
    """Both connections end."""


@dataclass(frozen=True, slots=True)
class Hang:
    """Both connections stay open, and nothing passes any more."""


@dataclass(frozen=True, slots=True)
class Stall:
    """Nothing is read from the gateway for a time."""

    seconds: float


Step = Write | Cut | Hang | Stall


@dataclass(slots=True)
class Deed:
    """One act about to be done.

    Attributes:
        message: The message as it should arrive.
        to: Where it goes.
        argument: From the scenario; None for the act's own default.
        at: SendingTime (52) of messages of our own.
        numbers: Slots towards the gateway.
        dice: Seeded for this message alone.
        held: Where an act leaves what is to follow the next message.
    """

    message: Message
    to: Side
    argument: Any
    at: str
    numbers: Numbers
    dice: Random
    held: list[Step]

    def deliver(self, message: Message | None = None) -> Write:
        """Return the message as it should arrive, or another in its place."""
        return Write(self.to, (message or self.message).encode())

    def own(self, msg_type: str, fields: Mapping[int, str]) -> Message:
        """Return a message of our own under the next number."""
        header = ((35, msg_type), (34, "0"), (49, self.message.get(49)), (56, self.message.get(56)))
        made = Message(self.message.begin_string, (*header, (52, self.at), *fields.items()))
        return self.numbers.insert(made)

    def copy(self, changes: Mapping[int, str | None]) -> Message:
        """Return the message with changes under the next number."""
        return self.numbers.insert(self.message.changed({52: self.at, **changes}))


def _texts(argument: Mapping[Any, Any] | None) -> dict[int, str | None]:
    return {int(tag): None if text is None else str(text) for tag, text in (argument or {}).items()}


def drop(_: Deed) -> list[Step]:
    """Lose it: a gap."""
    return []


def lose(deed: Deed) -> list[Step]:
    """Fill its number with a gap fill: it never comes, however often it is asked for."""
    slot = deed.numbers.slot(deed.message.seq)
    slot.filler = True
    fields = {35: "4", 123: "Y", 36: str(deed.message.seq + 1)}
    header = {34, 49, 52, 56}
    kept = tuple(each for each in deed.message.fields if each[0] in header)
    filler = Message(deed.message.begin_string, ((35, "4"), *kept)).changed(dict(fields))
    return [deed.deliver(filler)]


def swap(deed: Deed) -> list[Step]:
    """Send it after the next message."""
    deed.held.append(deed.deliver())
    return []


def bad_checksum(deed: Deed) -> list[Step]:
    """Send it with a CheckSum (10) that is wrong."""
    data = deed.message.encode()
    wrong = (int(data[-4:-1]) + 1) % 256
    return [Write(deed.to, data[:-4] + f"{wrong:03d}\x01".encode())]


def bad_length(deed: Deed) -> list[Step]:
    """Send it with a BodyLength (9) that is wrong, by ``argument`` bytes."""
    off = int(deed.argument or deed.dice.choice((-20, -1, 1, 20)))
    data = deed.message.encode()
    begin, _, rest = data.partition(b"\x019=")
    length, _, body = rest.partition(b"\x01")
    return [Write(deed.to, begin + f"\x019={int(length) + off}\x01".encode() + body)]


def garble(deed: Deed) -> list[Step]:
    """Change one byte of the body, not the checksum."""
    data = bytearray(deed.message.encode())
    at = deed.dice.randrange(len(data) // 3, len(data) - 10)
    data[at] = data[at] % 255 + 1
    return [Write(deed.to, bytes(data))]


def truncate(deed: Deed) -> list[Step]:
    """Send the first part only; the next message follows at once."""
    data = deed.message.encode()
    return [Write(deed.to, data[: deed.dice.randrange(1, len(data) - 1)])]


def bytewise(deed: Deed) -> list[Step]:
    """Write it byte by byte."""
    return [Write(deed.to, deed.message.encode(), bytewise=True)]


def huge(deed: Deed) -> list[Step]:
    """Give it a Text (58) of ``argument`` characters."""
    return [deed.deliver(deed.message.changed({58: "x" * int(deed.argument or HUGE)}))]


def odd_fields(deed: Deed) -> list[Step]:
    """Add fields that nobody agreed on."""
    return [deed.deliver(deed.message.extended(deed.dice.choice(_ODD)))]


def rewrite(deed: Deed) -> list[Step]:
    """Send it with the tags of ``argument`` set, or removed where they have no text."""
    return [deed.deliver(deed.message.changed(_texts(deed.argument)))]


def skew(deed: Deed) -> list[Step]:
    """Move SendingTime (52) by ``argument`` seconds."""
    seconds = int(deed.argument or deed.dice.choice((-_SKEW_S, _SKEW_S)))
    whole, dot, part = deed.message.get(52).partition(".")
    moved = datetime.strptime(whole, _TIME).replace(tzinfo=UTC) + timedelta(seconds=seconds)
    return [deed.deliver(deed.message.changed({52: moved.strftime(_TIME) + dot + part}))]


def cut(deed: Deed) -> list[Step]:
    """Write the first part, ``argument`` bytes or any number, and end the connection."""
    data = deed.message.encode()
    whole = len(data)
    size = whole if deed.argument is None else int(deed.argument)
    if deed.argument is None:
        size = deed.dice.randrange(whole)
    return [Write(deed.to, data[:size]), Cut()]


def refuse(deed: Deed) -> list[Step]:
    """Send a Logout (5) with the text ``argument`` in its place, and end the connection."""
    header = tuple(each for each in deed.message.fields if each[0] in {34, 49, 52, 56})
    text = str(deed.argument or "logon refused")
    refusal = Message(deed.message.begin_string, ((35, "5"), *header, (58, text)))
    return [deed.deliver(refusal), Cut()]


def poss_dup(deed: Deed) -> list[Step]:
    """Send it again under its own number with PossDupFlag (43)."""
    again = deed.message.changed({43: "Y", 52: deed.at, 122: deed.message.get(52)})
    return [deed.deliver(again) for _ in range(int(deed.argument or 1))]


def poss_resend(deed: Deed) -> list[Step]:
    """Send it again under a new number with PossResend (97)."""
    return [deed.deliver(deed.copy({97: "Y"}))]


def repeat(deed: Deed) -> list[Step]:
    """Send it again under a new number, with the tags of ``argument`` changed."""
    return [deed.deliver(deed.copy(_texts(deed.argument)))]


def contradict(deed: Deed) -> list[Step]:
    """Send another content under the same ExecID (17)."""
    units = {32: "1" if deed.message.get(32) != "1" else "2"} if deed.message.get(32) else {}
    return [deed.deliver(deed.copy(_texts(deed.argument or units)))]


def stray(deed: Deed) -> list[Step]:
    """Send a like report on an order that the gateway never sent."""
    name = f"STRAY-{deed.numbers.next_seq}"
    changes: dict[int, str | None] = {11: name, 17: name, 37: name, 41: None}
    return [deed.deliver(deed.copy({**changes, **_texts(deed.argument)}))]


def inject(deed: Deed) -> list[Step]:
    """Send ``count`` messages of ``type`` with the tags of ``body``; {n} in a text counts them."""
    wanted = deed.argument
    body = _texts(wanted.get("body"))
    return [
        deed.deliver(deed.own(str(wanted["type"]), _counted(body, n)))
        for n in range(int(wanted.get("count", 1)))
    ]


def _counted(body: Mapping[int, str | None], n: int) -> dict[int, str]:
    return {tag: text.replace("{n}", str(n)) for tag, text in body.items() if text is not None}


def resend_request(deed: Deed) -> list[Step]:
    """Ask the gateway for all it ever sent, ``argument`` times."""
    count = int(deed.argument or 1)
    return [deed.deliver(deed.own("2", {7: "1", 16: "0"})) for _ in range(count)]


def too_low(deed: Deed) -> list[Step]:
    """Send a Heartbeat under the number 1 without PossDupFlag."""
    header = {49: deed.message.get(49), 56: deed.message.get(56), 52: deed.at}
    fields = ((35, "0"), (34, "1"), *header.items())
    return [deed.deliver(Message(deed.message.begin_string, fields))]


def sequence_reset(deed: Deed) -> list[Step]:
    """Send SequenceReset in reset mode that leaves out ``argument`` numbers."""
    count = int(deed.argument or 1)
    made = deed.own("4", {36: str(deed.numbers.next_seq + 1 + count)})
    deed.numbers.skip(count)
    return [deed.deliver(made)]


def hang_up(_: Deed) -> list[Step]:
    """End the connection."""
    return [Cut()]


def hang(_: Deed) -> list[Step]:
    """Let nothing pass any more, without a word: a half-open connection."""
    return [Hang()]


def stall(deed: Deed) -> list[Step]:
    """Read nothing from the gateway for ``argument`` seconds."""
    return [Stall(float(deed.argument or 1))]


Act = Callable[[Deed], list[Step]]
INSTEAD: Final[Mapping[str, Act]] = {
    act.__name__: act
    for act in (
        drop, lose, swap, bad_checksum, bad_length, garble, truncate, bytewise, huge, odd_fields,
        rewrite, skew, cut, refuse,
    )
}  # fmt: skip
BESIDE: Final[Mapping[str, Act]] = {
    act.__name__: act
    for act in (
        poss_dup, poss_resend, repeat, contradict, stray, inject, resend_request, too_low,
        sequence_reset, hang_up, hang, stall,
    )
}  # fmt: skip
ACTS: Final = frozenset({*INSTEAD, *BESIDE})
#: Acts that need no number of ours: the only ones for messages to the simulator.
UNNUMBERED: Final = frozenset(
    {
        "drop", "swap", "bad_checksum", "bad_length", "garble", "truncate", "bytewise", "huge",
        "odd_fields", "rewrite", "skew", "cut", "refuse", "poss_dup", "hang_up", "hang", "stall",
    }
)  # fmt: skip
