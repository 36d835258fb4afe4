"""The OpenAPI of the routes: each operation, and the schemas that bodies and answers refer to."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any, Final

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from tradeoms.kernel.enums import Role
from tradeoms.rest.errors import ProblemBody

_REF: Final = "#/components/schemas/{model}"
_PARAMETER: Final = re.compile(r"\{([a-z_]+)\}")
_bodies: Final[dict[str, type[BaseModel]]] = {}
_answers: Final[list[Any]] = [ProblemBody]  # Any: struct types and what is made of them

Schema = dict[str, Any]  # Any: JSON


class PageOf:
    """Says that an answer is a page of resources."""

    def __init__(self, item: Any) -> None:  # Any: a struct type
        """Say what stands in the page."""
        self.item = item


def operation(  # noqa: PLR0913  # the parts of an operation
    *,
    permission: str,
    roles: Collection[Role],
    body: type[BaseModel] | None,
    query: type[BaseModel],
    answer: object,
    status: int,
    key: str | None,
    media_type: str,
    path: str,
) -> Schema:
    """What FastAPI adds to the route's entry, since the routes read requests by themselves."""
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(path)
    ]
    parameters += _query_parameters(query)
    if key is not None:
        text = "Your key for this request; a repetition with it gets the stored answer."
        schema = {"type": "string", "minLength": 1, "maxLength": 200}
        parameters.append(
            {
                "name": "Idempotency-Key", "in": "header", "required": key == "required",
                "description": text, "schema": schema,
            }
        )  # fmt: skip
    extra: Schema = {
        "parameters": parameters,
        "x-permission": permission,
        "x-roles": sorted(role.value for role in roles),
        "security": [{"key": []}, {"cookie": []}] if roles else [],
        "responses": {
            str(status): _success(answer, media_type),
            "default": {
                "description": "A problem",
                "content": {
                    "application/problem+json": {"schema": {"$ref": _ref(ProblemBody.__name__)}}
                },
            },
        },
    }
    if body is not None:
        known = _bodies.setdefault(body.__name__, body)
        assert known is body, f"two bodies are named {body.__name__}"
        extra["requestBody"] = {
            "required": any(field.is_required() for field in body.model_fields.values()),
            "content": {"application/json": {"schema": {"$ref": _ref(body.__name__)}}},
        }
    return extra


def _success(answer: Any, media_type: str) -> Schema:  # Any: a type, a page of it or nothing
    if answer is None:
        return {"description": "Done"}
    if isinstance(answer, PageOf):
        _answers.append(answer.item)
        schema: Schema = {
            "type": "object",
            "required": ["data", "next", "has_more"],
            "properties": {
                "data": {"type": "array", "items": {"$ref": _ref(answer.item.__name__)}},
                "next": {"type": ["string", "null"]},
                "has_more": {"type": "boolean"},
            },
        }
    elif isinstance(answer, dict):
        schema = answer
    else:
        _answers.append(answer)
        schema = {"$ref": _ref(answer.__name__)}
    return {"description": "Success", "content": {media_type: {"schema": schema}}}


def _query_parameters(query: type[BaseModel]) -> list[Schema]:
    schema = query.model_json_schema(ref_template=_REF)
    definitions = schema.get("$defs", {})
    required = schema.get("required", ())
    parameters = []
    for name, field in schema.get("properties", {}).items():
        kind = {k: v for k, v in field.items() if k not in ("title", "description")}
        parameters.append(
            {
                "name": name,
                "in": "query",
                "required": name in required,
                "description": field.get("description", ""),
                "schema": _inlined(kind, definitions),
            }
        )
    return parameters


def _inlined(schema: Any, definitions: Schema) -> Any:  # Any: JSON
    """Put the definitions where they are referred to; parameters share no components."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            return _inlined(definitions[schema["$ref"].rpartition("/")[2]], definitions)
        return {name: _inlined(value, definitions) for name, value in schema.items()}
    if isinstance(schema, list):
        return [_inlined(value, definitions) for value in schema]
    return schema


def _ref(name: str) -> str:
    return _REF.format(model=name)


def install(app: FastAPI) -> None:
    """Let ``app`` describe itself with the schemas of its bodies and answers."""

    def describe() -> Schema:
        if app.openapi_schema is None:
            app.openapi_schema = _described(app)
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign]  # FastAPI's documented way


def _described(app: FastAPI) -> Schema:
    described = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    components = described.setdefault("components", {})
    components["schemas"] = {**_body_schemas(_bodies.values()), **_answer_schemas()}
    components["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "bearerFormat": "toms_<id>_<secret>"},
        "cookie": {"type": "apiKey", "in": "cookie", "name": "tradeoms"},
    }
    return described


def _body_schemas(models: Iterable[type[BaseModel]]) -> Schema:
    pairs = [(model, "validation") for model in models]
    _, schemas = models_json_schema(pairs, ref_template=_REF)  # type: ignore[arg-type]  # literal
    found: Schema = schemas.get("$defs", {})
    return found


def _answer_schemas() -> Schema:
    kinds = list(dict.fromkeys(_answers))
    _, components = msgspec.json.schema_components(
        kinds, ref_template="#/components/schemas/{name}"
    )
    clashes = sorted(name for name in components if "." in name)
    assert not clashes, f"two answers have one name: {clashes}"
    return components
