"""The fold of allocation instructions and confirmations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, get_args

from tradeoms.domain.confirmation import events as e
from tradeoms.domain.confirmation import state
from tradeoms.projections.book import Book
from tradeoms.projections.fold_copies import COPY_FOLDS


def _fold_instructed(book: Book, event: e.AllocationInstructed, seq: int) -> None:
    if event.replaces:
        _hold(book, state.end(book.street.instructions[event.replaces], event), seq)
    _hold(book, state.instruct(event), seq)


def _fold_instruction(book: Book, event: Any, seq: int) -> None:
    _hold(book, state.evolve(book.street.instructions[event.instruction_id], event), seq)


def _hold(book: Book, instruction: state.AllocationInstruction, seq: int) -> None:
    book.street.add_instruction(instruction)
    book.touched["instructions", instruction.id] = seq


def _fold_confirmed(book: Book, event: e.ConfirmationRecorded, seq: int) -> None:
    if event.replaces:
        after = state.supersede(book.street.confirmations[event.replaces], event)
        book.street.add_confirmation(after)
        book.touched["confirmations", after.id] = seq
    _hold_confirmation(book, state.confirm(event), seq)


def _fold_answer(book: Book, event: Any, seq: int) -> None:
    _hold_confirmation(
        book, state.answer(book.street.confirmations[event.confirmation_id], event), seq
    )


def _hold_confirmation(book: Book, confirmation: state.Confirmation, seq: int) -> None:
    """Hold a confirmation, and count it with its instruction."""
    book.street.add_confirmation(confirmation)
    book.touched["confirmations", confirmation.id] = seq
    instruction = book.street.instructions.get(confirmation.instruction_id)
    if instruction is not None:
        mine = [
            book.street.confirmations[each] for each in book.street.confirmations_of[instruction.id]
        ]
        _hold(book, state.tally(instruction, mine, confirmation.updated_at), seq)


#: What comes after trading.
POSTTRADE_FOLDS: Final[dict[type, Callable[[Book, Any, int], None]]] = {
    **COPY_FOLDS,
    **dict.fromkeys(get_args(e.InstructionEvent), _fold_instruction),
    e.AllocationInstructed: _fold_instructed,
    **dict.fromkeys(get_args(e.ConfirmationEvent), _fold_answer),
    e.ConfirmationRecorded: _fold_confirmed,
}
