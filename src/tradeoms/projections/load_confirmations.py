"""Reads allocation instructions and confirmations back: those that live, and single ones."""

from __future__ import annotations

from typing import Final

import msgspec
import sqlalchemy as sa

from tradeoms.domain.confirmation.commands import part_id
from tradeoms.domain.confirmation.state import AllocationInstruction, Confirmation, StreetStatus
from tradeoms.projections import tables as t
from tradeoms.projections.book import Book

_instruction: Final = msgspec.json.Decoder(AllocationInstruction).decode
_confirmation: Final = msgspec.json.Decoder(Confirmation).decode
_FINISHED: Final = [status.value for status in StreetStatus if status.is_finished]
_OPEN: Final = ("matched", "mismatched")


def load_confirmations(link: sa.Connection, book: Book, *, live: bool) -> None:
    """Instructions that are not finished with their confirmations, and open confirmations."""
    instructions, confirmations = t.allocation_instructions, t.confirmations
    wanted = sa.select(instructions.c.state).order_by(instructions.c.id)
    kept = sa.select(confirmations.c.state).order_by(confirmations.c.id)
    if live:
        going = instructions.c.status.not_in(_FINISHED)
        wanted = wanted.where(going)
        of_going = sa.select(instructions.c.id).where(going)
        kept = kept.where(
            sa.or_(confirmations.c.status.in_(_OPEN), confirmations.c.instruction_id.in_(of_going))
        )
    for state in link.execute(wanted).scalars():
        book.street.add_instruction(_instruction(state))
    for state in link.execute(kept).scalars():
        book.street.add_confirmation(_confirmation(state))


def recall_instruction(
    link: sa.Connection, book: Book, *, key: str = "", alloc_id: str = "", placement_id: str = ""
) -> None:
    """Bring instructions back into ``book`` with their confirmations; newer ones stay."""
    table = t.allocation_instructions
    wanted = {table.c.id: key, table.c.alloc_id: alloc_id, table.c.placement_id: placement_id}
    where = [column == value for column, value in wanted.items() if value]
    for state in link.execute(sa.select(table.c.state).where(*where)).scalars():
        found = _instruction(state)
        if found.id not in book.street.instructions:
            book.street.add_instruction(found)
        _recall_confirmations(link, book, t.confirmations.c.instruction_id == found.id)


def recall_confirmation(
    link: sa.Connection,
    book: Book,
    *,
    key: str = "",
    confirm_id: tuple[str, str] = ("", ""),
    answer_id: str = "",
    report_id: tuple[str, str] = ("", ""),
) -> None:
    """Bring a confirmation back into ``book``, with its instruction.

    Args:
        link: Connection.
        book: Where to.
        key: Its id, or else:
        confirm_id: Its session and ConfirmID, or else:
        answer_id: Our name of the answer to it, or else:
        report_id: Session and AllocReportID of the report whose parts are wanted.
    """
    table = t.confirmations.c
    if key:
        where = [table.id == key]
    elif answer_id:
        where = [table.answer_id == answer_id]
    elif report_id[1]:
        own = table.confirm_id.startswith(part_id(report_id[1], ""), autoescape=True)
        where = [table.session == report_id[0], own]
    else:
        where = [table.session == confirm_id[0], table.confirm_id == confirm_id[1]]
    for each in _recall_confirmations(link, book, *where):
        if each.instruction_id:
            recall_instruction(link, book, key=each.instruction_id)


def _recall_confirmations(
    link: sa.Connection, book: Book, *where: sa.ColumnElement[bool]
) -> list[Confirmation]:
    rows = link.execute(sa.select(t.confirmations.c.state).where(*where)).scalars()
    found = [_confirmation(state) for state in rows]
    for each in found:
        if each.id not in book.street.confirmations:
            book.street.add_confirmation(each)
    return found
