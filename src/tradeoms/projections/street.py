"""What is between us and brokers after trading: instructions and confirmations, with their indexes.

A part of the book. Memory has instructions that are not finished with their confirmations, and
confirmations that wait for a person; the others are read back where they are named.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tradeoms.domain.confirmation.state import AllocationInstruction, Confirmation


@dataclass(slots=True)
class Street:
    """Instructions and confirmations by id, and by what brokers call them.

    `instructions_of` is by placement, `confirmations_of` by instruction, `reported` by session and
    allocation report; `ended` may be let go.
    `whole` names the placements of which every instruction is held, so that none need be read back.
    """

    instructions: dict[str, AllocationInstruction] = field(default_factory=dict)
    alloc_ids: dict[str, str] = field(default_factory=dict)
    instructions_of: dict[str, tuple[str, ...]] = field(default_factory=dict)
    confirmations: dict[str, Confirmation] = field(default_factory=dict)
    confirm_ids: dict[tuple[str, str], str] = field(default_factory=dict)
    confirmations_of: dict[str, tuple[str, ...]] = field(default_factory=dict)
    answer_ids: dict[str, str] = field(default_factory=dict)
    request_ids: dict[str, str] = field(default_factory=dict)
    reported: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    whole: set[str] = field(default_factory=set, compare=False)

    def add_instruction(self, found: AllocationInstruction) -> None:
        """Hold an allocation instruction under its id, AllocID and placement."""
        if found.id not in self.instructions:
            mine = self.instructions_of.get(found.placement_id, ())
            self.instructions_of[found.placement_id] = (*mine, found.id)
        self.instructions[found.id] = found
        if found.status.is_finished:
            self.ended.add(found.id)
        self.alloc_ids[found.alloc_id] = found.id
        self.request_ids.update(dict.fromkeys(found.request_ids, found.id))

    def add_confirmation(self, found: Confirmation) -> None:
        """Hold a confirmation under its id, ConfirmID, instruction and our answer."""
        if found.id not in self.confirmations:
            mine = self.confirmations_of.get(found.instruction_id, ())
            self.confirmations_of[found.instruction_id] = (*mine, found.id)
            if found.report_id:
                report = found.session, found.report_id
                self.reported[report] = (*self.reported.get(report, ()), found.id)
        self.confirmations[found.id] = found
        if not found.status.is_open:
            self.ended.add(found.id)
        self.confirm_ids[found.session, found.confirm_id] = found.id
        if found.answer_id:
            self.answer_ids[found.answer_id] = found.id

    def forget_ended(self) -> None:
        """Let go of finished instructions, and of settled confirmations of none that live."""
        settled = self.ended & self.confirmations.keys()
        for key in self.ended & self.instructions.keys():
            found = self.instructions[key]
            if found.status.is_finished:
                del self.instructions[key], self.alloc_ids[found.alloc_id]
                self.whole.discard(found.placement_id)
                for request_id in found.request_ids:
                    del self.request_ids[request_id]
                left = tuple(x for x in self.instructions_of.pop(found.placement_id) if x != key)
                if left:
                    self.instructions_of[found.placement_id] = left
                settled |= set(self.confirmations_of.get(key, ()))
        for key in settled:
            one = self.confirmations[key]
            if not one.status.is_open and one.instruction_id not in self.instructions:
                self._forget_confirmation(one)
        self.ended.clear()

    def _forget_confirmation(self, found: Confirmation) -> None:
        del self.confirmations[found.id], self.confirm_ids[found.session, found.confirm_id]
        self.answer_ids.pop(found.answer_id, None)
        left = tuple(x for x in self.confirmations_of.pop(found.instruction_id) if x != found.id)
        if left:
            self.confirmations_of[found.instruction_id] = left
        report = found.session, found.report_id
        rest = tuple(x for x in self.reported.pop(report, ()) if x != found.id)
        if rest:
            self.reported[report] = rest
