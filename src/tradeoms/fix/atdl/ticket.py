"""Values of a strategy -> what is wrong with them, or the fields of the order that carry them.

Everything is checked before anything is made. A value is text: of a parameter with EnumPairs its
enumID, of MultipleStringValue_t several with spaces between. Nothing is filled in: where a state
rule would set or take away a value, it must have been entered or left out so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from tradeoms.fix.atdl.controls import ruled_values
from tradeoms.fix.atdl.model import Algorithms, Parameter, Strategy
from tradeoms.fix.atdl.rules import edit_readers, holds
from tradeoms.fix.atdl.values import Value
from tradeoms.fix.atdl.wire import wire_text
from tradeoms.kernel.errors import TradeomsError

Pairs = list[tuple[int, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong; ``parameter`` is empty where it is of them all."""

    strategy: str
    code: str
    detail: str
    parameter: str = ""
    value: str = ""


class ValuesRefused(TradeomsError):
    """The values of a strategy cannot be sent."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        """Keep them all; there is at least one."""
        self.problems = problems
        told = (f"{one.strategy} {one.parameter}: {one.detail}" for one in problems)
        super().__init__("; ".join(told))


def validate(
    algorithms: Algorithms,
    strategy: str,
    values: Mapping[str, str],
    order: Mapping[str, str] | None = None,
) -> tuple[Problem, ...]:
    """What is wrong; empty where the values may be sent.

    Args:
        algorithms: The counterparty's.
        strategy: Name of one of them.
        values: Texts by parameter.
        order: Fields of the order by the names that rules use: `FIX_OrderQty`, wire values.
    """
    found = algorithms.strategies.get(strategy)
    if found is None:
        known = ", ".join(algorithms.strategies)
        return (Problem(strategy=strategy, code="strategy_unknown", detail=f"known are {known}"),)
    problems = tuple(_of_values(found, values))
    return problems or tuple(_of_rules(found, values, order or {}))


def to_tags(
    algorithms: Algorithms,
    strategy: str,
    values: Mapping[str, str],
    order: Mapping[str, str] | None = None,
) -> Pairs:
    """The fields that carry strategy and values, in the order of the file.

    TargetStrategy (847) or the counterparty's own tag, its version, then each parameter's tag; or,
    where one has none, all of them in StrategyParametersGrp (957 to 960), never in both.

    Raises:
        ValuesRefused: With everything that `validate` finds.
    """
    problems = validate(algorithms, strategy, values, order)
    if problems:
        raise ValuesRefused(problems)
    found = algorithms.strategies[strategy]
    head = [(algorithms.strategy_tag, found.wire_value)]
    if algorithms.version_tag and found.version:
        head.append((algorithms.version_tag, found.version))
    carried = [(found.parameters[name], text) for name, text in _on_wire(found, values).items()]
    if all(each.fix_tag for each in found.parameters.values()):
        return head + [(each.fix_tag, text) for each, text in carried]
    group = [(957, str(len(carried)))] if carried else []
    for each, text in carried:
        group += [(958, each.name), (959, str(each.type.code)), (960, text)]
    return head + group


def _on_wire(strategy: Strategy, values: Mapping[str, str]) -> dict[str, str]:
    """Wire values by parameter, constants among them, in the order of the file."""
    sent = {}
    for parameter in strategy.parameters.values():
        if parameter.constant:
            sent[parameter.name] = parameter.constant
        elif parameter.name in values:
            sent[parameter.name] = wire_text(parameter, values[parameter.name])
    return {name: text for name, text in sent.items() if text}


def _of_values(strategy: Strategy, values: Mapping[str, str]) -> Iterator[Problem]:
    """Each value by itself."""
    for name, text in values.items():
        parameter = strategy.parameters.get(name)
        if parameter is None:
            code, detail = "parameter_unknown", f"known are {', '.join(strategy.parameters)}"
        else:
            code, detail = _wrong(parameter, text)
        if code:
            yield Problem(
                strategy=strategy.name, parameter=name, code=code, value=text, detail=detail
            )


def _wrong(parameter: Parameter, text: str) -> tuple[str, str]:
    """Code and words of what is wrong with ``text``; empty where nothing is."""
    if parameter.constant:
        return "constant", f"always {parameter.constant}, leave it out"
    if parameter.wire_of:
        words = text.split(" ") if parameter.type.name.startswith("Multiple") else [text]
        if len(set(words)) < len(words) or not set(words) <= set(parameter.wire_of):
            return "not_allowed", f"allowed: {_allowed(parameter)}"
        return "", ""
    try:
        value = parameter.type.read(text)
    except ValueError:
        return "malformed", f"allowed: {parameter.type.form}"
    return _out_of_limits(parameter, text, value)


def _out_of_limits(parameter: Parameter, text: str, value: Value) -> tuple[str, str]:
    shortest, longest = parameter.length
    if not shortest <= len(text) <= longest:
        return "length", f"allowed: {shortest} to {longest} characters"
    if parameter.precision is not None and isinstance(value, Decimal):
        digits = len(text.partition(".")[2].rstrip("0"))
        if digits > parameter.precision:
            return "precision", f"at most {parameter.precision} digits behind the point"
    compared: object = value
    if parameter.type.name == "UTCTimestamp_t" and isinstance(value, datetime):
        compared = value.astimezone(parameter.zone or UTC).time()
    if parameter.minimum is not None and compared < parameter.minimum:  # type: ignore[operator]  # limits are of the value's type
        return "below_minimum", f"at least {parameter.minimum}"
    if parameter.maximum is not None and compared > parameter.maximum:  # type: ignore[operator]  # as above
        return "above_maximum", f"at most {parameter.maximum}"
    return "", ""


def _of_rules(
    strategy: Strategy, values: Mapping[str, str], order: Mapping[str, str]
) -> Iterator[Problem]:
    """All values together: what is required, state rules, strategy edits."""
    for parameter in strategy.parameters.values():
        if parameter.required and not parameter.constant and parameter.name not in values:
            yield Problem(
                strategy=strategy.name, parameter=parameter.name, code="required",
                detail=f"is required: {_allowed(parameter)}",
            )  # fmt: skip
    settled = ruled_values(strategy, values)
    if settled is None:
        yield Problem(
            strategy=strategy.name, code="rules_unsettled", detail="its state rules never settle"
        )
        return
    for name in sorted(settled.keys() | values.keys()):
        if settled.get(name) != values.get(name):
            due = f"must be {settled[name]}" if name in settled else "must be left out"
            yield Problem(
                strategy=strategy.name, parameter=name, code="state_rule",
                value=values.get(name, ""), detail=f"{due}, given the other values",
            )  # fmt: skip
    sent = {**order, **_on_wire(strategy, values)}
    for edit in strategy.edits:
        if not holds(edit.condition, sent, edit_readers(strategy)):
            yield Problem(strategy=strategy.name, code="strategy_edit", detail=edit.message)


def _allowed(parameter: Parameter) -> str:
    return ", ".join(parameter.wire_of) or parameter.type.form
