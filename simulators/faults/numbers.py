"""Sequence numbers towards the gateway: what the simulator sent, and what was slipped in between.

Every number given to the gateway is a slot that keeps its message, so that the proxy answers a
ResendRequest itself. A slot whose message the simulator sent while nobody was connected is empty:
the request for it goes on to the simulator, in the simulator's own numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulators.faults.framing import Message


@dataclass(slots=True)
class Slot:
    """One number: its message; None while not seen. A filler is answered with a gap fill."""

    message: Message | None
    source_seq: int = 0
    filler: bool = False


class Numbers:
    """The slots, from number 1, and where each number of the simulator is."""

    def __init__(self) -> None:
        self.slots: list[Slot] = []
        self._of_source: dict[int, int] = {}
        self._next_source = 1

    @property
    def next_seq(self) -> int:
        """Return the next number towards the gateway."""
        return len(self.slots) + 1

    def slot(self, seq: int) -> Slot:
        """Return the slot of a number."""
        return self.slots[seq - 1]

    def seq_of(self, source: int) -> int:
        """Return the number towards the gateway of one of the simulator's."""
        return self._of_source[source]

    def restart(self) -> None:
        """Forget everything: both sides agreed to start at 1."""
        self.slots.clear()
        self._of_source.clear()
        self._next_source = 1

    def admit(self, message: Message) -> tuple[Message, bool]:
        """Give the simulator's message its number towards the gateway.

        Returns:
            The message renumbered, and whether it is new, not one sent again.
        """
        source, fresh = message.seq, message.seq >= self._next_source
        fills = message.msg_type == "4"
        end = int(message.get(36)) if fills else source + 1
        while self._next_source < max(end, source + 1):
            self._append(self._next_source)
        for one in range(source, end):
            slot = self.slot(self._of_source[one])
            slot.filler = slot.filler or fills or message.is_admin
        seq = self._of_source[source]
        changes: dict[int, str | None] = {34: str(seq)}
        if fills:
            changes[36] = str(self._of_source[end - 1] + 1)
        renumbered = message.changed(changes)
        slot = self.slot(seq)
        if slot.message is None:
            slot.message = renumbered
        return renumbered, fresh

    def _append(self, source: int) -> None:
        self.slots.append(Slot(message=None, source_seq=source))
        self._of_source[source] = len(self.slots)
        self._next_source = source + 1

    def insert(self, message: Message) -> Message:
        """Give a message of the proxy's own the next number."""
        numbered = message.changed({34: str(self.next_seq)})
        self.slots.append(Slot(message=numbered, filler=numbered.is_admin))
        return numbered

    def skip(self, count: int) -> None:
        """Leave out numbers for ever."""
        self.slots += [Slot(message=None, filler=True) for _ in range(count)]

    def again(self, first: int, last: int, *, at: str) -> tuple[list[Message], int]:
        """Return the answer to a ResendRequest for ``first`` to ``last``; 0 is all.

        Returns:
            Messages with PossDupFlag and gap fills, and the simulator's number of the first one
            that only the simulator can send again, 0 if there is none.
        """
        last = min(last or len(self.slots), len(self.slots))
        found: list[Message] = []
        gap = 0
        missing = 0
        for seq in range(first, last + 1):
            slot = self.slot(seq)
            if slot.filler:
                gap = gap or seq
                continue
            if gap:
                found.append(self._gap_fill(gap, seq, at=at))
                gap = 0
            if slot.message is None:
                missing = slot.source_seq
                break
            sent_at = slot.message.get(52)
            found.append(slot.message.changed({43: "Y", 52: at, 122: sent_at}))
        if gap:
            found.append(self._gap_fill(gap, last + 1, at=at))
        return found, missing

    def _gap_fill(self, seq: int, new_seq: int, *, at: str) -> Message:
        header = self._header()
        fields = ((35, "4"), (34, str(seq)), (43, "Y"), (52, at), (122, at))
        return Message(header.begin_string, (*fields, (123, "Y"), (36, str(new_seq)))).changed(
            {49: header.get(49), 56: header.get(56)}
        )

    def _header(self) -> Message:
        """Return a message whose CompIDs are right."""
        return next(slot.message for slot in self.slots if slot.message is not None)
