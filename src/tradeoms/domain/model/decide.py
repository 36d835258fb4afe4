"""Decides who writes and who approves a model: versions are never edited, two people make one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from enum import StrEnum, unique
from typing import Final

from tradeoms.domain.model import commands as c
from tradeoms.domain.model import events as e
from tradeoms.domain.model.state import (
    ModelStatus,
    Versions,
    approved,
    newest,
    parts_of,
    total_of,
)
from tradeoms.domain.reference.state import Fund
from tradeoms.kernel.decider import Refusal, Rejected, Stamp, reject
from tradeoms.kernel.numbers import plain
from tradeoms.kernel.text import is_code, is_printable

_ALL: Final = Decimal(100)
#: Id of the security that a scheme and a value name; `None` where there is none.
Find = Callable[[str, str], str | None]


@unique
class ModelRejection(StrEnum):
    """Why a request about a model was refused. Declared in the order the checks run."""

    MODEL_UNKNOWN = "model_unknown"
    MODEL_NAME_FORMAT = "model_name_format"
    MODEL_EMPTY = "model_empty"
    MODEL_SECURITY_UNKNOWN = "model_security_unknown"
    MODEL_TWICE = "model_twice"
    MODEL_WEIGHT_RANGE = "model_weight_range"
    MODEL_WEIGHT_SUM = "model_weight_sum"
    MODEL_PART_UNKNOWN = "model_part_unknown"
    MODEL_FUND_UNKNOWN = "model_fund_unknown"
    MODEL_CIRCULAR = "model_circular"
    MODEL_NOT_DRAFT = "model_not_draft"
    MODEL_OWN_APPROVAL = "model_own_approval"


def decide_define(
    command: c.DefineModel,
    versions: Versions,
    *,
    find: Find,
    funds: Mapping[str, Fund],
    stamp: Stamp,
) -> list[e.ModelDefined] | Rejected:
    """Write the next version; every mistake in it is told at once."""
    refusals = [
        *_check_names(command),
        *_check_weights(command, find),
        *_check_parts(command, versions),
        *_check_overrides(command, find, funds),
    ]
    if refusals:
        return Rejected(refusals=tuple(refusals))
    return [
        e.ModelDefined(
            model=command.model,
            version=newest(versions, command.model) + 1,
            name=command.name,
            weights=tuple(
                e.ModelWeight(security_id=find(one.scheme, one.security) or "", weight=one.weight)
                for one in command.weights
            ),
            parts=command.parts,
            overrides=tuple(
                e.Override(
                    fund=one.fund,
                    security_id=find(one.scheme, one.security) or "",
                    by_id=(find(one.by_scheme, one.by) or "") if one.by else "",
                )
                for one in command.overrides
            ),
            defined_by=stamp.actor,
            at=stamp.at,
        )
    ]


def decide_approve(
    command: c.ApproveModel, versions: Versions, stamp: Stamp
) -> list[e.ModelApproved] | Rejected:
    """Let a draft be used; by another person, and only if it does not lead back to itself."""
    code = ModelRejection
    name = f"{command.model}@{command.version}"
    found = versions.get((command.model, command.version))
    if found is None:
        return reject(code.MODEL_UNKNOWN, "no such model version", field="model", value=name)
    if found.status is not ModelStatus.DRAFT:
        return reject(code.MODEL_NOT_DRAFT, f"it is {found.status}", field="model", value=name)
    if found.defined_by == stamp.actor:
        detail = "another person must approve what you have written"
        return reject(code.MODEL_OWN_APPROVAL, detail, field="user", value=stamp.actor)
    if command.model in parts_of(versions, found.parts):
        detail = "its parts lead back to it"
        return reject(code.MODEL_CIRCULAR, detail, field="model", value=name)
    return [
        e.ModelApproved(
            model=command.model, version=command.version, approved_by=stamp.actor, at=stamp.at
        )
    ]


def _refuse(code: ModelRejection, detail: str, field: str, value: object = "") -> Refusal:
    return Refusal(code=code, detail=detail, field=field, value=str(value))


def _check_names(command: c.DefineModel) -> Iterator[Refusal]:
    code = ModelRejection
    if not is_code(command.model):
        detail = "1 to 64 letters, digits or ._:/-"
        yield _refuse(code.MODEL_NAME_FORMAT, detail, "model", ascii(command.model)[:80])
    if not is_printable(command.name):
        detail = "printable ASCII, at most 500 characters"
        yield _refuse(code.MODEL_NAME_FORMAT, detail, "name", ascii(command.name)[:80])
    if not command.weights and not command.parts:
        yield _refuse(code.MODEL_EMPTY, "name at least one security or model", "weights")


def _check_weights(command: c.DefineModel, find: Find) -> Iterator[Refusal]:
    code = ModelRejection
    seen: set[str] = set()
    for number, one in enumerate(command.weights):
        field = f"weights/{number}"
        found = find(one.scheme, one.security)
        if found is None:
            detail = f"no security has this {one.scheme}"
            yield _refuse(code.MODEL_SECURITY_UNKNOWN, detail, f"{field}/security", one.security)
        elif found in seen:
            yield _refuse(code.MODEL_TWICE, "each security once", field, one.security)
        seen.add(found or "")
        yield from _check_weight(f"{field}/weight", one.weight)
    total = total_of(command.weights, command.parts)
    if total > _ALL:
        detail = f"the weights sum to {plain(total)}, more than 100"
        yield _refuse(code.MODEL_WEIGHT_SUM, detail, "weights", plain(total))


def _check_weight(field: str, weight: Decimal) -> Iterator[Refusal]:
    if not 0 < weight <= _ALL:
        detail = "above 0, at most 100"
        yield _refuse(ModelRejection.MODEL_WEIGHT_RANGE, detail, field, plain(weight))


def _check_parts(command: c.DefineModel, versions: Versions) -> Iterator[Refusal]:
    code = ModelRejection
    seen: set[str] = set()
    for number, part in enumerate(command.parts):
        field = f"parts/{number}"
        if approved(versions, part.model) is None:
            detail = "no version of this model is approved"
            yield _refuse(code.MODEL_PART_UNKNOWN, detail, f"{field}/model", part.model)
        if part.model in seen:
            yield _refuse(code.MODEL_TWICE, "each model once", field, part.model)
        seen.add(part.model)
        yield from _check_weight(f"{field}/weight", part.weight)
    if command.model in parts_of(versions, command.parts):
        yield _refuse(code.MODEL_CIRCULAR, "its parts lead back to it", "parts", command.model)


def _check_overrides(
    command: c.DefineModel, find: Find, funds: Mapping[str, Fund]
) -> Iterator[Refusal]:
    code = ModelRejection
    seen: set[tuple[str, str]] = set()
    for number, one in enumerate(command.overrides):
        field = f"overrides/{number}"
        if one.fund not in funds:
            yield _refuse(code.MODEL_FUND_UNKNOWN, "no such fund", f"{field}/fund", one.fund)
        found = find(one.scheme, one.security)
        if found is None:
            detail = f"no security has this {one.scheme}"
            yield _refuse(code.MODEL_SECURITY_UNKNOWN, detail, f"{field}/security", one.security)
        if one.by and find(one.by_scheme, one.by) is None:
            detail = f"no security has this {one.by_scheme}"
            yield _refuse(code.MODEL_SECURITY_UNKNOWN, detail, f"{field}/by", one.by)
        key = (one.fund, found or one.security)
        if key in seen:
            yield _refuse(code.MODEL_TWICE, "each fund and security once", field, one.security)
        seen.add(key)
