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
_CURSOR: Final = r"^[A-Za-z0-9_-]+$"
_CHAIN: Final = r"^[0-9a-f]{64}$"
_TIME_OF_DAY: Final = r"^(([01]\d|2[0-3]):[0-5]\d)?$"
_CODE_OR_NONE: Final = r"^([A-Za-z0-9][A-Za-z0-9._:/-]{0,63})?$"
_CUSTOM: Final = r"^[a-z][a-z0-9_]*=.+$"

_CODE_IS: Final = "at most 64 letters, digits and . _ : / - of ASCII, the first a letter or digit"
#: What a text of each pattern is, for whoever sent another.
FORMATS: Final = {
    _DECIMAL: "a plain decimal such as 250.10: at most 15 digits before the point and 10 behind it,"
    " no exponent, plus sign or separator",
    _CODE: _CODE_IS,
    _CODE_OR_NONE: _CODE_IS,
    _ID: "an id as an answer gave it: at most 64 letters, digits and . _ : @ -",
    _DATE: "a date, YYYY-MM-DD",
    _INSTANT: "an instant of UTC, YYYY-MM-DDTHH:MM:SS[.ffffff]Z",
    _CURRENCY: "a currency of ISO 4217, such as USD",
    _CURSOR: "the `next` of the page before",
    _CHAIN: "a SHA-256 in 64 hexadecimal digits, small letters",
    _TIME_OF_DAY: "a time of day, HH:MM",
    _CUSTOM: "the name of a custom field, =, and its value",
}

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
Cursor = Annotated[str, Field(min_length=1, max_length=500, pattern=_CURSOR)]
Filter = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_clean)]
Chain = Annotated[str, Field(pattern=_CHAIN)]
TimeOfDay = Annotated[str, Field(pattern=_TIME_OF_DAY)]
CodeOrNone = Annotated[str, Field(pattern=_CODE_OR_NONE)]
CustomFilter = Annotated[Filter, Field(pattern=_CUSTOM)]
