"""The custom fields that are defined."""

from __future__ import annotations

from typing import Final

import msgspec
import sqlalchemy as sa

from tradeoms.domain.custom.state import CustomFields
from tradeoms.projections.queries import fact_row

_read: Final = msgspec.json.Decoder(CustomFields).decode


class CustomFieldResource(msgspec.Struct, frozen=True, kw_only=True):
    """A field that orders may carry."""

    name: str
    kind: str
    title: str
    choices: tuple[str, ...]
    required_for: tuple[str, ...]
    edited_by: tuple[str, ...]


class CustomFieldsResource(msgspec.Struct, frozen=True, kw_only=True):
    """All of them, in their order."""

    data: list[CustomFieldResource]


def custom_fields(link: sa.Connection) -> CustomFields:
    """The fields in force."""
    row = fact_row(link, "custom-fields")
    return CustomFields() if row is None else _read(row.value)


def find_custom_fields(link: sa.Connection) -> CustomFieldsResource:
    """The fields in force, as they are shown."""
    found = custom_fields(link)
    return CustomFieldsResource(
        data=[
            CustomFieldResource(
                name=one.name, kind=one.kind.value, title=one.title, choices=one.choices,
                required_for=tuple(role.value for role in one.required_for),
                edited_by=tuple(role.value for role in one.edited_by),
            )
            for one in found.fields
        ]
    )  # fmt: skip
