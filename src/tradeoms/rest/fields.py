"""The types of fields: what a text must look like before anything reads a meaning into it."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

_DECIMAL: Final = r"^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,10})?$"
_CODE: Final = r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$"
_ID: Final = r"^[A-Za-z0-9][A-Za-z0-9._:@-]{0,63}$"
_DATE: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_INSTANT: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z$"
_CURRENCY: Final = r"^[A-Z]{3}$"

#: Unicode categories that no text of ours needs: controls, format marks (bidi, zero width),
#: surrogates, private use, unassigned.
_UNWANTED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


class Body(BaseModel):
    """A body: nothing but its fields, each of exactly its type."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True
    )


class Query(BaseModel):
    """Parameters: text, read as what they stand for; unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def _clean(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    if not unicodedata.is_normalized("NFC", text):
        message = "must be in Unicode normal form C"
        raise ValueError(message)
    if any(unicodedata.category(character) in _UNWANTED for character in text):
        message = "must have no control, format or private characters"
        raise ValueError(message)
    return text


def _as_date(value: Any) -> Any:  # Any: whatever stands in the body
    """A date is text of the one form YYYY-MM-DD, and of a day that exists."""
    if isinstance(value, str):
        date.fromisoformat(value)
    return value


def _as_instant(value: Any) -> Any:  # Any: whatever stands in the body
    """An instant is text of the one form YYYY-MM-DDTHH:MM:SSZ, at a time that exists."""
    if isinstance(value, str):
        datetime.fromisoformat(value)
    return value


def _whole_number(value: Any) -> Any:  # Any: whatever stands in the query
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        return int(value)
    message = "must be a whole number"
    raise ValueError(message)


Decimal = Annotated[
    str, Field(pattern=_DECIMAL, description="a plain decimal", examples=["100", "250.10"])
]
Code = Annotated[str, Field(pattern=_CODE, description="ASCII letters, digits and ._:/-")]
Id = Annotated[str, Field(pattern=_ID, description="an id, opaque")]
Text = Annotated[str, Field(max_length=500), AfterValidator(_clean)]
Reason = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_clean)]
Date = Annotated[str, Field(pattern=_DATE, description="YYYY-MM-DD"), BeforeValidator(_as_date)]
Instant = Annotated[
    str,
    Field(pattern=_INSTANT, description="YYYY-MM-DDTHH:MM:SS[.ffffff]Z"),
    BeforeValidator(_as_instant),
]
Currency = Annotated[str, Field(pattern=_CURRENCY, description="ISO 4217")]
Whole = Annotated[int, BeforeValidator(_whole_number)]
Limit = Annotated[int, Field(ge=1, le=500), BeforeValidator(_whole_number)]
Cursor = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[A-Za-z0-9_-]+$")]
Filter = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_clean)]
