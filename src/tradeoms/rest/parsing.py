"""Bodies and parameters, strictly: one reading, or a refusal that says what is wrong.

JSON is read twice. The first pass refuses what parsers disagree about: names that stand twice in
one object, numbers and nesting without bound. The second builds the typed body and refuses what
the schema does not name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.requests import Request

from tradeoms.rest.errors import ErrorItem, ProblemError, problem
from tradeoms.rest.fields import FORMATS

_VALUE_MAX: Final = 80
_ERRORS_MAX: Final = 100

M = TypeVar("M", bound=BaseModel)

#: pydantic's names of errors to ours; what is not here is `invalid`.
_CODES: Final[Mapping[str, str]] = {
    "missing": "field_missing",
    "extra_forbidden": "field_unknown",
    "string_pattern_mismatch": "format_invalid",
    "string_type": "string_expected",
    "string_too_long": "too_long",
    "string_too_short": "too_short",
    "enum": "word_unknown",
    "literal_error": "word_unknown",
    "too_long": "too_many",
    "too_short": "too_few",
    "json_invalid": "json_invalid",
}


class _TwiceError(ValueError):
    """A name stands twice in one object."""


def parse(adapter: TypeAdapter[M], body: bytes) -> M:
    """Read ``body`` as ``adapter`` says.

    Raises:
        ProblemError: 400 where it has no one reading as JSON, 422 where the schema says no.
    """
    check_json(body)
    try:
        return adapter.validate_json(body)
    except ValidationError as error:
        raise ProblemError(_items(error.errors(include_url=False))) from None


def check_json(body: bytes) -> None:
    """Refuse what two parsers could read in two ways, or not at all.

    Raises:
        ProblemError: 400.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise problem("encoding_invalid", "the body is not UTF-8") from None
    try:
        _first_pass.decode(text)
    except _TwiceError as error:
        raise problem(
            "duplicate_key", "a name stands twice in one object", value=str(error)[:_VALUE_MAX]
        ) from None
    except RecursionError:
        raise problem("too_deep", "nested too deep") from None
    except ValueError as error:
        raise problem("json_invalid", f"not JSON: {str(error)[:200]}") from None


def parse_query(adapter: TypeAdapter[M], request: Request) -> M:
    """Read the parameters; each may stand once, and none may be unknown.

    Raises:
        ProblemError: 422.
    """
    pairs = request.query_params.multi_items()
    values = dict(pairs)
    if len(values) < len(pairs):
        raise problem("parameter_twice", "each parameter once")
    try:
        return adapter.validate_python(values)
    except ValidationError as error:
        items = _items(error.errors(include_url=False))
        raise ProblemError([_as_parameter(item) for item in items]) from None


def _as_parameter(item: ErrorItem) -> ErrorItem:
    code = "parameter_unknown" if item.code == "field_unknown" else item.code
    return ErrorItem(
        pointer=item.pointer.removeprefix("/"), code=code, detail=item.detail, value=item.value
    )


def _once(pairs: Sequence[tuple[str, object]]) -> None:
    if len(dict(pairs)) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise _TwiceError(name)
            seen.add(name)


def _short_int(text: str) -> int:
    """No quadratic time for a number of a million digits."""
    if len(text) > 20:
        _refuse_number()
    return 0


_first_pass: Final = json.JSONDecoder(object_pairs_hook=_once, parse_int=_short_int)


def _refuse_number() -> NoReturn:
    message = "a number of more than 20 digits"
    raise ValueError(message)


def _items(errors: Sequence[Mapping[str, Any]]) -> list[ErrorItem]:  # Any: pydantic's own
    return [_item(error) for error in errors[:_ERRORS_MAX]]


def _item(error: Mapping[str, Any]) -> ErrorItem:  # Any: as above
    kind = error["type"]
    code = _CODES.get(kind, "invalid")
    given = error.get("input")
    shown = given if isinstance(given, str) else ""
    if isinstance(given, bool | int | float):
        shown = json.dumps(given)
    return ErrorItem(
        pointer="".join(f"/{_escaped(str(part))}" for part in error["loc"]),
        code=code,
        detail=_detail(error),
        value="" if kind in ("missing", "json_invalid") else ascii(shown)[1:-1][:_VALUE_MAX],
    )


def _detail(error: Mapping[str, Any]) -> str:  # Any: as above
    """What was wanted, in our words where pydantic's say how it looked instead."""
    if error["type"] == "string_pattern_mismatch":
        return f"must be {FORMATS[error['ctx']['pattern']]}"
    return _DETAILS.get(error["type"], error["msg"])


_DETAILS: Final[Mapping[str, str]] = {
    "missing": "required",
    "extra_forbidden": "not a field of this request",
    "string_type": "must be a string",
}


def _escaped(part: str) -> str:
    """RFC 6901."""
    return part.replace("~", "~0").replace("/", "~1")
