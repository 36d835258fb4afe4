"""The portable backup: one text file that either engine writes, and either engine restores.

Lines of JSON: a header (format, schema revision, head of the chain, tables with the kinds of their
columns), then each table's name followed by its rows as arrays in primary key order, then an end
line with the number of rows and the SHA-256 of all lines before it. Bytes are base64.

Whoever can write the file can write its checksum too: what proves the journal in it is the chain,
and a chain value kept elsewhere.
"""

from __future__ import annotations

import hashlib
import os
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

import msgspec
import sqlalchemy as sa

from tradeoms.kernel.errors import ArchiveInvalid, TargetNotEmpty

FORMAT: Final = "tradeoms archive 1"
_encode: Final = msgspec.json.Encoder(decimal_format="string").encode


class TableShape(msgspec.Struct, frozen=True):
    """A table of the archive: its name, and (name, kind) of its columns; kinds as in `kind_of`."""

    name: str
    columns: tuple[tuple[str, str], ...]


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """First line of an archive."""

    format: str
    schema: str
    seq: int
    chain: bytes
    tables: tuple[TableShape, ...]


class _TableLine(msgspec.Struct, frozen=True):
    table: str


class _EndLine(msgspec.Struct, frozen=True):
    rows: int
    sha256: str


def kind_of(column: sa.Column[Any]) -> str:  # Any: a column of any of the known types
    """Return "bytes", "int" or "text" for a column as declared or as reflected.

    A boolean is an int, 0 or 1: in SQLite there is nothing else.
    """
    match column.type:
        case sa.LargeBinary():
            return "bytes"
        case sa.Integer() | sa.Boolean():
            return "int"
        case _:
            return "text"


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Yield a name to write to; the file gets its own name when it is complete and on disk.

    Raises:
        TargetNotEmpty: If there is a file of that name.
    """
    if path.exists():
        raise TargetNotEmpty(target=str(path))
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        _sync(part)
        part.rename(path)
        _sync(path.parent)
    finally:
        part.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class ArchiveWriter:
    """Writes the lines, counting and hashing them."""

    def __init__(self, file: IO[bytes], header: Header) -> None:
        """Write the header."""
        self.rows = 0
        self._file = file
        self._hash = hashlib.sha256()
        self._write(_encode(header))

    def begin(self, table: str) -> None:
        """Start a table."""
        self._write(_encode(_TableLine(table)))

    def row(self, values: tuple[Any, ...]) -> None:  # Any: int, str, bool, bytes or None
        """Add a row of the table begun last."""
        self._write(
            _encode([int(value) if value is True or value is False else value for value in values])
        )
        self.rows += 1

    def end(self) -> None:
        """Write the end line, without which an archive is incomplete."""
        self._file.write(_encode(_EndLine(self.rows, self._hash.hexdigest())) + b"\n")

    def _write(self, line: bytes) -> None:
        line += b"\n"
        self._hash.update(line)
        self._file.write(line)


class ArchiveReader:
    """Reads an archive whose checksum is good; `path` is only for messages."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        """Read the header.

        Raises:
            ArchiveInvalid: If it is not one.
        """
        self._path = path
        self._file = file
        self._line = file.readline()
        try:
            self.header = msgspec.json.decode(self._line, type=Header)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ArchiveInvalid(path=str(path), reason=f"no header: {error}") from error
        if self.header.format != FORMAT:
            raise ArchiveInvalid(path=str(path), reason=f"format {self.header.format!r}")

    def tables(self) -> Iterator[tuple[TableShape, Iterator[tuple[Any, ...]]]]:  # Any: as row
        """Yield each table and its rows; the rows must be used up before the next table."""
        shapes = {shape.name: shape for shape in self.header.tables}
        self._line = self._file.readline()
        while self._line.startswith(b'{"table":'):
            shape = shapes.pop(msgspec.json.decode(self._line, type=_TableLine).table)
            yield shape, self._rows(shape)
        assert not shapes

    def _rows(self, shape: TableShape) -> Iterator[tuple[Any, ...]]:  # Any: as row
        binary = [index for index, (_, kind) in enumerate(shape.columns) if kind == "bytes"]
        while (line := self._file.readline()).startswith(b"["):
            values: list[Any] = msgspec.json.decode(line)
            for index in binary:
                if values[index] is not None:
                    values[index] = b64decode(values[index])
            yield tuple(values)
        self._line = line


def check_sum(path: Path) -> None:
    """Compare an archive with the checksum on its end line, before anything of it is believed.

    Raises:
        ArchiveInvalid: If it is incomplete, or not what was written.
    """
    digest = hashlib.sha256()
    rows, last = 0, b""
    with path.open("rb") as file:
        for line in file:
            digest.update(last)
            rows += last.startswith(b"[")
            last = line
    try:
        end = msgspec.json.decode(last, type=_EndLine)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ArchiveInvalid(path=str(path), reason="the end is missing") from error
    if end != _EndLine(rows, digest.hexdigest()) or not last.endswith(b"\n"):
        raise ArchiveInvalid(path=str(path), reason="it is not what was written")
