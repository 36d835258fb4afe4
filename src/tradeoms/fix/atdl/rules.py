"""Whether a condition holds. Names and types were checked when the file was read.

What is not there is neither equal to, less nor greater than anything; NE is the opposite of EQ.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, assert_never

from tradeoms.fix.atdl.model import Comparison, Condition, Joined, Logic, Operator, Strategy
from tradeoms.fix.atdl.values import TYPES, Value

#: How the text of a field becomes what is compared; fields without a reader are of the order.
Readers = Mapping[str, Callable[[str], Value]]
_ORDERING: Final[Mapping[Operator, Callable[[Any, Any], bool]]] = {  # Any: values of one type
    Operator.LT: operator.lt,
    Operator.LE: operator.le,
    Operator.GT: operator.gt,
    Operator.GE: operator.ge,
}


def holds(condition: Condition, texts: Mapping[str, str], readers: Readers) -> bool:
    """True where ``condition`` holds for what ``texts`` say of its fields."""
    if isinstance(condition, Comparison):
        return _compares(condition, texts, readers)
    return _joins(condition, texts, readers)


def edit_readers(strategy: Strategy) -> Readers:
    """Strategy edits compare wire values; of a boolean that is whatever the file says."""
    return {
        name: TYPES["String_t"].read if each.type.name == "Boolean_t" else each.type.read
        for name, each in strategy.parameters.items()
    }


def _joins(joined: Joined, texts: Mapping[str, str], readers: Readers) -> bool:
    found = (holds(part, texts, readers) for part in joined.parts)
    match joined.logic:
        case Logic.AND:
            return all(found)
        case Logic.OR:
            return any(found)
        case Logic.XOR:
            return sum(found) == 1
        case Logic.NOT:
            return not any(found)
        case _:
            assert_never(joined.logic)


def _compares(comparison: Comparison, texts: Mapping[str, str], readers: Readers) -> bool:
    first = texts.get(comparison.field, "")
    match comparison.operator:
        case Operator.EX:
            return bool(first)
        case Operator.NX:
            return not first
        case Operator.EQ:
            return _pair(comparison, texts, readers, operator.eq)
        case Operator.NE:
            return not _pair(comparison, texts, readers, operator.eq)
        case Operator.LT | Operator.LE | Operator.GT | Operator.GE:
            return _pair(comparison, texts, readers, _ORDERING[comparison.operator])
        case _:
            assert_never(comparison.operator)


def _pair(
    comparison: Comparison,
    texts: Mapping[str, str],
    readers: Readers,
    test: Callable[[Any, Any], bool],  # Any: values of one type
) -> bool:
    first, second = texts.get(comparison.field, ""), comparison.value
    if second is None:
        second = texts.get(comparison.field2, "")
    if not first or not second:
        return False
    read = readers.get(comparison.field) or readers.get(comparison.field2) or _loose
    try:
        left, right = read(first), read(second)
    except ValueError:
        return False
    if isinstance(left, str) is not isinstance(right, str):
        return False
    return test(left, right)


def _loose(text: str) -> Decimal | str:
    """A field of the order, or of a control without parameter: a number if it reads as one."""
    try:
        found = TYPES["Float_t"].read(text)
    except ValueError:
        return text
    assert isinstance(found, Decimal)
    return found
