"""Custom fields as they were loaded."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique

from tradeoms.kernel.enums import Role


@unique
class FieldKind(StrEnum):
    """What a field holds."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"
    FLAG = "flag"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomField:
    """A field that orders may carry beside their own.

    Attributes:
        name: A small letter, then small letters, digits or `_`.
        title: What people read.
        choices: What a choice may be.
        required_for: A person with one of these roles must give it when he enters an order.
        edited_by: Who may give or change it; whoever may enter the order, if empty.
    """

    name: str
    kind: FieldKind
    title: str = ""
    choices: tuple[str, ...] = ()
    required_for: tuple[Role, ...] = ()
    edited_by: tuple[Role, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomFields:
    """All fields that are defined, in their order."""

    fields: tuple[CustomField, ...] = ()

    def find(self, name: str) -> CustomField | None:
        """The field of that name."""
        return next((one for one in self.fields if one.name == name), None)
