"""The rule schema: what a rule may say, and nothing that is not evaluated.

A rule is a mapping with a `kind`; every kind has its own closed set of fields, numbers are decimal
strings, and a field that a kind does not evaluate is an error, never ignored. A changed rule is a
new version. The content hash of a rule set names it in evidence.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from tradeoms.compliance.selector import Condition, parse_conditions, write_conditions
from tradeoms.domain.evaluation import Severity
from tradeoms.kernel.numbers import parse_decimal, plain


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


Number = Annotated[Decimal, PlainValidator(parse_decimal), PlainSerializer(plain, return_type=str)]
Conditions = Annotated[
    tuple[Condition, ...], PlainValidator(parse_conditions), PlainSerializer(write_conditions)
]
Word = Annotated[str, Field(min_length=1)]
SideWord = Literal["buy", "sell", "sell_short", "buy_to_cover"]
Measure = Literal[
    "mv", "mv_long", "mv_abs", "exposure", "exposure_pos", "qty", "par", "votes", "share_eq"
]
Pending = Literal["worst", "all", "none"]
DenName = Literal["nav", "total_assets", "net_assets", "nav_plus_borrowings", "one"]

#: Measures that are not proportional to the quantity.
CURVED: Final = frozenset({"mv_long", "mv_abs", "exposure_pos"})


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Scope(_Frozen):
    """Funds a rule applies to; an empty list means "any"."""

    funds: tuple[Word, ...] = ()
    fund_groups: tuple[Word, ...] = ()
    regimes: tuple[Word, ...] = ()
    exclude_funds: tuple[Word, ...] = ()


class LimitBy(_Frozen):
    """A maximum looked up by an attribute of the cell's security."""

    attr: Word
    map: dict[str, Number]
    default: Number | None = None


class Override(_Frozen):
    """Limits of one fund, instead of the rule's own."""

    max: Number | None = None
    min: Number | None = None
    warn: Number | None = None


class DenSelect(_Frozen):
    """A denominator that is itself a sum of the rule's measure over securities."""

    select: Conditions


class RuleBase(_Frozen):
    """Fields of every kind.

    Attributes:
        sides: Sides the rule looks at; "sell" includes short sales, "buy" includes covering.
        unconfirmed: True where the legal source has not been confirmed.
        on_missing: What an UNKNOWN does; `disregard` needs a `source`.
    """

    id: Word
    version: int = Field(default=1, ge=1)
    title: str = ""
    text: str = ""
    source: str = ""
    severity: Severity = Severity.HARD
    when: Literal["pre", "post", "both"] = "both"
    scope: Scope = Scope()
    sides: tuple[SideWord, ...] = ()
    order_types: tuple[Word, ...] = ()
    exempt_order_types: tuple[Word, ...] = ()
    effective_from: date | None = None
    effective_to: date | None = None
    grace_months_after_authorisation: int | None = Field(default=None, ge=1)
    on_missing: Literal["block", "warn", "disregard"] = "block"
    unconfirmed: bool = False

    @model_validator(mode="before")
    @classmethod
    def _lift_funds(cls, raw: Any) -> Any:  # any JSON value may stand here; pydantic judges it
        """Read `funds: {groups: [...]}` of the public case format as `scope`."""
        if not isinstance(raw, Mapping) or not isinstance(raw.get("funds"), Mapping):
            return raw
        if "scope" in raw:
            message = "give either `funds` or `scope`"
            raise ValueError(message)
        names = {"ids": "funds", "groups": "fund_groups", "exclude": "exclude_funds"}
        scope = {names.get(key, key): value for key, value in raw["funds"].items()}
        return {**{key: raw[key] for key in raw if key != "funds"}, "scope": scope}

    @model_validator(mode="after")
    def _reasons(self) -> Self:
        if self.on_missing == "disregard" and not self.source:
            message = "on_missing: disregard needs a `source`, the legal reference that allows it"
            raise ValueError(message)
        if self.effective_from and self.effective_to and self.effective_to < self.effective_from:
            message = "effective_to is before effective_from"
            raise ValueError(message)
        return self


class RestrictRule(RuleBase):
    """Securities that may not be traded: a list, a selection, or blocked owners."""

    kind: Literal["restrict"] = "restrict"
    list: Word | tuple[Word, ...] | None = None
    select: Conditions = ()
    exclude: Conditions = ()
    blocked_owner_share: Number | None = None
    through_underlying: bool = False

    @model_validator(mode="after")
    def _one_subject(self) -> Self:
        given = [self.list is not None, bool(self.select), self.blocked_owner_share is not None]
        if sum(given) != 1:
            message = "give exactly one of `list`, `select`, `blocked_owner_share`"
            raise ValueError(message)
        return self


