"""The rule schema: what a rule may say, and nothing that is not evaluated.

A rule is a mapping with a `kind`; every kind has its own closed set of fields, numbers are decimal
strings, and a field that a kind does not evaluate is an error, never ignored. A changed rule is a
new version. The content hash of a rule set names it in evidence.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from pydantic import Field, TypeAdapter, ValidationError

from tradeoms.compliance.schema.dealings import CrossRule, WindowRule
from tradeoms.compliance.schema.figures import CoverageRule, ExternalRule, WavgRule
from tradeoms.compliance.schema.groups import GroupsRule
from tradeoms.compliance.schema.orders import OrderRule, RestrictRule
from tradeoms.compliance.schema.owned import LadderRule, OwnershipRule
from tradeoms.compliance.schema.sums import CashRule, RatioRule, ShortRule


class PolicyError(ValueError):
    """A rule that cannot be evaluated as written.

    Attributes:
        rule_id: The rule, "?" where it has no id.
        problems: One line for every problem.
    """

    def __init__(self, *, rule_id: str, problems: Sequence[str]) -> None:
        """Keep which rule, and what is wrong with it."""
        self.rule_id = rule_id
        self.problems = tuple(problems)
        super().__init__(f"rule {rule_id}: " + "; ".join(problems))


LinearRule = RatioRule | CashRule | ShortRule | WavgRule
OtherRule = OwnershipRule | LadderRule | CoverageRule | ExternalRule | WindowRule | CrossRule
Rule = RestrictRule | OrderRule | LinearRule | GroupsRule | OtherRule

KINDS: Final = (
    *("restrict", "order", "ratio", "cash", "short"),
    *("bucket", "topn", "count", "issues", "gross"),
    *("ownership", "ladder", "coverage", "wavg", "external"),
    *("window", "cross"),
)
_RULE: Final[TypeAdapter[Rule]] = TypeAdapter(Annotated[Rule, Field(discriminator="kind")])


def parse_rule(raw: Mapping[str, object]) -> Rule:
    """Read one rule.

    Raises:
        PolicyError: If the rule has an unknown kind or field, or contradicts itself.
    """
    rule_id = str(raw.get("id", "?"))
    kind = raw.get("kind")
    if kind not in KINDS:
        raise PolicyError(
            rule_id=rule_id, problems=[f"unknown kind {kind!r}; kinds are {', '.join(KINDS)}"]
        )
    try:
        return _RULE.validate_python(dict(raw))
    except ValidationError as error:
        problems = [
            _problem(one["loc"], one["type"], one["msg"], str(kind)) for one in error.errors()
        ]
        raise PolicyError(rule_id=rule_id, problems=problems) from None


def parse_rules(raw: Sequence[Mapping[str, object]]) -> tuple[Rule, ...]:
    """Read a rule set; its order is kept, and decides which of two equal rules is binding.

    Raises:
        PolicyError: If a rule is wrong, or two rules have one id.
    """
    rules = tuple(parse_rule(one) for one in raw)
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            raise PolicyError(rule_id=rule.id, problems=["two rules have this id"])
        seen.add(rule.id)
    return rules


#: Fields that came later, with the value under which a rule is written as it was before: the hash
#: of a rule set in old evidence must stay what it was.
_LATER: Final[Mapping[str, object]] = {"waiver_approvers": 1}
_LATER_IN_SCOPE: Final[Mapping[str, object]] = {"exclude_fund_groups": []}
_LATER_IN_SUMS: Final[Mapping[str, object]] = {"currency": None, "min_under_benchmark": None}
_LATER_WITHOUT_CELLS: Final[Mapping[str, object]] = {"exceptions": []}


def read_rule(definition: str) -> Rule:
    """Read a rule that was written by `canonical_json`, of this version or one before."""
    return parse_rule(json.loads(definition))


def canonical_json(rule: Rule) -> str:
    """Write ``rule`` as JSON: every field that decides, sorted, without spaces."""
    content = _without(rule.model_dump(mode="json"), _LATER)
    if isinstance(rule, RatioRule | GroupsRule):
        content = _without(content, _LATER_IN_SUMS)
    if not rule.excepts_cells:
        content = _without(content, _LATER_WITHOUT_CELLS)
    content["scope"] = _without(content["scope"], _LATER_IN_SCOPE)
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _without(fields: Mapping[str, Any], later: Mapping[str, object]) -> dict[str, Any]:
    return {
        name: value for name, value in fields.items() if name not in later or value != later[name]
    }


def content_hash(rules: Sequence[Rule]) -> str:
    """Return the version of a rule set: SHA-256 over its canonical JSON, in hexadecimal."""
    digest = hashlib.sha256()
    for rule in rules:
        digest.update(canonical_json(rule).encode())
        digest.update(b"\n")
    return digest.hexdigest()


def _problem(loc: tuple[int | str, ...], error: str, message: str, kind: str) -> str:
    path = ".".join(str(part) for part in loc if part != kind)
    if error == "extra_forbidden":
        return f"field {path!r} is not evaluated by kind {kind}"
    message = message.removeprefix("Value error, ")
    return f"{path}: {message}" if path else message
