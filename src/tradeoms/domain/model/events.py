"""What happened to models."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tradeoms.domain.model.commands import ModelPart


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelWeight:
    """Weight of a security in points of per cent."""

    security_id: str
    weight: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """What a fund holds in place of a security; an empty `by_id` excludes the security."""

    fund: str
    security_id: str
    by_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDefined:
    """A version of a model was written; nothing uses it yet."""

    model: str
    version: int
    name: str
    weights: tuple[ModelWeight, ...]
    parts: tuple[ModelPart, ...]
    overrides: tuple[Override, ...]
    defined_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelApproved:
    """A version took the place of the one before it."""

    model: str
    version: int
    approved_by: str
    at: datetime


ModelEvent = ModelDefined | ModelApproved
