"""Rules about the order itself."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from tradeoms.compliance.schema.base import Conditions, Number, RuleBase, Word


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
