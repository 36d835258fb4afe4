"""State rules without a screen: what controls hold, and what rules make of the values.

FIXatdl 1.1, "Flow Control Rules": `enabled` and `visible` are for the eye and never decide what is
sent; a rule with a value sets its control, `{NULL}` empties it.
"""

from __future__ import annotations

from collections.abc import Mapping

from tradeoms.fix.atdl.model import NULL, Control, Parameter, Strategy
from tradeoms.fix.atdl.rules import Readers, holds
from tradeoms.fix.atdl.values import TYPES


def ruled_values(strategy: Strategy, values: Mapping[str, str]) -> dict[str, str] | None:
    """The values as state rules leave them; None where they never come to rest.

    Rules are taken in the order of the file, again and again until nothing changes: one may set
    what another looks at.
    """
    readers, helpers = _readers(strategy), _helpers(strategy)
    settled = dict(values)
    rules = [(each, rule) for each in strategy.controls.values() for rule in each.rules]
    for _ in range(len(rules) + 1):
        before = dict(settled), dict(helpers)
        for control, rule in rules:
            held = _held(strategy, settled) | helpers
            if rule.value is not None and holds(rule.condition, held, readers):
                _set(control, rule.value, settled, helpers)
        if (settled, helpers) == before:
            return settled
    return None


def states(strategy: Strategy, values: Mapping[str, str]) -> dict[str, dict[str, bool]]:
    """Which controls a ticket with these values shows and lets be changed, by control."""
    held, readers = _held(strategy, values) | _helpers(strategy), _readers(strategy)
    found = {}
    for control in strategy.controls.values():
        found[control.id] = {"enabled": True, "visible": True}
        for rule in control.rules:
            now = holds(rule.condition, held, readers)
            if rule.enabled is not None:
                found[control.id]["enabled"] = rule.enabled is now
            if rule.visible is not None:
                found[control.id]["visible"] = rule.visible is now
    return found


def _helpers(strategy: Strategy) -> dict[str, str]:
    """What controls without parameter hold at first."""
    return {
        control.id: control.initial
        for control in strategy.controls.values()
        if not control.parameter and control.initial
    }


def _held(strategy: Strategy, values: Mapping[str, str]) -> dict[str, str]:
    """What the controls of parameters hold, by control."""
    found = {}
    for control in strategy.controls.values():
        if control.parameter in values:
            found[control.id] = _shown(
                control, strategy.parameters[control.parameter], values[control.parameter]
            )
    return found


def _shown(control: Control, parameter: Parameter, text: str) -> str:
    on, _off = control.checked
    if on:
        return "true" if text == on else "false"
    if parameter.type.name == "Boolean_t" and not parameter.wire_of:
        return "true" if parameter.type.read(text) else "false"
    return text


def _set(
    control: Control,
    value: str,
    values: dict[str, str],
    helpers: dict[str, str],
) -> None:
    """Put ``value`` into a control."""
    target, name = (values, control.parameter) if control.parameter else (helpers, control.id)
    on, off = control.checked
    if control.parameter and value in ("true", "false") and (on or off):
        value = (on if value == "true" else off) or NULL
    if value == NULL:
        target.pop(name, None)
    else:
        target[name] = value


def _readers(strategy: Strategy) -> Readers:
    """Controls are compared as their parameter's type; enumIDs, buttons and boxes as words."""
    found = {}
    for control in strategy.controls.values():
        parameter = strategy.parameters.get(control.parameter)
        if parameter is None:
            continue
        kind = parameter.type
        if kind.name.startswith("Multiple"):
            kind = TYPES["MultipleStringValue_t"]
        elif parameter.wire_of or control.checked != ("", ""):
            kind = TYPES["String_t"]
        found[control.id] = kind.read
    return found
