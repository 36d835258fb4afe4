"""Edit, StrategyEdit, StateRule and Control elements -> conditions and what hangs on them.

Every name that a condition uses is looked up here, so that evaluating it cannot fail.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tradeoms.fix.atdl.attributes import Attributes, Place
from tradeoms.fix.atdl.model import (
    ORDER_FIELD,
    Comparison,
    Condition,
    Control,
    Joined,
    Logic,
    Operator,
    Parameter,
    StateRule,
    StrategyEdit,
)
from tradeoms.fix.atdl.tree import Element
from tradeoms.fix.atdl.values import is_of

CONDITIONS_MAX: Final = 20_000
_EXISTENCE: Final = (Operator.EX, Operator.NX)
_ORDERED: Final = (Operator.LT, Operator.LE, Operator.GT, Operator.GE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What conditions of a strategy may name.

    Attributes:
        shared: Edits that are referred to by id, of the file and of the strategy.
        parameters: By name.
        owners: Parameter of each control, or None; in state rules controls are named.
        in_state_rule: True where names are of controls.
        count: Counts the conditions of the file; references could make them grow without end.
    """

    place: Place
    shared: Mapping[str, Element]
    parameters: Mapping[str, Parameter]
    owners: Mapping[str, Parameter | None]
    count: Iterator[int]
    in_state_rule: bool = False

    def owner(self, name: str, element: Element) -> Parameter | None:
        """The parameter that ``name`` stands for; None for a field of the order or a helper."""
        if name.startswith(ORDER_FIELD) and not self.in_state_rule:
            return None
        known = self.owners if self.in_state_rule else self.parameters
        if name not in known:
            kind = "control" if self.in_state_rule else "parameter"
            self.place.refuse(f"an Edit names the {kind} {name!r}, which there is not", element)
        return known[name]


def read_condition(element: Element, scope: Scope, above: tuple[str, ...] = ()) -> Condition:
    """The condition of an `Edit` or `EditRef`; ``above`` are the references that led here.

    Raises:
        AtdlInvalid: If it names what there is not, or compares what cannot be compared.
    """
    if next(scope.count) > CONDITIONS_MAX:
        scope.place.refuse(f"more than {CONDITIONS_MAX} conditions", element)
    of = Attributes(element, scope.place)
    if element.name == "EditRef":
        of.only("id")
        name = of.text("id")
        if name not in scope.shared or name in above:
            scope.place.refuse(f"EditRef {name!r} leads to no Edit", element)
        return read_condition(scope.shared[name], scope, (*above, name))
    of.only("id", "field", "operator", "field2", "value", "logicOperator")
    if ("operator" in element.attributes) == ("logicOperator" in element.attributes):
        scope.place.refuse("an Edit has either operator or logicOperator", element)
    if "operator" in element.attributes:
        return _comparison(of, scope)
    logic = of.word("logicOperator", Logic)
    parts = tuple(read_condition(each, scope, above) for each in element.named("Edit", "EditRef"))
    if not parts or (logic is Logic.NOT and len(parts) > 1):
        wanted = "one Edit" if logic is Logic.NOT else "Edits"
        scope.place.refuse(f"{logic} joins {wanted}, here are {len(parts)}", element)
    return Joined(logic=logic, parts=parts)


def _comparison(of: Attributes, scope: Scope) -> Comparison:
    operator, field, field2 = of.word("operator", Operator), of.text("field"), of.text("field2", "")
    value = of.element.attributes.get("value")
    given = (value is not None) + bool(field2)
    if given != (0 if operator in _EXISTENCE else 1):
        scope.place.refuse(f"{operator} takes {_operands(operator)}", of.element)
    first = scope.owner(field, of.element)
    second = scope.owner(field2, of.element) if field2 else None
    if operator in _ORDERED and any(each and not each.type.order for each in (first, second)):
        scope.place.refuse(f"{operator} does not fit {field}, which has no order", of.element)
    if first and second and first.type.order != second.type.order:
        scope.place.refuse(f"{field} and {field2} cannot be compared", of.element)
    if value is not None and first is not None:
        _check_constant(value, first, of, scope)
    return Comparison(field=field, operator=operator, value=value, field2=field2)


def _check_constant(value: str, parameter: Parameter, of: Attributes, scope: Scope) -> None:
    """Refuse a constant that the field never holds: the rule would be dead without a word.

    State rules compare enumIDs, strategy edits wire values (FIXatdl 1.1, Edit/@value).
    """
    allowed: set[str] = set()
    if scope.in_state_rule and (parameter.wire_of or parameter.type.name == "Boolean_t"):
        allowed = {*parameter.wire_of, "true", "false"}
    elif parameter.wire_of and not parameter.type.order:
        allowed = set(parameter.wire_of.values())
    elif parameter.type.name == "Boolean_t":
        allowed = set(parameter.booleans)
    multiple = parameter.type.name.startswith("Multiple")
    if allowed:
        wrong = bool(set(value.split(" ") if multiple else [value]) - allowed)
        form = ", ".join(sorted(allowed))
    else:
        wrong, form = not is_of(parameter.type, value), parameter.type.form
    if wrong:
        told = f"value is {value!r}, allowed for {of.element.attributes['field']}: {form}"
        scope.place.refuse(told, of.element)


def _operands(operator: Operator) -> str:
    return "neither value nor field2" if operator in _EXISTENCE else "either value or field2"


def read_edit(element: Element, scope: Scope) -> StrategyEdit:
    """A rule that must hold."""
    of = Attributes(element, scope.place)
    of.only("errorMessage")
    return StrategyEdit(message=of.text("errorMessage"), condition=_one(element, scope))


def read_control(element: Element, scope: Scope) -> Control:
    """A control with its rules; attributes that only say how it looks are left out."""
    of = Attributes(element, scope.place)
    parameter = scope.owners[of.text("ID")]
    checked = of.text("checkedEnumRef", ""), of.text("uncheckedEnumRef", "")
    for name in filter(None, checked):
        if parameter is None or name not in parameter.wire_of:
            scope.place.refuse(f"enumID {name!r} is none of the parameter's", element)
    return Control(
        id=of.text("ID"),
        type=element.type,
        label=element.attributes.get("label", ""),
        parameter=parameter.name if parameter else "",
        initial=element.attributes.get("initValue", ""),
        checked=checked,
        rules=tuple(_state_rule(each, scope) for each in element.named("StateRule")),
    )


def _state_rule(element: Element, scope: Scope) -> StateRule:
    of = Attributes(element, scope.place)
    of.only("enabled", "visible", "value")
    if not element.attributes:
        scope.place.refuse("a StateRule has enabled, visible or value", element)
    return StateRule(
        condition=_one(element, scope),
        enabled=of.truth("enabled"),
        visible=of.truth("visible"),
        value=element.attributes.get("value"),
    )


def _one(element: Element, scope: Scope) -> Condition:
    edits = element.named("Edit", "EditRef")
    if len(edits) != 1:
        scope.place.refuse(f"{element.name} holds one Edit, here are {len(edits)}", element)
    return read_condition(edits[0], scope)
