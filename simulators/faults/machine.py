"""The proxy without its sockets: whole messages in, steps out, nothing else decides.

The dice of a message are made from the seed and the number of messages before it, so the same
messages with the same scenario and seed give the same bytes (`record` proves it).
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any, Final

from simulators.faults.acts import ACTS, BESIDE, INSTEAD, UNNUMBERED, Deed, Hang, Step, Write
from simulators.faults.framing import Message, decode
from simulators.faults.numbers import Numbers
from simulators.faults.script import Entry, Script, Side, read_fault, read_liar, read_script

_LOGON: Final = "A"
_RESEND_REQUEST: Final = "2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """An act that was done, and on what."""

    act: str
    to: str
    msg_type: str
    seq: int
    cl_ord_id: str
    exec_id: str


class Machine:
    """One FIX session between a gateway and a simulator, over all its connections."""

    def __init__(self, scenario: str, seed: int) -> None:
        """Read the scenario.

        Raises:
            ValueError: If it is not understood.
        """
        self.script: Script = read_script(scenario, ACTS)
        for fault in self.script.faults:
            _check_side(fault.to, fault.act)
        self.decisions: list[Decision] = []
        self.numbers = Numbers()
        self._seed = seed
        self._count = 0
        self._last: Message | None = None
        self._hung = False
        self._held: dict[Side, list[Step]] = {side: [] for side in Side}
        self._asked_from = 0

    def connected(self) -> None:
        """Begin a new connection; the numbers go on."""
        self._hung = False
        self._asked_from = 0
        for held in self._held.values():
            held.clear()

    def add(self, entry: Entry) -> None:
        """Add a fault, as an entry of `faults`, or a new `liar`.

        Raises:
            ValueError: If it is not understood.
        """
        if "liar" in entry:
            self.script.liar = read_liar(entry["liar"], ACTS)
            return
        fault = read_fault(entry, ACTS)
        _check_side(fault.to, fault.act)
        self.script.faults.append(fault)

    def clear(self) -> None:
        """Damage nothing from now on."""
        self.script = Script()

    def now(self, act: str, argument: Any, at: str) -> list[Step]:
        """Do an act of `BESIDE` at once, towards the gateway, on the last message that went there.

        Raises:
            ValueError: If the act needs a message of its own, or none has passed yet.
        """
        if act not in BESIDE:
            raise ValueError(f"{act!r} needs a message; add a fault")
        if self._last is None:
            raise ValueError("nothing has passed to the gateway yet")
        return self._do(act, argument, self._last, Side.GATEWAY, at)

    def take(self, to: Side, raw: bytes, at: str) -> list[Step]:
        """Return what becomes of a message on its way ``to`` a side; ``at`` is the time now."""
        if self._hung:
            return []
        self._count += 1
        message = decode(raw)
        if to is Side.SIMULATOR:
            return self._from_gateway(message, at)
        return self._from_simulator(message, at)

    def _from_gateway(self, message: Message, at: str) -> list[Step]:
        steps: list[Step] = []
        if message.msg_type == _LOGON and message.get(141) == "Y":
            self.numbers.restart()
        if message.msg_type == _RESEND_REQUEST:
            message, answer = self._answer(message, at)
            steps += [Write(Side.GATEWAY, each.encode()) for each in answer]
        fresh = message.get(43) != "Y"
        return steps + self._pass(message, Side.SIMULATOR, at, fresh=fresh)

    def _answer(self, request: Message, at: str) -> tuple[Message, list[Message]]:
        """Answer a ResendRequest as far as we can; what goes on has the same number."""
        first, last = int(request.get(7)), int(request.get(16))
        again, missing = self.numbers.again(first, last, at=at)
        again = [each for each in again if not self._struck_again(each)]
        self._held[Side.GATEWAY].clear()  # it is among the messages sent again
        if missing:
            self._asked_from = self.numbers.seq_of(missing)
            return request.changed({7: str(missing), 16: "0"}), again
        return request.changed({35: "0", 7: None, 16: None}), again

    def _struck_again(self, message: Message) -> bool:
        """Return whether a fault loses a message that is sent again."""
        for fault in self.script.faults:
            if fault.takes(message, Side.GATEWAY, fresh=False) and fault.act == "drop":
                self._note("drop", message, Side.GATEWAY)
                return True
        return False

    def _from_simulator(self, message: Message, at: str) -> list[Step]:
        if message.msg_type == _LOGON and message.get(141) == "Y":
            self.numbers.restart()
        numbered, fresh = self.numbers.admit(message)
        steps: list[Step] = []
        if not fresh:
            steps += self._between(numbered.seq, at)
        elif not numbered.is_admin:
            self._last = numbered
        self._last = self._last or numbered
        return steps + self._pass(numbered, Side.GATEWAY, at, fresh=fresh)

    def _between(self, seq: int, at: str) -> list[Step]:
        """Send again what was slipped in before ``seq``, which the simulator does not have."""
        if not self._asked_from:
            return []
        own = [n for n in range(self._asked_from, seq) if not self.numbers.slot(n).source_seq]
        self._asked_from = seq + 1
        found = [each for n in own for each in self.numbers.again(n, n, at=at)[0]]
        return [Write(Side.GATEWAY, each.encode()) for each in found]

    def _pass(self, message: Message, to: Side, at: str, *, fresh: bool) -> list[Step]:
        """Deliver a message as the script and the liar will have it, then what was held back."""
        before = list(self._held[to])
        self._held[to].clear()
        act, argument = self._draw(message, to, fresh=fresh)
        steps: list[Step] = [Write(to, message.encode())]
        if act:
            steps = self._do(act, argument, message, to, at)
            if act in BESIDE:
                steps.insert(0, Write(to, message.encode()))
        return steps + before

    def _draw(self, message: Message, to: Side, *, fresh: bool) -> tuple[str, Any]:
        # Every fault counts its matches, the first that strikes wins.
        struck = [f for f in self.script.faults if f.takes(message, to, fresh=fresh)]
        if struck:
            return struck[0].act, struck[0].argument
        if to is Side.GATEWAY and fresh:
            return self.script.liar.draw(message, self._dice("liar")), None
        return "", None

    def _do(self, act: str, argument: Any, message: Message, to: Side, at: str) -> list[Step]:
        self._note(act, message, to)
        deed = Deed(
            message=message, to=to, argument=argument, at=at, numbers=self.numbers,
            dice=self._dice(act), held=self._held[to],
        )  # fmt: skip
        steps = {**INSTEAD, **BESIDE}[act](deed)
        self._hung = self._hung or any(isinstance(step, Hang) for step in steps)
        return steps

    def _dice(self, purpose: str) -> Random:
        return Random(f"{self._seed}/{self._count}/{purpose}")

    def _note(self, act: str, message: Message, to: Side) -> None:
        decision = Decision(
            act=act, to=to, msg_type=message.msg_type, seq=message.seq,
            cl_ord_id=message.get(11), exec_id=message.get(17),
        )  # fmt: skip
        self.decisions.append(decision)


def _check_side(to: Side, act: str) -> None:
    if to is Side.SIMULATOR and act not in UNNUMBERED:
        raise ValueError(f"{act!r} is only for messages to the gateway")
