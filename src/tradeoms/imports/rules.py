"""Rules from a YAML (or JSON) file in the schema of `compliance.policy`, as drafts to activate.

Limits are decimal strings and must be quoted. Securities in a `list` are written as `AAPL.XNAS` or
`isin:...` and kept by their ids, so that a rule survives a change of symbol.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml

from tradeoms.compliance.admission import idle_words, with_ids
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
    for written in _mappings(text.removeprefix("\ufeff"), errors):
        rule = _rule(written, resolve, errors)
        if rule is None:
            continue
        first = line_of.setdefault(rule.rule_id, written.line)
        if first != written.line:
            reason = f"it stands on line {first} already"
            errors.append(written.error("id", RowFault.ROW_TWICE, reason))
        rules.append(rule)
    if not rules and not errors:
        errors.append(_error(1, "", "", RowFault.FILE_EMPTY, "there are no rules"))
    return in_order(errors) or DefineRules(rules=tuple(rules))


@dataclass(frozen=True, slots=True)
class _Written:
    """A rule as it stands in the file: its first line, its fields, and where each is written.

    A field inside another is named by its path, `cure.n`; an item of a list by its number from 0.
    """

    line: int
    raw: Mapping[str, Any]
    places: Mapping[str, tuple[int, str]]

    def error(self, column: str, code: RowFault, reason: str) -> RowError:
        """An error of a field, on its line and with what stands there; of the rule without one."""
        path = column
        while path and path not in self.places:
            path = path.rpartition(".")[0]
        whole = (self.line, "" if column else str(self.raw.get("id", "?")))
        line, value = self.places.get(path, whole)
        return _error(line, column, value, code, reason)


def _places(node: yaml.Node, path: str = "") -> Iterator[tuple[str, tuple[int, str]]]:
    """Path of every field below ``node``, with its line and its value where that is a scalar."""
    if isinstance(node, yaml.MappingNode):
        items = [(str(key.value), key, value) for key, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        items = [(str(at), value, value) for at, value in enumerate(node.value)]
    else:
        return
    for name, start, value in items:
        inner = f"{path}.{name}" if path else name
        text = str(value.value) if isinstance(value, yaml.ScalarNode) else ""
        yield inner, (start.start_mark.line + 1, text)
        yield from _places(value, inner)


def _mappings(text: str, errors: list[RowError]) -> list[_Written]:
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
    for node, raw in zip(root.value, yaml.load(text, Loader=_Loader), strict=True):  # noqa: S506 - safe
        line = node.start_mark.line + 1
        if isinstance(raw, Mapping):
            found.append(_Written(line, raw, dict(_places(node))))
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


def _rule(written: _Written, resolve: Resolve | None, errors: list[RowError]) -> RuleText | None:
    named = dict(_named(written, resolve, errors))
    cases = json.dumps(named.pop("cases", []), sort_keys=True, separators=(",", ":"))
    try:
        rule = parse_rule(named)
        read_cases(cases)
    except CaseError as error:
        errors.append(written.error("cases", RowFault.RULE_INVALID, str(error)))
        return None
    except PolicyError as error:
        errors += [written.error(*_column(problem)) for problem in error.problems]
        return None
    errors += [
        written.error(fault.field, RowFault.RULE_INVALID, fault.reason)
        for fault in idle_words(rule)
    ]
    return RuleText(
        rule_id=rule.id, version=rule.version, definition=canonical_json(rule), cases=cases
    )


def _column(problem: str) -> tuple[str, RowFault, str]:
    """The field that a problem of the policy is about, empty for the whole rule, and the reason."""
    found = _FIELD.fullmatch(problem)
    if found:
        return found[1], RowFault.RULE_INVALID, found[2]
    quoted = _QUOTED.match(problem)
    column = quoted[1] if quoted else "kind" if problem.startswith("unknown kind") else ""
    return column, RowFault.RULE_INVALID, problem


def _named(written: _Written, resolve: Resolve | None, errors: list[RowError]) -> Mapping[str, Any]:
    """The rule with the securities of its list as ids."""
    if resolve is None:
        return written.raw
    named, faults = with_ids(written.raw, lambda name: find_security(name, resolve))
    errors += [
        written.error(fault.field, RowFault.SECURITY_NOT_FOUND, fault.reason) for fault in faults
    ]
    return named


def _error(line: int, column: str, value: str, code: RowFault, reason: str) -> RowError:
    return RowError(row=line, column=column, value=value, code=code, reason=reason)
