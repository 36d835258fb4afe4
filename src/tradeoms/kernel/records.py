"""Frozen records that are made and changed on every order, at the cost of plain attribute stores.

A frozen dataclass sets each field through `object.__setattr__`, and `dataclasses.replace` looks at
every field in Python before it makes the new one. `quick` fills a twin of the record instead, a
class of the same slots that may be set, and gives it the record's class at the end. An order of 42
fields is changed in a twelfth of the time, made in two thirds of it.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from dataclasses import replace  # so that mypy checks the names and types of the changes

__all__ = ["quick", "replace"]

Record = TypeVar("Record")

_STATEMENTS: Final = """
def __init__(self, {parameters}):
    set_field(self, "__class__", Twin)
{filled}
    self.__class__ = Record

def __replace__(self, /, **changes):
    made = new(Twin)
{copied}
    for name, value in changes.items():
        set_field(made, name, value)
    made.__class__ = Record
    return made
"""


def quick(record: type[Record]) -> type[Record]:
    """Make a dataclass that is frozen, has slots and only named fields quick; behaviour stays.

    Raises:
        TypeError: If the dataclass is of another sort, or does work of its own when it is made.
    """
    fields = dataclasses.fields(record)  # type: ignore[arg-type]  # raises where it is none
    own = getattr(record, "__slots__", None) == tuple(field.name for field in fields)
    frozen = record.__dataclass_params__.frozen  # type: ignore[attr-defined]  # as above
    named = all(one.kw_only and one.default_factory is dataclasses.MISSING for one in fields)
    works = record.__base__ is not object or hasattr(record, "__post_init__")
    if not (own and frozen and named) or works:
        message = f"{record.__name__} is not a plain frozen dataclass with slots and named fields"
        raise TypeError(message)
    known: dict[str, Any] = {  # the names of _STATEMENTS
        "Record": record,
        "Twin": type(record.__name__, (), {"__slots__": record.__slots__}),  # type: ignore[attr-defined]
        "new": object.__new__,
        "set_field": object.__setattr__,
    }
    parameters = ["*"]
    for field in fields:
        if field.default is dataclasses.MISSING:
            parameters.append(field.name)
        else:
            known[f"default_{field.name}"] = field.default
            parameters.append(f"{field.name}=default_{field.name}")
    text = _STATEMENTS.format(
        parameters=", ".join(parameters),
        filled="\n".join(f"    self.{one.name} = {one.name}" for one in fields),
        copied="\n".join(f"    made.{one.name} = self.{one.name}" for one in fields),
    )
    exec(text, known)  # noqa: S102  # as dataclasses itself does; the text is made of field names
    for name in ("__init__", "__replace__"):
        known[name].__qualname__ = f"{record.__qualname__}.{name}"
        setattr(record, name, known[name])
    return record


if not TYPE_CHECKING:

    def replace(record: Record, /, **changes: object) -> Record:
        """Return ``record`` with some fields changed, as `dataclasses.replace` does.

        Raises:
            TypeError: If it has no field of that name.
        """
        quickly = getattr(record, "__replace__", None)
        if quickly is None:
            return dataclasses.replace(record, **changes)
        try:
            return quickly(**changes)
        except AttributeError as error:
            raise TypeError(str(error)) from error
