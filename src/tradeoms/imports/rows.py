"""The rows of a CSV, TSV or YAML file as text, with the line each stands on.

CSV is RFC 4180 in UTF-8 with a header row; a byte order mark at the start, as spreadsheets write
it, is dropped. TSV is the same with tabs, as spreadsheets put it on the clipboard.
YAML is a list of mappings with the same names; its scalars are taken as written, so `1.10` stays
`1.10` and `NO` stays a country. A YAML list is read as its items joined by `;`, a
mapping as `name=value` joined by `;`, which is what the CSV cell would hold. Lines count from 1;
the header of a CSV file is one.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final, Literal

import yaml

Format = Literal["csv", "tsv", "yaml"]
#: (scheme, value) to the id of a security that is loaded, None where there is none.
Resolve = Callable[[str, str], str | None]

SEPARATOR: Final = ";"
#: Longest cell. Nothing that is loaded is longer; a quote that never closes would be.
CELL_MAX: Final = 10_000
#: Deepest nesting of a YAML file.
DEPTH_MAX: Final = 20
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@unique
class RowFault(StrEnum):
    """What is wrong with a cell, a row or a file. Declared in the order the checks run."""

    NOT_UTF8 = "not_utf8"
    FORMAT_NOT_SUPPORTED = "format_not_supported"
    FILE_EMPTY = "file_empty"
    FILE_MALFORMED = "file_malformed"
    COLUMN_TWICE = "column_twice"
    COLUMN_UNKNOWN = "column_unknown"
    COLUMN_MISSING = "column_missing"
    CELL_COUNT = "cell_count"
    CELL_MISSING = "cell_missing"
    TEXT_INVALID = "text_invalid"
    CODE_INVALID = "code_invalid"
    NUMBER_INVALID = "number_invalid"
    NUMBER_RANGE = "number_range"
    DATE_INVALID = "date_invalid"
    WORD_UNKNOWN = "word_unknown"
    CURRENCY_UNKNOWN = "currency_unknown"
    MIC_INVALID = "mic_invalid"
    IDENTIFIER_INVALID = "identifier_invalid"
    IDENTIFIERS_DIFFER = "identifiers_differ"
    SECURITY_NOT_FOUND = "security_not_found"
    ROLES_INVALID = "roles_invalid"
    PASSWORD_WEAK = "password_weak"  # noqa: S105 - a code, not a password
    RULE_INVALID = "rule_invalid"
    ROW_TWICE = "row_twice"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowError:
    """One thing that is wrong with a file.

    Attributes:
        row: Line of the file, from 1.
        column: Column or field; empty where the row as a whole is meant.
        value: What stands there; empty for passwords.
        code: The closed code.
        reason: What is allowed, as a sentence for the person who wrote the file.
    """

    row: int
    column: str
    value: str
    code: RowFault
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: its line and its cells by column, as text."""

    line: int
    cells: dict[str, str]


