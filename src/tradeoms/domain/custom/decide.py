"""Decides which custom fields there are, and what an order may carry in them.

A value is text in one form: a plain decimal, an ISO date, `true` or `false`, one of the choices, or
printable ASCII.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import date
from enum import StrEnum, unique
from typing import Final

from tradeoms.domain.custom import commands as c
from tradeoms.domain.custom.events import CustomFieldsLoaded
from tradeoms.domain.custom.state import CustomField, CustomFields, FieldKind
from tradeoms.domain.order.events import OrderCustomSet
from tradeoms.domain.order.state import Order
from tradeoms.kernel.decider import Refusal, Rejected, Stamp, refusal
from tradeoms.kernel.enums import Role
from tradeoms.kernel.numbers import parse_decimal, plain
from tradeoms.kernel.text import is_printable

FIELDS_MAX: Final = 50
VALUE_MAX: Final = 200
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)
Values = tuple[tuple[str, str], ...]


@unique
class CustomRejection(StrEnum):
    """Why custom fields or values were refused. Declared in the order the checks run."""

    CUSTOM_FIELD_INVALID = "custom_field_invalid"
    CUSTOM_FIELD_TWICE = "custom_field_twice"
    CUSTOM_KIND_CHANGED = "custom_kind_changed"
    CUSTOM_FIELDS_TOO_MANY = "custom_fields_too_many"
    CUSTOM_FIELD_UNKNOWN = "custom_field_unknown"
    CUSTOM_FIELD_CLOSED = "custom_field_closed"
    CUSTOM_VALUE_INVALID = "custom_value_invalid"
    CUSTOM_FIELD_MISSING = "custom_field_missing"
    CUSTOM_ORDER_CLOSED = "custom_order_closed"
    CUSTOM_NOTHING_CHANGED = "custom_nothing_changed"


def decide_load(
    command: c.LoadCustomFields, known: CustomFields, stamp: Stamp
) -> CustomFieldsLoaded | Rejected:
    """Set the fields; every reason against them is told at once."""
    code = CustomRejection
    refusals: list[Refusal] = []
    for number, one in enumerate(command.fields):
        place = f"fields/{number}"
        refusals += _check_field(one, place)
        if one.name in [other.name for other in command.fields[:number]]:
            detail = "the field stands there twice"
            refusals.append(refusal(code.CUSTOM_FIELD_TWICE, detail, f"{place}/name", one.name))
        before = known.find(one.name)
        if before is not None and before.kind is not one.kind:
            detail = f"orders carry it as {before.kind}; use another name"
            refusals.append(refusal(code.CUSTOM_KIND_CHANGED, detail, f"{place}/kind", one.kind))
    if len(command.fields) > FIELDS_MAX:
        detail = f"{FIELDS_MAX} at most"
        count = str(len(command.fields))
        refusals.append(refusal(code.CUSTOM_FIELDS_TOO_MANY, detail, "fields", count))
    if refusals:
        return Rejected(refusals=tuple(refusals))
    return CustomFieldsLoaded(fields=command.fields, loaded_by=stamp.actor, at=stamp.at)


def decide_set(
    command: c.SetCustomValues,
    order: Order,
    *,
    known: CustomFields,
    roles: Collection[Role],
    stamp: Stamp,
) -> OrderCustomSet | Rejected:
    """Give an order values; ``roles`` are the person's over all funds of it."""
    code = CustomRejection
    refusals: list[Refusal] = []
    if order.is_closed:
        refusals.append(refusal(code.CUSTOM_ORDER_CLOSED, "it is over", "order", order.id))
    refusals += _check_given(command.values, known, roles)
    after = merge(order.custom, command.values, known)
    missing = [one for one in _required(known, roles) if one not in dict(after)]
    refusals += [
        refusal(code.CUSTOM_FIELD_MISSING, "you must give it", f"custom/{name}", "")
        for name in missing
        if name in dict(command.values)
    ]
    if not refusals and after == order.custom:
        detail = "the new values are the old ones"
        refusals.append(refusal(code.CUSTOM_NOTHING_CHANGED, detail, "custom", ""))
    if refusals:
        return Rejected(refusals=tuple(refusals))
    return OrderCustomSet(order_id=order.id, custom=after, set_by=stamp.actor, at=stamp.at)


