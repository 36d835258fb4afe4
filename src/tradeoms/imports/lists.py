"""Lists that rules name, from files."""

from __future__ import annotations

from typing import Final

from tradeoms.domain.outside.commands import LoadLists
from tradeoms.domain.outside.state import Listed, SecurityList
from tradeoms.imports.cells import IDENTIFIERS, Cells, Once, each, in_order, is_identifier
from tradeoms.imports.rows import Format, Resolve, RowError, RowFault

REQUIRED: Final = ("list", "value")
OPTIONAL: Final = ("attribute", "reason")
#: Attribute of a list of loaded securities, which are named as in every file.
_BY_ID: Final = "id"
#: Stands in place of an attribute where a list has no members: it is said, never concluded.
_EMPTY: Final = "none"


def read_lists(
    text: str,
    *,
    format: Format,  # noqa: A002 - public name
    resolve: Resolve,
) -> LoadLists | list[RowError]:
    """Read members of lists, one a row; a list's rows together replace it.

    A list without members is one row with the attribute `none` and no value.
    """
    errors: list[RowError] = []
    once = Once()
    attributes: dict[str, str] = {}
    members: dict[str, list[Listed]] = {}
    for cells in each(text, format, required=REQUIRED, optional=OPTIONAL, errors=errors):
        name = cells.code("list")
        attribute = cells.code("attribute", needed=False) or _BY_ID
        attribute = _BY_ID if attribute == "sec" else attribute  # rules know both words
        if attributes.setdefault(name, attribute) != attribute:
            reason = f"other rows of {name} say {attributes[name]}"
            cells.fault("attribute", RowFault.TEXT_INVALID, reason, value=attribute)
        value = _value(cells, attribute, resolve)
        once.check(cells, "value", (name, value or cells.text("value")))
        found = members.setdefault(name, [])
        if attribute != _EMPTY:
            found.append(Listed(value=value, reason=cells.text("reason")))
    lists = tuple(
        SecurityList(
            name=name,
            attribute=_BY_ID if attributes[name] == _EMPTY else attributes[name],
            members=tuple(found),
        )
        for name, found in members.items()
    )
    return in_order(errors) or LoadLists(lists=lists)


def _value(cells: Cells, attribute: str, resolve: Resolve) -> str:
    """What securities are compared with: an id, a checked identifier, or the text as it stands."""
    if attribute == _BY_ID:
        return cells.security("value", resolve)
    value = cells.text("value", needed=attribute != _EMPTY)
    if attribute == _EMPTY and value:
        cells.fault("value", RowFault.TEXT_INVALID, "a list without members has no value")
    if attribute in IDENTIFIERS and value and not is_identifier(attribute, value):
        reason = f"not the {attribute.upper()} of a security: format or check digit"
        cells.fault("value", RowFault.IDENTIFIER_INVALID, reason)
    return value
