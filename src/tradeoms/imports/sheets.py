"""The first sheet of an XLSX workbook as CSV text, so that one reader reads every file.

A number is taken with the 15 significant digits that spreadsheets keep and show (IEEE 754 binary64
holds no more); a cell that is text is taken as it stands. Formulas count with their stored result.
"""

from __future__ import annotations

import csv
import importlib
import io
import zipfile
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final

from tradeoms.imports.rows import RowError, RowFault

#: What a workbook may unpack to: a small file can hold a very large one.
UNPACKED_MAX: Final = 64 * 1024 * 1024
_NOT_HERE: Final = RowFault.FORMAT_NOT_SUPPORTED
_MIDNIGHT: Final = time()


def sheet_text(data: bytes) -> str | list[RowError]:
    """The first sheet as CSV, its rows on the lines they have in the sheet.

    Returns:
        The text, or the error that the data is no workbook.
    """
    try:
        calamine = importlib.import_module("python_calamine")
    except ModuleNotFoundError:
        return _refuse("this node cannot read XLSX: python-calamine is not installed", _NOT_HERE)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
        if unpacked > UNPACKED_MAX:
            return _refuse(f"it unpacks to more than {UNPACKED_MAX} bytes")
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (zipfile.BadZipFile, calamine.CalamineError) as error:
        return _refuse(f"not an XLSX workbook: {error}")
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    for row in rows:
        texts = [_text(cell) for cell in row]
        writer.writerow(texts if any(texts) else ())
    return out.getvalue()


def _text(cell: object) -> str:
    match cell:
        case bool():
            return "true" if cell else "false"
        case int() | float():
            return f"{Decimal(f'{cell:.15g}'):f}"
        case datetime() if cell.time() == _MIDNIGHT:
            return cell.date().isoformat()
        case date() | time():
            return cell.isoformat()
        case _:
            return str(cell)


def _refuse(reason: str, fault: RowFault = RowFault.FILE_MALFORMED) -> list[RowError]:
    return [RowError(row=1, column="", value="", code=fault, reason=reason)]