def check_new(values: Values, *, known: CustomFields, roles: Collection[Role]) -> list[Refusal]:
    """Check what a new order carries: each value, and that none is missing."""
    given = {name for name, value in values if value}
    return [
        *_check_given(values, known, roles),
        *(
            refusal(CustomRejection.CUSTOM_FIELD_MISSING, "you must give it", f"custom/{name}", "")
            for name in _required(known, roles)
            if name not in given
        ),
    ]


def merge(before: Values, values: Values, known: CustomFields) -> Values:
    """The values once those given are set, by name; each in its one form."""
    after = {**dict(before), **{name: _canonical(known, name, value) for name, value in values}}
    return tuple(sorted((name, value) for name, value in after.items() if value))


def _required(known: CustomFields, roles: Collection[Role]) -> list[str]:
    return [one.name for one in known.fields if not set(roles).isdisjoint(one.required_for)]


def _check_given(
    values: Iterable[tuple[str, str]], known: CustomFields, roles: Collection[Role]
) -> list[Refusal]:
    code = CustomRejection
    refusals, seen = [], set[str]()
    for name, value in values:
        place, one = f"custom/{name}", known.find(name)
        if one is None:
            names = ", ".join(field.name for field in known.fields) or "none"
            detail = f"no such field; there are {names}"
            refusals.append(refusal(code.CUSTOM_FIELD_UNKNOWN, detail, "custom", name))
            continue
        if name in seen:
            refusals.append(refusal(code.CUSTOM_FIELD_TWICE, "each field once", place, name))
        seen.add(name)
        if one.edited_by and set(roles).isdisjoint(one.edited_by):
            detail = f"only {', '.join(one.edited_by)} may give it"
            refusals.append(refusal(code.CUSTOM_FIELD_CLOSED, detail, place, value))
        wrong = _wrong(one, value) if value else ""
        if wrong:
            refusals.append(refusal(code.CUSTOM_VALUE_INVALID, wrong, place, value))
    return refusals


def _wrong(field: CustomField, value: str) -> str:
    """What is allowed, where ``value`` is not; else empty."""
    match field.kind:
        case FieldKind.TEXT:
            fits = is_printable(value, limit=VALUE_MAX)
            return "" if fits else f"printable ASCII, at most {VALUE_MAX} characters"
        case FieldKind.CHOICE:
            return "" if value in field.choices else f"one of {', '.join(field.choices)}"
        case FieldKind.FLAG:
            return "" if value in ("true", "false") else "true or false"
        case FieldKind.NUMBER:
            return "" if _reads(parse_decimal, value) else "a plain decimal such as 1234.5"
        case FieldKind.DATE:
            fits = _reads(date.fromisoformat, value) and len(value) == len("2026-01-31")
            return "" if fits else "a date such as 2026-01-31"


def _reads(read: object, value: str) -> bool:
    assert callable(read)
    try:
        read(value)
    except ValueError:
        return False
    return True


def _canonical(known: CustomFields, name: str, value: str) -> str:
    """A number has one form, so that it is found again however it was typed."""
    one = known.find(name)
    if one is None or one.kind is not FieldKind.NUMBER or not _reads(parse_decimal, value):
        return value
    return plain(parse_decimal(value))


def _check_field(one: CustomField, place: str) -> list[Refusal]:
    code = CustomRejection.CUSTOM_FIELD_INVALID
    refusals = []
    if _NAME.fullmatch(one.name) is None:
        detail = "a small letter, then up to 31 small letters, digits or _"
        refusals.append(refusal(code, detail, f"{place}/name", one.name))
    if not is_printable(one.title, limit=VALUE_MAX):
        detail = f"printable ASCII, at most {VALUE_MAX} characters"
        refusals.append(refusal(code, detail, f"{place}/title", one.title))
    chosen = one.kind is FieldKind.CHOICE
    sound = all(choice and is_printable(choice, limit=VALUE_MAX) for choice in one.choices)
    if chosen != bool(one.choices) or not sound or len(set(one.choices)) < len(one.choices):
        detail = "a choice has choices, each once; no other kind has any"
        refusals.append(refusal(code, detail, f"{place}/choices", ";".join(one.choices)))
    return refusals
