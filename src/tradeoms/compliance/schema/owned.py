"""Rules about shares of what an issuer has in issue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Final, Literal, Self

from pydantic import Field, PlainSerializer, PlainValidator, model_validator

from tradeoms.compliance.schema.base import Conditions, Number, RuleBase, Word
from tradeoms.compliance.schema.measures import (
    DenAmount,
    DenIssuer,
    DenSecurity,
    DenUnderlying,
    Level,
    Pending,
)
from tradeoms.compliance.schema.standing import Disclosure, ExceptedRule
from tradeoms.compliance.schema.sums import RatioRule
from tradeoms.kernel.numbers import parse_decimal, plain

OwnedMeasure = Literal["qty", "votes", "par", "share_eq"]
#: Thresholds of one ladder.
THRESHOLDS_MAX: Final = 10_000


def read_thresholds(raw: object) -> tuple[Decimal, ...]:
    """Read a list of shares, or `{from, to, step}` with both ends."""
    if isinstance(raw, Mapping) and set(raw) == {"from", "to", "step"}:
        start, end, step = (parse_decimal(raw[name]) for name in ("from", "to", "step"))
        if step <= 0 or (end - start) / step >= THRESHOLDS_MAX:
            message = f"thresholds: a step above zero, at most {THRESHOLDS_MAX} thresholds"
            raise ValueError(message)
        count = int((end - start) // step) + 1 if end >= start else 0
        found = tuple(start + number * step for number in range(count))
    elif isinstance(raw, Sequence) and not isinstance(raw, str):
        found = tuple(parse_decimal(one) for one in raw)
    else:
        message = f"thresholds are a list of shares or {{from, to, step}}, not {raw!r}"
        raise ValueError(message)
    if not found or found[0] <= 0 or any(one >= other for one, other in pairwise(found)):
        message = "thresholds: at least one, above zero and rising"
        raise ValueError(message)
    return found


Thresholds = Annotated[
    tuple[Decimal, ...],
    PlainValidator(read_thresholds),
    PlainSerializer(lambda shares: [plain(one) for one in shares], return_type=list[str]),
]


class OwnedRule(RuleBase):
    """A sum per security, issuer or underlying as a share of an amount in issue.

    Attributes:
        own_by: What is owned: a security, an issuer with all its securities, an underlying with
            all derivatives on it.
        den_attr: Name of the amount in issue.
        den_from: Where the amount stands; by default with what is owned.
    """

    own_by: Literal["sec", "issuer", "underlying"] = "sec"
    den_attr: Word
    den_from: Literal["security", "issuers"] | None = None
    measure: OwnedMeasure = "qty"
    level: Level = "fund"
    select: Conditions = ()
    exclude: Conditions = ()
    pending: Pending = "worst"

    @model_validator(mode="after")
    def _amount_known(self) -> Self:
        fits = {"sec": ("security", "issuers"), "issuer": ("issuers",), "underlying": ("security",)}
        if self.den_from is not None and self.den_from not in fits[self.own_by]:
            message = f"den_from {self.den_from} does not go with own_by {self.own_by}"
            raise ValueError(message)
        return self

    @property
    def group_by(self) -> tuple[str, ...]:
        """Attribute that names the cell."""
        return ("id",) if self.own_by == "sec" else (self.own_by,)

    @property
    def den(self) -> DenAmount:
        """The amount in issue."""
        if self.own_by == "issuer" or self.den_from == "issuers":
            return DenIssuer(issuer=self.den_attr)
        if self.own_by == "underlying":
            return DenUnderlying(underlying=self.den_attr)
        return DenSecurity(security=self.den_attr)


class OwnershipRule(OwnedRule, ExceptedRule):
    """At most a share of what is in issue."""

    kind: Literal["ownership"] = "ownership"
    max: Number
    warn: Number | None = None
    strict: bool = False
    test: Literal["always", "acquisition"] = "always"
    reducing: Literal["allow", "deny"] = "allow"
    on_missing_key: Literal["bound", "block"] = "bound"

    @cached_property
    def as_ratio(self) -> RatioRule:
        """The same rule as a ratio whose denominator is the amount in issue."""
        own = {name: getattr(self, name) for name in type(self).model_fields}
        for name in ("kind", "own_by", "den_attr", "den_from"):
            del own[name]
        return RatioRule.model_construct(**own, group_by=self.group_by, den=self.den)


class LadderRule(OwnedRule):
    """Thresholds of a share of what is in issue, whose crossing must be disclosed.

    Attributes:
        cross: `reach`: a share equal to a threshold is at it; `exceed`: only one above it.
        sign: `long` counts the position, `short` how far it is below zero.
        thresholds: Shares of the issue (0 to 1), rising; or {from, to, step}.
        round_down: Shares are rounded down to multiples of this before they are compared.
        change_step: Change against the last reported share that must be reported too.
        public_from: Threshold from which a disclosure is public.
        disclosure: The duty, for the explanation.
    """

    kind: Literal["ladder"] = "ladder"
    cross: Literal["reach", "exceed"] = "reach"
    sign: Literal["long", "short"] = "long"
    thresholds: Thresholds
    round_down: Number | None = Field(default=None, gt=0)
    change_step: Number | None = Field(default=None, gt=0)
    public_from: Number | None = Field(default=None, gt=0)
    disclosure: Disclosure | None = None

    @cached_property
    def cuts(self) -> tuple[Fraction, ...]:
        """Shares at which a rounded share passes each threshold, in their order.

        Without rounding these are the thresholds. A share is beyond a cut when it reaches it; where
        only exceeding counts and nothing is rounded, when it is above it (see `closed`).
        """
        step = self.round_down
        if step is None:
            return tuple(Fraction(one) for one in self.thresholds)
        size = Fraction(step)
        if self.cross == "reach":
            return tuple(-(-Fraction(one) // size) * size for one in self.thresholds)
        return tuple((Fraction(one) // size + 1) * size for one in self.thresholds)

    @property
    def closed(self) -> bool:
        """True where a share equal to a cut is beyond it."""
        return self.cross == "reach" or self.round_down is not None
