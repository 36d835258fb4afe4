"""Requests about models."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedWeight:
    """A security, named by an identifier, and its weight in points of per cent."""

    scheme: str
    security: str
    weight: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPart:
    """Another model as a part of one, and its weight in points of per cent."""

    model: str
    weight: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedOverride:
    """What a fund holds in place of a security; an empty `by` excludes the security."""

    fund: str
    scheme: str
    security: str
    by_scheme: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DefineModel:
    """Write the next version of a model, as a draft. What its weights leave of 100 is cash."""

    model: str
    name: str = ""
    weights: tuple[NamedWeight, ...] = ()
    parts: tuple[ModelPart, ...] = ()
    overrides: tuple[NamedOverride, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveModel:
    """Let proposals use a version; by another person than who wrote it."""

    model: str
    version: int
