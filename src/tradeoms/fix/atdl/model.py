"""A FIXatdl file as it was understood: strategies, their parameters and their rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from tradeoms.fix.atdl.values import ParameterType, Value

#: A value that a state rule takes away, a wire value that is not sent.
NULL: Final = "{NULL}"
#: In front of a standard field of the order, in rules.
ORDER_FIELD: Final = "FIX_"


@unique
class Operator(StrEnum):
    """What an Edit says of a field."""

    EX = "EX"
    NX = "NX"
    EQ = "EQ"
    NE = "NE"
    LT = "LT"
    LE = "LE"
    GT = "GT"
    GE = "GE"


@unique
class Logic(StrEnum):
    """How an Edit joins others; XOR is one and only one."""

    AND = "AND"
    OR = "OR"
    XOR = "XOR"
    NOT = "NOT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A field against a constant or another field; both empty for EX and NX."""

    field: str
    operator: Operator
    value: str | None = None
    field2: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Conditions joined; NOT has one."""

    logic: Logic
    parts: tuple[Condition, ...]


Condition = Comparison | Joined


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One input of a strategy.

    Attributes:
        type: What its text means.
        fix_tag: Its tag; 0 where it goes into the group of parameters (957).
        constant: Sent always, never entered; empty where people enter it.
        minimum: Least value; of a UTCTimestamp_t the earliest time of day in `zone`.
        zone: Where the market's times of day are told.
        precision: Most digits behind the point; None for any.
        times_100: A percentage is sent as 15 and not as 0.15.
        wire_of: Wire values by enumID; empty where any value of the type is allowed.
        booleans: What true and false are on the wire; `{NULL}` is not sent.
        mutable: May change when the order is replaced.
    """

    name: str
    type: ParameterType
    fix_tag: int
    required: bool
    constant: str
    minimum: Value | None
    maximum: Value | None
    length: tuple[int, int]
    zone: ZoneInfo | None
    precision: int | None
    times_100: bool
    wire_of: Mapping[str, str]
    booleans: tuple[str, str]
    mutable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StateRule:
    """What happens to a control while a condition holds; None leaves it as it is."""

    condition: Condition
    enabled: bool | None
    visible: bool | None
    value: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """How a parameter is entered.

    Attributes:
        parameter: Its name; empty for a control that only steers others.
        initial: What it holds before somebody enters something; empty for nothing.
        checked: enumIDs that a box or button stands for, on and off; empty for true and false.
    """

    id: str
    type: str
    label: str
    parameter: str
    initial: str
    checked: tuple[str, str]
    rules: tuple[StateRule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyEdit:
    """What must hold, and what to say where it does not."""

    message: str
    condition: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """One algorithm."""

    name: str
    title: str
    wire_value: str
    version: str
    parameters: Mapping[str, Parameter]
    controls: Mapping[str, Control]
    edits: tuple[StrategyEdit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithms:
    """A FIXatdl file.

    Attributes:
        strategy_tag: Where the strategy's wire value goes: TargetStrategy (847), or their own.
        version_tag: Where its version goes; 0 for nowhere.
        strategies: By name.
        strategy_changeable: A replace may name another strategy.
    """

    file: Path
    strategy_tag: int
    version_tag: int
    strategies: Mapping[str, Strategy]
    strategy_changeable: bool
