"""Rules from a YAML (or JSON) file in the schema of `compliance.policy`, as drafts to activate.

Limits are decimal strings and must be quoted. Securities in a `list` are written as `AAPL.XNAS` or
`isin:...` and kept by their ids, so that a rule survives a change of symbol.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

import yaml

from tradeoms.compliance.policy import PolicyError, canonical_json, parse_rule
from tradeoms.compliance.rule_cases import CaseError, read_cases
from tradeoms.domain.ruleset.commands import DefineRules, RuleText
from tradeoms.imports.cells import find_security, in_order
from tradeoms.imports.rows import Format, Resolve, RowError, RowFault, compose

_FIELD: Final = re.compile(r"([\w.]+): (.*)", re.DOTALL)
_QUOTED: Final = re.compile(r"field '([^']+)'")


class _Loader(yaml.SafeLoader):
    """Builds values as YAML 1.2 does: NO is a country, 12:30 a text, dates stay as written."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("int", r"-?(0|[1-9]\d*)", "-0123456789"),
    ("float", r"-?\d+(\.\d*)?([eE][-+]?\d+)?|-?\.\d+", "-.0123456789"),
    ("null", r"~|null|", ["~", "n", ""]),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})\Z", re.ASCII), list(_first)
    )


def read_rules(
    text: str,
    *,
    format: Format = "yaml",  # noqa: A002 - public name
    resolve: Resolve | None = None,
) -> DefineRules | list[RowError]:
    """Read a file of rules.

    Args:
        text: The file.
        format: `yaml`; a rule does not fit into a row of CSV.
        resolve: Finds a loaded security named in a list.

    Returns:
        The command that records the rules as drafts, or everything that is wrong with the file.
    """
    if format != "yaml":
        reason = "rules are written in YAML or JSON"
        return [_error(1, "", format, RowFault.FORMAT_NOT_SUPPORTED, reason)]
    errors: list[RowError] = []
    rules: list[RuleText] = []
    line_of: dict[str, int] = {}
    for line, raw in _mappings(text.removeprefix("\ufeff"), errors):
        rule = _rule(line, raw, resolve, errors)
        if rule is None:
            continue
        first = line_of.setdefault(rule.rule_id, line)
        if first != line:
            reason = f"it stands on line {first} already"
            errors.append(_error(line, "id", rule.rule_id, RowFault.ROW_TWICE, reason))
        rules.append(rule)
    if not rules and not errors:
        errors.append(_error(1, "", "", RowFault.FILE_EMPTY, "there are no rules"))
    return in_order(errors) or DefineRules(rules=tuple(rules))


def _mappings(text: str, errors: list[RowError]) -> list[tuple[int, Mapping[str, Any]]]:
    root = compose(text, errors)
    if root is None:
        return []
    if not isinstance(root, yaml.SequenceNode):
        line = root.start_mark.line + 1
        errors.append(_error(line, "", "", RowFault.FILE_MALFORMED, "a list of rules is expected"))
        return []
    before = len(errors)
    _check_keys(root, errors)
    if len(errors) > before:
        return []
    found = []
    lines = [node.start_mark.line + 1 for node in root.value]
    for line, raw in zip(lines, yaml.load(text, Loader=_Loader), strict=True):  # noqa: S506 - safe
        if isinstance(raw, Mapping):
            found.append((line, raw))
        else:
            reason = "a rule is a mapping of field to value"
            errors.append(_error(line, "", str(raw), RowFault.FILE_MALFORMED, reason))
    return found


def _check_keys(node: yaml.Node, errors: list[RowError]) -> None:
    """A key that stands twice in one mapping would silently lose one of its values."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in seen:
                line = key.start_mark.line + 1
                reason = "the field stands there twice"
                errors.append(_error(line, name, name, RowFault.COLUMN_TWICE, reason))
            seen.add(name)
            _check_keys(value, errors)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _check_keys(item, errors)


def _rule(
    line: int, raw: Mapping[str, Any], resolve: Resolve | None, errors: list[RowError]
) -> RuleText | None:
    rule_id = str(raw.get("id", "?"))
    named = dict(_named(line, raw, resolve, errors))
    cases = json.dumps(named.pop("cases", []), sort_keys=True, separators=(",", ":"))
    try:
        rule = parse_rule(named)
        read_cases(cases)
    except CaseError as error:
        errors.append(_error(line, "cases", rule_id, RowFault.RULE_INVALID, str(error)))
        return None
    except PolicyError as error:
        for problem in error.problems:
            found = _FIELD.fullmatch(problem)
            quoted = _QUOTED.match(problem)
            column = found[1] if found else quoted[1] if quoted else ""
            reason = found[2] if found else problem
            errors.append(_error(line, column, rule_id, RowFault.RULE_INVALID, reason))
        return None
    return RuleText(
        rule_id=rule.id, version=rule.version, definition=canonical_json(rule), cases=cases
    )


def _named(
    line: int, raw: Mapping[str, Any], resolve: Resolve | None, errors: list[RowError]
) -> Mapping[str, Any]:
    """The rule with the securities of its list as ids."""
    names = raw.get("list")
    if resolve is None or not isinstance(names, list):
        return raw
    members = []
    for name in names:
        found = find_security(str(name), resolve)
        if found is None:
            reason = "no such security: load it first, and name it TICKER.MIC or isin:..."
            fault = RowFault.SECURITY_NOT_FOUND
            errors.append(_error(line, "list", str(name), fault, reason))
        members.append(found or str(name))
    return {**raw, "list": members}


def _error(line: int, column: str, value: str, code: RowFault, reason: str) -> RowError:
    return RowError(row=line, column=column, value=value, code=code, reason=reason)
