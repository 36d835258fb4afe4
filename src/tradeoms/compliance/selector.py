"""Which securities a rule looks at: conditions over attributes, answered yes, no or unknown.

A condition is `[attribute, op, value]`; a list of conditions holds where all hold, and
`{"any_of": [...]}` holds where one holds. An attribute that a security lacks makes a condition
unknown (None), not false: the caller decides which way to fail. Numbers are compared as exact
decimals, never as floats. Yes and no are `true` and `false`, as a file says them in text or as a
case says them; compared with one of them, any other word is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from tradeoms.domain.evaluation import SECURITY_FIELDS, SecurityFacts

OPS: Final = ("==", "in", "<", "<=", ">", ">=")


@dataclass(frozen=True, slots=True)
class Clause:
    """One comparison of an attribute with a value (a tuple of values for `in`)."""

    attribute: str
    op: str
    value: object


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Holds where one of its conditions holds."""

    conditions: tuple[Condition, ...]


Condition = Clause | AnyOf


def attribute(security: SecurityFacts, name: str) -> object:
    """Return what ``security`` says of ``name``, None where it says nothing.

    What is called like a field is the field, whatever a free attribute of that name may say.
    """
    field = SECURITY_FIELDS.get(name)
    return security.attributes.get(name) if field is None else getattr(security, field)


def holds(conditions: Sequence[Condition], security: SecurityFacts) -> bool | None:
    """Return whether all ``conditions`` hold; None where a missing attribute decides.

    A condition that is false settles the answer, whatever else is missing.
    """
    answers = [_answer(condition, security) for condition in conditions]
    if False in answers:
        return False
    return None if None in answers else True


def parse_conditions(raw: object) -> tuple[Condition, ...]:
    """Read conditions as rules write them.

    Raises:
        ValueError: If ``raw`` is not a list of conditions.
    """
    if not isinstance(raw, Sequence) or isinstance(raw, str):
        message = f"conditions are a list of [attribute, op, value], not {raw!r}"
        raise ValueError(message)  # noqa: TRY004  # pydantic reports values, not types
    return tuple(_parse(item) for item in raw)


def write_conditions(conditions: Sequence[Condition]) -> list[object]:
    """Write conditions as rules write them; the inverse of `parse_conditions`."""
    return [
        {"any_of": write_conditions(item.conditions)}
        if isinstance(item, AnyOf)
        else [item.attribute, item.op, _plain(item.value)]
        for item in conditions
    ]


def attributes_of(conditions: Sequence[Condition]) -> set[str]:
    """Return every attribute that ``conditions`` ask for."""
    names: set[str] = set()
    for item in conditions:
        names |= attributes_of(item.conditions) if isinstance(item, AnyOf) else {item.attribute}
    return names


def number(value: object) -> Decimal | None:
    """Return ``value`` as an exact number, None where it is not one."""
    if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
        return None
    try:
        found = Decimal(value)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _answer(condition: Condition, security: SecurityFacts) -> bool | None:
    if isinstance(condition, AnyOf):
        return _any([_answer(item, security) for item in condition.conditions])
    found = attribute(security, condition.attribute)
    if found is None:
        return None
    if condition.op == "==":
        return _same(found, condition.value)
    if condition.op == "in":
        assert isinstance(condition.value, tuple)
        return _any([_same(found, value) for value in condition.value])
    left, right = number(found), number(condition.value)
    if left is None or right is None:
        return None
    return _COMPARE[condition.op](left, right)


_COMPARE: Final[Mapping[str, Callable[[Decimal, Decimal], bool]]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


def _any(answers: Sequence[bool | None]) -> bool | None:
    """Return True where one is; None where one that is unknown could be."""
    if True in answers:
        return True
    return None if None in answers else False


def _same(found: object, value: object) -> bool | None:
    if isinstance(value, bool):
        said = _yes_or_no(found)
        return None if said is None else said is value
    if isinstance(found, bool):
        return found is _yes_or_no(value)
    if found == value:
        return True
    if isinstance(found, str) and isinstance(value, str):
        return False
    left, right = number(found), number(value)
    return left is not None and left == right


def _yes_or_no(said: object) -> bool | None:
    if isinstance(said, bool):
        return said
    return {"true": True, "false": False}.get(said) if isinstance(said, str) else None


def _parse(item: object) -> Condition:
    if isinstance(item, Mapping):
        if set(item) != {"any_of"} or not item["any_of"]:
            message = f"a condition is [attribute, op, value] or {{any_of: [...]}}, not {item!r}"
            raise ValueError(message)
        return AnyOf(parse_conditions(item["any_of"]))
    if not isinstance(item, Sequence) or isinstance(item, str) or len(item) != 3:
        message = f"a condition is [attribute, op, value], not {item!r}"
        raise ValueError(message)
    name, op, value = item
    if not isinstance(name, str) or op not in OPS:
        message = f"unknown comparison {op!r} in {item!r}; known: {', '.join(OPS)}"
        raise ValueError(message)
    return Clause(name, op, _value(op, value, item))


def _value(op: str, value: object, item: object) -> object:
    if op == "in":
        if not isinstance(value, Sequence) or isinstance(value, str) or not value:
            message = f"`in` compares with a list that is not empty: {item!r}"
            raise ValueError(message)
        return tuple(_scalar(one, item) for one in value)
    scalar = _scalar(value, item)
    if op not in ("==", "in") and number(scalar) is None:
        message = f"{op!r} compares with a decimal string: {item!r}"
        raise ValueError(message)
    return scalar


def _scalar(value: object, item: object) -> object:
    if isinstance(value, (str, bool, int)):
        return value
    message = f"a value is text, a decimal string, true or false: {item!r}"
    raise ValueError(message)


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
