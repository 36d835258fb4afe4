"""YAML settings read strictly: a wrong key or value is named with its file, and nothing starts.

The shape of a file is a pydantic model; what one error says is made from the model's own schema, so
that code, error and documentation cannot differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from tradeoms.kernel.errors import TradeomsError

M = TypeVar("M", bound=BaseModel)
Path_ = tuple[int | str, ...]
Json = Mapping[str, Any]  # Any: JSON


class ConfigInvalid(TradeomsError):
    """A settings file is wrong."""

    def __init__(self, *, file: Path, key: str, value: object, allowed: str) -> None:
        """Keep the file, the key, what it holds and what it may hold."""
        self.file = file
        self.key = key
        self.value = value
        self.allowed = allowed
        super().__init__(f"{file}: {key} is {value!r}, allowed: {allowed}")


class WrongTogether(ValueError):
    """Two keys that exclude each other, or one that needs another."""

    def __init__(self, key: str, allowed: str) -> None:
        """Keep the key, in its model, and what it may hold beside the others."""
        self.key = key
        self.allowed = allowed
        super().__init__(allowed)


class Settings(BaseModel):
    """A mapping of a settings file: nothing but its keys, each of exactly its type."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True
    )


def _printable(text: str) -> str:
    if not (text.isascii() and text.isprintable()):
        raise ValueError(PRINTABLE)
    return text


PRINTABLE: Final = "printable ASCII text (quote numbers)"
Text = Annotated[str, AfterValidator(_printable)]
Filled = Annotated[str, Field(min_length=1), AfterValidator(_printable)]
Tag = Annotated[int, Field(ge=1, le=99_999)]
#: Tag -> text. YAML keys are numbers, values are quoted.
Tags = dict[Tag, Filled]


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands twice: of two values one would be lost without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - yaml's own signature
        """The mapping of ``node``."""
        keys = [self.construct_object(key, deep=deep) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                problem = f"the key {key!r} stands twice"
                raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        return super().construct_mapping(node, deep=deep)


def read(file: Path, model: type[M]) -> M:
    """The settings in ``file``.

    Raises:
        ConfigInvalid: Naming the first thing that is wrong, and what is allowed.
    """
    try:
        with file.open(encoding="utf-8") as text:
            values = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigInvalid(file=file, key="(file)", value=str(error), allowed="YAML") from None
    if not isinstance(values, dict):
        raise ConfigInvalid(file=file, key="(file)", value=values, allowed="a mapping")
    try:
        return model.model_validate(_tuples(values))
    except ValidationError as error:
        raise _told(file, model, error) from None


def _tuples(value: Any) -> Any:  # Any: YAML
    """Lists as tuples, which settings are made of."""
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    if isinstance(value, list):
        return tuple(_tuples(item) for item in value)
    return value


def _told(file: Path, model: type[BaseModel], error: ValidationError) -> ConfigInvalid:
    """The first error of a validation, in our words."""
    first = error.errors()[0]
    path, value = first["loc"], first["input"]
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, WrongTogether):
        inside = value if isinstance(value, Mapping) else {}
        path, value, allowed = (*path, cause.key), inside.get(cause.key), cause.allowed
    elif first["type"] == "missing":
        value, allowed = None, allowed_at(model, path)
    elif first["type"] == "extra_forbidden":
        allowed = "keys " + ", ".join(sorted(_node(model, path[:-1]).get("properties", {})))
    elif path and path[-1] == "[key]":
        path = path[:-1]
        names = _node(model, path[:-1]).get("propertyNames")
        allowed = (
            f"keys {_words(names, _defs(model))}" if names else "a tag as key, from 1 to 99999"
        )
    else:
        allowed = allowed_at(model, path)
    key = ".".join(str(part) for part in path) or "(file)"
    if isinstance(value, tuple):
        value = list(value)
    return ConfigInvalid(file=file, key=key, value=value, allowed=allowed)


def allowed_at(model: type[BaseModel], path: Sequence[int | str]) -> str:
    """What the schema of ``model`` allows at ``path``, in words."""
    return _words(_node(model, path), _defs(model))


def _defs(model: type[BaseModel]) -> Json:
    found: Json = model.model_json_schema().get("$defs", {})
    return found


def _node(model: type[BaseModel], path: Sequence[int | str]) -> Json:
    """The part of the JSON schema that describes ``path``."""
    schema: Json = model.model_json_schema()
    defs = schema.get("$defs", {})
    for part in path:
        schema = _resolved(schema, defs)
        if part in schema.get("properties", {}):
            schema = schema["properties"][part]
        elif isinstance(part, int) and "items" in schema:
            schema = schema["items"]
        else:
            schema = schema.get("additionalProperties") or next(
                iter(schema.get("patternProperties", {}).values()), schema
            )
            schema = schema if isinstance(schema, Mapping) else {}
    return _resolved(schema, defs)


def _resolved(schema: Json, defs: Json) -> Json:
    if "anyOf" in schema:  # what may also be absent
        schema = next(each for each in schema["anyOf"] if each.get("type") != "null")
    if "$ref" in schema:
        return dict(defs[schema["$ref"].rpartition("/")[2]])
    return schema


def _words(schema: Json, defs: Json) -> str:
    schema = _resolved(schema, defs)
    if "enum" in schema:
        return ", ".join(str(each) for each in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    match schema.get("type"):
        case "boolean":
            return "true or false"
        case "integer":
            return f"a whole number from {schema.get('minimum')} to {schema.get('maximum')}"
        case "array":
            return f"a list of {_words(schema.get('items', {}), defs)}"
        case "object" if "properties" in schema:
            return "a mapping of " + ", ".join(sorted(schema["properties"]))
        case "object":
            return f"a mapping, each value {_words(_inner(schema), defs)}"
        case "string" if "pattern" in schema:
            return str(schema.get("title", "")) + f" as in {schema['pattern']}"
        case _:
            return PRINTABLE


def _inner(schema: Json) -> Json:
    inner = schema.get("additionalProperties")
    if isinstance(inner, Mapping):
        return inner
    found: Json = next(iter(schema.get("patternProperties", {}).values()), {})
    return found