def decode(data: bytes) -> str | list[RowError]:
    """The text of a file.

    Returns:
        The text, or one error with the line of the first byte that is not UTF-8.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        hint = " (it looks like UTF-16)" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ""
        reason = f"byte {error.start} is not UTF-8{hint}; save the file as UTF-8"
        return [RowError(row=line, column="", value="", code=RowFault.NOT_UTF8, reason=reason)]


def read_rows(
    text: str,
    *,
    form: Format,
    required: Iterable[str],
    optional: Iterable[str],
    errors: list[RowError],
    prefix: str = "",
) -> Iterator[Row]:
    """Yield the rows of ``text`` one by one; whatever is wrong with their shape goes to ``errors``.

    A row of the wrong shape is told and left out. Where the header is wrong no row is yielded.
    Beside the columns named there may be others that begin with ``prefix``, if it is not empty.
    """
    shape = _Shape(required=tuple(required), optional=tuple(optional), errors=errors, prefix=prefix)
    count = 0
    for row in _rows(text, form, shape):
        count += 1
        yield row
    if count == 0 and not errors:
        shape.fault(1, "", "", RowFault.FILE_EMPTY, "there are no rows")


def place_of(text: str, *, form: Format, field: str, value: str) -> tuple[int, str] | None:
    """Line and column that a refusal of the engine means, in a file whose rows can be read.

    Args:
        text: The file.
        form: How it is written.
        field: `rows/7/fund` as the engine says it, where 7 counts what the command has.
        value: What is refused there.

    Returns:
        The first line with this value in this column; None where none has it.
    """
    column = field.rpartition("/")[2]
    if not value or not field.startswith("rows/"):
        return None
    shape = _Shape(required=(), optional=(), errors=[], any_column=True)
    for row in _rows(text, form, shape):
        if row.cells.get(column) == value:
            return row.line, column
    return None


def _rows(text: str, form: Format, shape: _Shape) -> Iterator[Row]:
    text = text.removeprefix("\ufeff")
    if form == "yaml":
        return _yaml_rows(text, shape)
    return _csv_rows(text, shape, delimiter="\t" if form == "tsv" else ",")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """The columns that a file may have, and where errors go."""

    required: tuple[str, ...]
    optional: tuple[str, ...]
    errors: list[RowError]
    prefix: str = ""
    any_column: bool = False

    def fault(self, line: int, column: str, value: str, code: RowFault, reason: str) -> None:
        """Keep one error."""
        error = RowError(row=line, column=column, value=value[:80], code=code, reason=reason)
        self.errors.append(error)

    def check(self, line: int, names: list[str]) -> bool:
        """True where ``names`` are columns that may stand together."""
        if self.any_column:
            return True
        before = len(self.errors)
        known = {*self.required, *self.optional}
        allowed = f"columns are {', '.join((*self.required, *self.optional))}"
        for index, name in enumerate(names):
            if name in names[:index]:
                self.fault(line, name, name, RowFault.COLUMN_TWICE, "the column stands there twice")
            elif name not in known and not (self.prefix and name.startswith(self.prefix)):
                self.fault(line, name, name, RowFault.COLUMN_UNKNOWN, allowed)
        for name in self.required:
            if name not in names:
                self.fault(line, name, "", RowFault.COLUMN_MISSING, "the column is required")
        return len(self.errors) == before

    def cells_ok(self, line: int, cells: dict[str, str]) -> bool:
        """True where every cell is text that a person can read."""
        before = len(self.errors)
        for name, value in cells.items():
            if len(value) > CELL_MAX:
                reason = f"more than {CELL_MAX} characters; is a quote missing?"
                self.fault(line, name, value, RowFault.TEXT_INVALID, reason)
            elif not value.isprintable():
                reason = "line breaks, tabs and control characters are not allowed"
                self.fault(line, name, repr(value), RowFault.TEXT_INVALID, reason)
            elif value != value.strip():
                reason = "spaces at the start or end"
                self.fault(line, name, value, RowFault.TEXT_INVALID, reason)
        return len(self.errors) == before


def _csv_rows(text: str, shape: _Shape, *, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    line = 1
    try:
        for values in reader:
            start, line = line, reader.line_num + 1
            if not values:
                continue
            if header is None:
                header = values
                if not shape.check(start, header):
                    return
                continue
            if len(values) != len(header):
                reason = f"{len(values)} cells, the header has {len(header)}"
                shape.fault(start, "", ",".join(values), RowFault.CELL_COUNT, reason)
                continue
            cells = dict(zip(header, values, strict=True))
            if shape.cells_ok(start, cells):
                yield Row(line=start, cells=cells)
    except csv.Error as error:
        shape.fault(line, "", "", RowFault.FILE_MALFORMED, f"not CSV: {error}")


def _yaml_rows(text: str, shape: _Shape) -> Iterator[Row]:
    root = compose(text, shape.errors)
    if root is None:
        return
    if not isinstance(root, yaml.SequenceNode):
        line = root.start_mark.line + 1
        shape.fault(line, "", "", RowFault.FILE_MALFORMED, "a list of rows is expected")
        return
    for node in root.value:
        line = node.start_mark.line + 1
        if not isinstance(node, yaml.MappingNode):
            reason = "a row is a mapping of column to value"
            shape.fault(line, "", "", RowFault.FILE_MALFORMED, reason)
            continue
        names = [_scalar(key) or "?" for key, _ in node.value]
        if not shape.check(line, names):
            continue
        cells = {}
        for name, (_, value) in zip(names, node.value, strict=True):
            cell = _cell(value)
            if cell is None:
                reason = "text, a list of texts or a mapping of texts is expected"
                shape.fault(value.start_mark.line + 1, name, "", RowFault.FILE_MALFORMED, reason)
            else:
                cells[name] = cell
        if len(cells) == len(names) and shape.cells_ok(line, cells):
            yield Row(line=line, cells=cells)


def compose(text: str, errors: list[RowError]) -> yaml.Node | None:
    """The node tree of one YAML document, None where it is empty or broken (told in ``errors``)."""
    try:
        problem = _forbidden(text)
        root: yaml.Node | None = None if problem else yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        detail = getattr(error, "problem", None) or getattr(error, "reason", None) or "broken"
        root, problem = None, (1 if mark is None else mark.line + 1, f"not YAML: {detail}")
    if problem:
        line, reason = problem
        fault = RowFault.FILE_MALFORMED
        errors.append(RowError(row=line, column="", value="", code=fault, reason=reason))
    return root


def _forbidden(text: str) -> tuple[int, str] | None:
    """Line and name of what YAML allows and we do not: aliases, deep nesting. None if absent."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            return line, "aliases are not allowed"
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEPTH_MAX:
            return line, f"nested more than {DEPTH_MAX} deep"
    return None


def _scalar(node: yaml.Node) -> str | None:
    if not isinstance(node, yaml.ScalarNode):
        return None
    plain_null = not node.style and node.value in ("null", "~")
    return "" if plain_null else str(node.value)


def _cell(node: yaml.Node) -> str | None:
    """The text of a value as a CSV cell would hold it; None where it cannot."""
    if isinstance(node, yaml.SequenceNode):
        items = [_scalar(item) for item in node.value]
    elif isinstance(node, yaml.MappingNode):
        pairs = [(_scalar(name), _scalar(value)) for name, value in node.value]
        items = [None if None in pair else f"{pair[0]}={pair[1]}" for pair in pairs]
    else:
        return _scalar(node)
    good = [item for item in items if item is not None and SEPARATOR not in item]
    return SEPARATOR.join(good) if len(good) == len(items) else None