class OrderRule(RuleBase):
    """Limits on the order itself: value, quantity, price, rate, repetition."""

    kind: Literal["order"] = "order"
    select: Conditions = ()
    exclude: Conditions = ()
    max_value: Number | None = None
    currency: Word | None = None
    max_qty: Number | None = None
    max_adv: Number | None = None
    collar: Number | None = None
    collar_side: Literal["both", "aggressive"] = "both"
    max_messages: int | None = Field(default=None, ge=1)
    per_seconds: int | None = Field(default=None, ge=1)
    duplicate_seconds: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _some_limit(self) -> Self:
        limits = (
            self.max_value,
            self.max_qty,
            self.max_adv,
            self.collar,
            self.max_messages,
            self.duplicate_seconds,
        )
        if all(limit is None for limit in limits):
            message = (
                "give at least one of max_value, max_qty, max_adv, collar, max_messages, "
                "duplicate_seconds"
            )
            raise ValueError(message)
        if (self.max_messages is None) != (self.per_seconds is None):
            message = "max_messages and per_seconds belong together"
            raise ValueError(message)
        return self


def _level(raw: object) -> str:
    """Read `fund`, `family`, `firm`, `group:NAME` or `{group: NAME}`."""
    if isinstance(raw, Mapping) and set(raw) == {"group"}:
        raw = f"group:{raw['group']}"
    if isinstance(raw, str) and (raw in {"fund", "family", "firm"} or raw[:6] == "group:" < raw):
        return raw
    message = f"level is fund, family, firm or group:NAME, not {raw!r}"
    raise ValueError(message)


def _group_by(raw: object) -> tuple[str, ...]:
    if isinstance(raw, str) and raw:
        return (raw,)
    if isinstance(raw, Sequence) and all(isinstance(name, str) and name for name in raw):
        return tuple(raw)
    message = f"group_by is an attribute or a list of attributes, not {raw!r}"
    raise ValueError(message)


class RatioRule(RuleBase):
    """A sum of a measure over selected securities, per group, against a share of a denominator."""

    kind: Literal["ratio"] = "ratio"
    level: Annotated[str, PlainValidator(_level)] = "fund"
    select: Conditions = ()
    exclude: Conditions = ()
    group_by: Annotated[
        tuple[str, ...],
        PlainValidator(_group_by),
        PlainSerializer(lambda names: names[0] if len(names) == 1 else list(names)),
    ] = ()
    measure: Measure = "mv"
    include_cash: bool = False
    lookthrough: bool = False
    max_age_days: int | None = Field(default=None, ge=0)
    den: DenName | DenSelect = "nav"
    max: Number | None = None
    min: Number | None = None
    warn: Number | None = None
    strict: bool = False
    limit_by: LimitBy | None = None
    max_over_benchmark: Number | None = None
    overrides: dict[str, Override] = Field(default_factory=dict)
    test: Literal["always", "acquisition"] = "always"
    pending: Pending = "worst"
    reducing: Literal["allow", "deny"] = "allow"
    on_missing_key: Literal["bound", "block"] = "bound"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        uppers = [self.max is not None, bool(self.limit_by), self.max_over_benchmark is not None]
        problems = {
            "give one of `max`, `limit_by`, `max_over_benchmark`": sum(uppers) > 1,
            "give a limit: `max`, `min`, `limit_by` or `max_over_benchmark`": not (
                any(uppers) or self.min is not None
            ),
            "`warn` belongs to a maximum": self.warn is not None and not any(uppers),
            "`limit_by` needs a `group_by`": bool(self.limit_by) and not self.group_by,
            "`max_age_days` belongs to `lookthrough`": self.max_age_days is not None
            and not self.lookthrough,
            "`lookthrough` needs a `group_by`": self.lookthrough and not self.group_by,
            "`include_cash` and `group_by` do not go together": self.include_cash
            and bool(self.group_by),
            f"`include_cash` does not go with measure {self.measure}": self.include_cash
            and self.measure != "mv",
            "`max_over_benchmark` needs `group_by` and level fund": self.max_over_benchmark
            is not None
            and (not self.group_by or self.level != "fund"),
            "`overrides` belong to level fund": bool(self.overrides) and self.level != "fund",
        }
        wrong = [problem for problem, found in problems.items() if found]
        if wrong:
            raise ValueError("; ".join(wrong))
        return self


class CashRule(RuleBase):
    """Cash that must remain after every open and new order has settled at its worst."""

    kind: Literal["cash"] = "cash"
    min: Number = Decimal(0)
    fee: Number = Decimal(0)
    currency: Word | None = None
    test: Literal["always", "acquisition"] = "always"
    pending: Pending = "worst"
    reducing: Literal["allow", "deny"] = "allow"


class ShortRule(RuleBase):
    """How far a position may fall below zero."""

    kind: Literal["short"] = "short"
    mode: Literal["no_short", "locate", "covered"] = "no_short"
    select: Conditions = ()
    exclude: Conditions = ()
    pending: Pending = "worst"
    reducing: Literal["allow", "deny"] = "allow"


LinearRule = RatioRule | CashRule | ShortRule
Rule = RestrictRule | OrderRule | RatioRule | CashRule | ShortRule

KINDS: Final = ("restrict", "order", "ratio", "cash", "short")
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


def canonical_json(rule: Rule) -> str:
    """Write ``rule`` as JSON: every field, sorted, without spaces."""
    content = rule.model_dump(mode="json")
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


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
