"""Custom fields of orders from a file."""

from __future__ import annotations

from typing import Final

from tradeoms.domain.custom.commands import LoadCustomFields
from tradeoms.domain.custom.state import CustomField, FieldKind
from tradeoms.imports.cells import Cells, Once, each, in_order
from tradeoms.imports.rows import Format, RowError, RowFault
from tradeoms.kernel.enums import Role

REQUIRED: Final = ("name", "kind")
OPTIONAL: Final = ("title", "choices", "required_for", "edited_by")


def read_custom_fields(
    text: str,
    *,
    format: Format,  # noqa: A002 - public name
) -> LoadCustomFields | list[RowError]:
    """Read a file of custom fields, shown in the order of its rows."""
    errors: list[RowError] = []
    once = Once()
    fields = []
    for cells in each(text, format, required=REQUIRED, optional=OPTIONAL, errors=errors):
        name = cells.text("name", needed=True)
        once.check(cells, "name", name)
        kind = cells.word("kind", tuple(FieldKind), "")
        fields.append(
            CustomField(
                name=name,
                kind=FieldKind(kind) if kind in tuple(FieldKind) else FieldKind.TEXT,
                title=cells.text("title"),
                choices=cells.items("choices"),
                required_for=read_roles(cells, "required_for"),
                edited_by=read_roles(cells, "edited_by"),
            )
        )
    return in_order(errors) or LoadCustomFields(fields=tuple(fields))


def read_roles(cells: Cells, column: str) -> tuple[Role, ...]:
    """Roles between semicolons."""
    words = cells.items(column)
    for word in words:
        if word not in tuple(Role):
            reason = f"{word!r}: roles are {', '.join(Role)}"
            cells.fault(column, RowFault.ROLES_INVALID, reason)
    return tuple(Role(word) for word in words if word in tuple(Role))
