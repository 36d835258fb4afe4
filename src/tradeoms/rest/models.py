"""Model portfolios: written in versions, each approved by a second person."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from pydantic import Field
from starlette.responses import Response

from tradeoms.projections.queries_lists import one_row
from tradeoms.projections.queries_portfolio import MODELS
from tradeoms.projections.resources_portfolio import ModelResource
from tradeoms.rest import bodies as b
from tradeoms.rest.acting import act_and_show
from tradeoms.rest.desk import list_of
from tradeoms.rest.endpoint import Call, ListQuery, Subject, endpoint, show
from tradeoms.rest.errors import problem
from tradeoms.rest.fields import Body, Code, Decimal, Filter, Text
from tradeoms.rest.openapi import PageOf
from tradeoms.rest.routes import Routes

routes: Final = Routes("models")


class WeightBody(Body):
    """A security and its weight in points: `2.5` is 2.5 %."""

    security: b.SecurityBody
    weight: Decimal


class PartBody(Body):
    """Another model as a part, and its weight in points."""

    model: Code
    weight: Decimal


class ModelOverrideBody(Body):
    """What one fund holds in place of a security; without `by` it is excluded and stays cash."""

    fund: Code
    security: b.SecurityBody
    by: b.SecurityBody | None = None


class ModelBody(Body):
    """A model's next version, whole. What its weights leave of 100 is cash."""

    id: Code
    name: Text = ""
    weights: Annotated[list[WeightBody], Field(max_length=5_000)] = Field(default_factory=list)
    parts: Annotated[list[PartBody], Field(max_length=100)] = Field(default_factory=list)
    overrides: Annotated[list[ModelOverrideBody], Field(max_length=5_000)] = Field(
        default_factory=list
    )


class ModelQuery(ListQuery):
    """Narrows the list."""

    model: Filter | None = None
    status: Literal["draft", "approved", "superseded"] | None = None


class Made(msgspec.Struct):
    """What the engine says of a version."""

    model: str
    version: int


_made: Final = msgspec.json.Decoder(Made).decode


def _subject(model: str, version: int | str) -> Subject:
    def find(link: Any, name: str, scope: Any) -> Any:  # Any: as `one_row`
        code, _, number = name.rpartition("@")
        return one_row(link, MODELS, [code, int(number)], scope)

    text = str(version)
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise problem("model_unknown", "no such model", pointer="/model", value=f"{model}@{text}")
    return Subject(kind="model", id=f"{model}@{text}", find=find)


@endpoint(
    routes, "POST", "/models", permission="DefineModel", body=ModelBody, answer=ModelResource,
    status=201, key="optional",
)  # fmt: skip
async def define_model(call: Call) -> Response:
    """Write the next version of a model, as a draft."""
    outcome = await call.submit("DefineModel", b.encode_fields(model_fields(call.body)))
    made = _made(outcome.answer)
    return await call.show_changed(outcome, _subject(made.model, made.version), status=201)


def model_fields(asked: ModelBody) -> dict[str, Any]:  # Any: JSON
    """The fields of `DefineModel`."""
    return {
        "model": asked.id,
        "name": asked.name,
        "weights": [{**_named(one.security), "weight": one.weight} for one in asked.weights],
        "parts": [one.model_dump() for one in asked.parts],
        "overrides": [_override(one) for one in asked.overrides],
    }


def _named(security: b.SecurityBody) -> dict[str, str]:
    return {"scheme": security.scheme, "security": security.value}


def _override(asked: ModelOverrideBody) -> dict[str, str]:
    by = {} if asked.by is None else {"by_scheme": asked.by.scheme, "by": asked.by.value}
    return {"fund": asked.fund, **_named(asked.security), **by}


@endpoint(
    routes, "GET", "/models", permission="read", query=ModelQuery, answer=PageOf(ModelResource)
)
async def get_models(call: Call) -> Response:
    """List all versions of the models; what they say for funds that are not yours is left out."""
    return await list_of(call, MODELS, model=call.query.model, status=call.query.status)


@endpoint(
    routes, "GET", "/models/{model_id}/versions/{version}", permission="read", answer=ModelResource
)
async def get_model(call: Call) -> Response:
    """Show a version of a model."""
    path = call.request.path_params
    return show(await call.find(_subject(path["model_id"], path["version"])))


@endpoint(
    routes, "POST", "/models/{model_id}/versions/{version}/approve", permission="ApproveModel",
    body=b.NothingBody, answer=ModelResource, key="optional",
)  # fmt: skip
async def approve_model(call: Call) -> Response:
    """Let proposals use a version from now on; by another person than its author."""
    path = call.request.path_params
    subject = _subject(path["model_id"], path["version"])
    return await act_and_show(
        call, "ApproveModel", subject, model=path["model_id"], version=int(path["version"])
    )
