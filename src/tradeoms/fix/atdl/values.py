"""The parameter types of FIXatdl 1.1: what a text of each means, and which have an order.

Values enter and leave as text; what is compared is made from it exactly. Forms are those of FIX 5.0
SP2 Vol. 1, "Data types"; percentages are fractions (0.15), times UTC unless they carry an offset.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from tradeoms.kernel.text import is_printable

TEXT_MAX: Final = 200
Value = int | Decimal | str | bool | datetime | date | time | frozenset[str]

_INTEGER: Final = re.compile(r"-?[0-9]{1,18}")
_DECIMAL: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,12})?")
_STAMP: Final = re.compile(r"([0-9]{8})-([0-9:]{8}(\.[0-9]{1,6})?)")
_CLOCK: Final = re.compile(r"[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?")
_ZONED: Final = re.compile(r"([0-9:.]{5,15})(Z|[+-][0-9]{2}(:[0-9]{2})?)")
_BOOLEANS: Final = {"true": True, "Y": True, "false": False, "N": False}
#: The day of a time of day that has an offset, where only times are compared.
_ANY_DAY: Final = "20000101"


@dataclass(frozen=True, slots=True)
class ParameterType:
    """A type of FIXatdl.

    Attributes:
        name: As in `xsi:type`.
        code: StrategyParameterType (959).
        form: What a text must look like, for people.
        read: Text to value; raises `ValueError`.
        order: Types of one word are compared with each other; empty: only equal or not.
    """

    name: str
    code: int
    form: str
    read: Callable[[str], Value]
    order: str = ""


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError(text)
    return int(text)


def _positive(text: str) -> int:
    found = _integer(text)
    if found < 1:
        raise ValueError(text)
    return found


def _decimal(text: str) -> Decimal:
    if not _DECIMAL.fullmatch(text):
        raise ValueError(text)
    return Decimal(text)


def _boolean(text: str) -> bool:
    if text not in _BOOLEANS:
        raise ValueError(text)
    return _BOOLEANS[text]


def _text(text: str) -> str:
    if not text or not is_printable(text, limit=TEXT_MAX):
        raise ValueError(text)
    return text


def _words(text: str) -> frozenset[str]:
    words = _text(text).split(" ")
    if "" in words or len(set(words)) < len(words):
        raise ValueError(text)
    return frozenset(words)


def _chars(text: str) -> frozenset[str]:
    found = _words(text)
    if any(len(one) > 1 for one in found):
        raise ValueError(text)
    return found


def _as(pattern: str) -> Callable[[str], Value]:
    compiled = re.compile(pattern)

    def read(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(text)
        return text

    return read


def _date(text: str) -> date:
    if not re.fullmatch(r"[0-9]{8}", text):
        raise ValueError(text)
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


def _time(text: str) -> time:
    if not _CLOCK.fullmatch(text):
        raise ValueError(text)
    return time.fromisoformat(text)


def _instant(text: str) -> datetime:
    match = _STAMP.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return datetime.combine(_date(match[1]), _time(match[2]), tzinfo=UTC)


def _zoned_instant(text: str) -> datetime:
    day, _, clock = text.partition("-")
    match = _ZONED.fullmatch(clock)
    if match is None:
        raise ValueError(text)
    at = datetime.combine(_date(day), time.fromisoformat(match[1]), tzinfo=UTC)
    return at - _offset(match[2])


def _zoned_time(text: str) -> datetime:
    return _zoned_instant(f"{_ANY_DAY}-{text}")


def _offset(text: str) -> timedelta:
    if text == "Z":
        return timedelta()
    hours, _, minutes = text[1:].partition(":")
    found = timedelta(hours=int(hours), minutes=int(minutes or "0"))
    if int(minutes or "0") > 59 or found > timedelta(hours=14):
        raise ValueError(text)
    return -found if text[0] == "-" else found


_COUNT: Final = "a whole number from 1"
_NUMBER: Final = "a decimal number"
#: By name. `Data_t` is not among them: it needs a length field that no parameter has.
TYPES: Final = {
    kind.name: kind
    for kind in (
        ParameterType("Int_t", 1, "a whole number", _integer, "number"),
        ParameterType("Length_t", 2, _COUNT, _positive, "number"),
        ParameterType("NumInGroup_t", 3, _COUNT, _positive, "number"),
        ParameterType("SeqNum_t", 4, _COUNT, _positive, "number"),
        ParameterType("TagNum_t", 5, _COUNT, _positive, "number"),
        ParameterType("Float_t", 6, _NUMBER, _decimal, "number"),
        ParameterType("Qty_t", 7, _NUMBER, _decimal, "number"),
        ParameterType("Price_t", 8, _NUMBER, _decimal, "number"),
        ParameterType("PriceOffset_t", 9, _NUMBER, _decimal, "number"),
        ParameterType("Amt_t", 10, _NUMBER, _decimal, "number"),
        ParameterType("Percentage_t", 11, "a fraction as in 0.15", _decimal, "number"),
        ParameterType("Char_t", 12, "one character", _as(r"[!-~]")),
        ParameterType("Boolean_t", 13, "true or false", _boolean),
        ParameterType("String_t", 14, "printable ASCII text", _text),
        ParameterType("MultipleCharValue_t", 15, "characters with spaces between", _chars),
        ParameterType("Currency_t", 16, "a code of ISO 4217", _as(r"[A-Z]{3}")),
        ParameterType("Exchange_t", 17, "a code of a market", _as(r"[A-Z0-9]{1,10}")),
        ParameterType("MonthYear_t", 18, "YYYYMM", _as(r"[0-9]{4}(0[1-9]|1[0-2])"), "month"),
        ParameterType("UTCTimestamp_t", 19, "YYYYMMDD-HH:MM:SS in UTC", _instant, "instant"),
        ParameterType("UTCTimeOnly_t", 20, "HH:MM:SS in UTC", _time, "time"),
        ParameterType("LocalMktDate_t", 21, "YYYYMMDD", _date, "date"),
        ParameterType("UTCDateOnly_t", 22, "YYYYMMDD", _date, "date"),
        ParameterType("MultipleStringValue_t", 24, "words with spaces between", _words),
        ParameterType("Country_t", 25, "a code of ISO 3166", _as(r"[A-Z]{2}")),
        ParameterType("Language_t", 26, "a code of ISO 639", _as(r"[a-z]{2}")),
        ParameterType("TZTimeOnly_t", 27, "HH:MM:SS with Z or +HH:MM", _zoned_time, "zoned time"),
        ParameterType(
            "TZTimestamp_t", 28, "YYYYMMDD-HH:MM:SS with Z or +HH:MM", _zoned_instant, "instant"
        ),
        ParameterType("Tenor_t", 29, "as in D5, W13, M3, Y1", _as(r"[DWMY][0-9]{1,4}")),
    )
}


def is_of(kind: ParameterType, text: str) -> bool:
    """True where ``text`` is a value of the type."""
    try:
        kind.read(text)
    except ValueError:
        return False
    return True
