"""The facts of a model's versions, and what a model comes to for a fund."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum, unique
from fractions import Fraction
from typing import Final, Protocol

from tradeoms.domain.model import events as e
from tradeoms.domain.model.commands import ModelPart

_POINTS: Final = 100


class _Weighted(Protocol):
    @property
    def weight(self) -> Decimal: ...


@unique
class ModelStatus(StrEnum):
    """How far a version has come."""

    DRAFT = "draft"
    APPROVED = "approved"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion:
    """One version of a model, as written and as approved."""

    model: str
    version: int
    name: str
    weights: tuple[e.ModelWeight, ...]
    parts: tuple[ModelPart, ...]
    overrides: tuple[e.Override, ...]
    defined_by: str
    created_at: datetime
    updated_at: datetime
    status: ModelStatus = ModelStatus.DRAFT
    approved_by: str = ""

    @property
    def total(self) -> Decimal:
        """Points of per cent that are not cash."""
        return total_of(self.weights, self.parts)


def total_of(weights: Iterable[_Weighted], parts: Iterable[ModelPart]) -> Decimal:
    """Points of per cent of securities and parts together."""
    found = (*(one.weight for one in weights), *(one.weight for one in parts))
    return sum(found, Decimal(0))


Versions = Mapping[tuple[str, int], ModelVersion]


def define(event: e.ModelDefined) -> ModelVersion:
    """The version as it was written."""
    return ModelVersion(
        model=event.model,
        version=event.version,
        name=event.name,
        weights=event.weights,
        parts=event.parts,
        overrides=event.overrides,
        defined_by=event.defined_by,
        created_at=event.at,
        updated_at=event.at,
    )


def approve(model: ModelVersion, event: e.ModelApproved) -> ModelVersion:
    """The version once it may be used."""
    return replace(
        model, status=ModelStatus.APPROVED, approved_by=event.approved_by, updated_at=event.at
    )


def supersede(model: ModelVersion, at: datetime) -> ModelVersion:
    """The version once another took its place."""
    return replace(model, status=ModelStatus.SUPERSEDED, updated_at=at)


def newest(versions: Versions, model: str) -> int:
    """Number of the newest version; 0 where there is none."""
    return max((number for name, number in versions if name == model), default=0)


def approved(versions: Versions, model: str) -> ModelVersion | None:
    """The version in use."""
    found = (
        one
        for (name, _), one in versions.items()
        if name == model and one.status is ModelStatus.APPROVED
    )
    return next(found, None)


def parts_of(versions: Versions, parts: tuple[ModelPart, ...]) -> Iterator[str]:
    """Every model that ``parts`` lead to, each once, by the versions in use."""
    seen: set[str] = set()
    waiting = [part.model for part in parts]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            yield name
            found = approved(versions, name)
            waiting += [part.model for part in found.parts] if found else []


def overridden(versions: Versions, model: ModelVersion) -> set[str]:
    """The funds for which ``model``, or a model inside it, says something of their own."""
    inner = [approved(versions, name) for name in parts_of(versions, model.parts)]
    return {one.fund for found in (model, *inner) if found for one in found.overrides}


def weights_for(versions: Versions, model: ModelVersion, fund: str) -> dict[str, Fraction]:
    """Weight (0 to 1) of every security for a fund, with the models inside it.

    A substitute takes the whole weight of what it stands for; an excluded weight stays cash. What
    a model says for a fund holds for its parts too; the parts' own word comes first.
    """
    found: dict[str, Fraction] = {}
    for one in model.weights:
        share = Fraction(one.weight) / _POINTS
        found[one.security_id] = found.get(one.security_id, Fraction(0)) + share
    for part in model.parts:
        inner = approved(versions, part.model)
        assert inner is not None, "a model in use stays in use"
        for security_id, weight in weights_for(versions, inner, fund).items():
            share = weight * Fraction(part.weight) / _POINTS
            found[security_id] = found.get(security_id, Fraction(0)) + share
    replaced = {one.security_id: one.by_id for one in model.overrides if one.fund == fund}
    result: dict[str, Fraction] = {}
    for security_id, weight in found.items():
        name = replaced.get(security_id, security_id)
        if name:
            result[name] = result.get(name, Fraction(0)) + weight
    return result
