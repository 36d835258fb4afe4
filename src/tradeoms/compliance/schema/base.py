"""Fields of every rule, and the types that rules are written in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, PlainValidator, model_validator

from tradeoms.compliance.schema.cure import Cure
from tradeoms.compliance.selector import Condition, parse_conditions, write_conditions
from tradeoms.domain.evaluation import Severity
from tradeoms.kernel.numbers import parse_decimal, plain

Number = Annotated[Decimal, PlainValidator(parse_decimal), PlainSerializer(plain, return_type=str)]
Conditions = Annotated[
    tuple[Condition, ...], PlainValidator(parse_conditions), PlainSerializer(write_conditions)
]
Word = Annotated[str, Field(min_length=1)]
SideWord = Literal["buy", "sell", "sell_short", "buy_to_cover"]


class Frozen(BaseModel):
    """A part of a rule: closed and unchangeable."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Scope(Frozen):
    """Funds a rule applies to; an empty list means "any", and nobody where it excludes."""

    funds: tuple[Word, ...] = ()
    fund_groups: tuple[Word, ...] = ()
    regimes: tuple[Word, ...] = ()
    exclude_funds: tuple[Word, ...] = ()
    exclude_fund_groups: tuple[Word, ...] = ()


class Match(Frozen):
    """Cells that an exception is for; an empty list means "any"."""

    funds: tuple[Word, ...] = ()
    cells: tuple[Word, ...] = ()

    def covers(self, entity: str, key: str | None) -> bool:
        """True where the cell ``key`` of ``entity`` is meant."""
        return (not self.funds or entity in self.funds) and (not self.cells or key in self.cells)


class Exemption(Frozen):
    """A standing exception that lapses to the rule itself.

    Attributes:
        match: The cells it is for: names of funds or aggregates, and of groups within them.
        until: Its last day.
        approved_by: Who allowed it.
        reason: Why.
        limit: What holds instead of the maximum (of the minimum, where the rule has no maximum);
            None lets the cell out of the rule.
    """

    match: Match
    until: date
    approved_by: Word
    reason: Word
    limit: Number | None = None

    @property
    def is_of_funds(self) -> bool:
        """True where it lets whole funds out."""
        return bool(self.match.funds) and not self.match.cells and self.limit is None


class RuleBase(Frozen):
    """Fields of every kind.

    Attributes:
        sides: Sides the rule looks at; "sell" includes short sales, "buy" includes covering.
        unconfirmed: True where the legal source has not been confirmed.
        waiver_approvers: How many people must approve a waiver of it: one of compliance, or that
            and one of risk.
        on_missing: What an UNKNOWN does; `disregard` needs a `source`.
        cure: How long a breach of the portfolio may last; None sets no day.
        exceptions: Whole funds that are let out of the rule until a day; of some kinds also single
            cells, and with a limit of their own.
    """

    excepts_cells: ClassVar[bool] = False

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
    cure: Cure | None = None
    exceptions: tuple[Exemption, ...] = ()
    waiver_approvers: int = Field(default=1, ge=1, le=2)

    @model_validator(mode="before")
    @classmethod
    def _lift_funds(cls, raw: Any) -> Any:  # any JSON value may stand here; pydantic judges it
        """Read `funds: {groups: [...]}` of the public case format as `scope`."""
        if not isinstance(raw, Mapping) or not isinstance(raw.get("funds"), Mapping):
            return raw
        if "scope" in raw:
            message = "give either `funds` or `scope`"
            raise ValueError(message)
        names = {
            "ids": "funds",
            "groups": "fund_groups",
            "exclude": "exclude_funds",
            "exclude_groups": "exclude_fund_groups",
        }
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

    @model_validator(mode="after")
    def _whole_funds(self) -> Self:
        parts = [one for one in self.exceptions if not one.is_of_funds]
        if parts and not self.excepts_cells:
            message = "exceptions: name `funds`; `cells` and `limit` belong to ratio and ownership"
            raise ValueError(message)
        return self

    @property
    def is_narrow(self) -> bool:
        """True where it does not look at every fund."""
        grace = self.grace_months_after_authorisation is not None
        return self.scope != Scope() or grace or bool(self.exceptions and not self.excepts_cells)

    def lets_out(self, fund_id: str, today: date) -> bool:
        """True where an exception takes the fund out of a rule that has none for single cells."""
        return not self.excepts_cells and any(
            today <= one.until and fund_id in one.match.funds for one in self.exceptions
        )
