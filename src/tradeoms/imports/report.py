"""What became of every row of a file of orders: what could not be read, and what was decided."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from tradeoms.imports.orders import OrderRows
from tradeoms.imports.rows import RowError

Status = Literal["accepted", "known", "refused"]


class DecidedLine(msgspec.Struct, kw_only=True):
    """What the engine decided about one order."""

    status: Status
    id: str = ""
    client_order_id: str = ""
    order_status: str = ""
    check_id: str = ""
    version: int = 0
    seq: int = 0
    problems: list[dict[str, str]] = []


class Decision(msgspec.Struct):
    """What the engine answered for the rows that can be read."""

    data: list[DecidedLine]
    seq: int = 0


class ImportLine(DecidedLine, kw_only=True):
    """What became of one row.

    `accepted`: entered, or would be; `known`: entered before with the same terms; `refused`: not
    entered, `problems` says why. An accepted order that compliance stops is `blocked` or `held`.
    """

    row: int


class ImportReport(msgspec.Struct, kw_only=True):
    """One line a row, in the order of the file."""

    rows: int
    accepted: int
    known: int
    refused: int
    dry_run: bool
    seq: int
    data: list[ImportLine]


def make_report(found: OrderRows, decision: Decision, *, dry_run: bool) -> ImportReport:
    """Bring together what was read and what was decided."""
    lines = [
        *(_decided(row, line) for row, line in zip(found.lines, decision.data, strict=True)),
        *_unread(found.errors),
    ]
    lines.sort(key=lambda line: line.row)
    counts: dict[Status, int] = {"accepted": 0, "known": 0, "refused": 0}
    for line in lines:
        counts[line.status] += 1
    return ImportReport(rows=len(lines), **counts, dry_run=dry_run, seq=decision.seq, data=lines)


def _decided(row: int, line: DecidedLine) -> ImportLine:
    return ImportLine(row=row, **msgspec.structs.asdict(line))


def _unread(errors: Iterable[RowError]) -> list[ImportLine]:
    by_row: dict[int, list[dict[str, str]]] = {}
    for error in errors:
        by_row.setdefault(error.row, []).append(
            {
                "code": error.code.value, "detail": error.reason, "field": error.column,
                "value": error.value,
            }
        )  # fmt: skip
    return [
        ImportLine(row=row, status="refused", problems=problems) for row, problems in by_row.items()
    ]
