"""Our ClOrdIDs in the form a counterparty takes, and back.

Ours are `EPOCH-COUNT`, both in base 36 (`app.identity`), and never used twice. A peer that takes
letters and digits, or digits only, gets the same two numbers with the length of the first in front
in place of the hyphen, so that the way back needs no table and no two of ours ever meet.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from tradeoms.app.identity import base36

Charset = Literal["printable", "alphanumeric", "numeric"]
_OURS: Final = re.compile(r"([0-9A-Z]{1,5})-([0-9A-Z]{1,20})", re.ASCII)
_ALLOWED: Final = {
    "printable": re.compile(r"[\x20-\x7e]*", re.ASCII),
    "alphanumeric": re.compile(r"[0-9A-Za-z]*", re.ASCII),
    "numeric": re.compile(r"[0-9]*", re.ASCII),
}


def fits_charset(text: str, charset: Charset) -> bool:
    """True where ``text`` is made of ``charset`` only."""
    return _ALLOWED[charset].fullmatch(text) is not None


def to_wire(cl_ord_id: str, charset: Charset, prefix: str) -> str:
    """The ClOrdID as the peer takes it; ours unchanged where it has no such form."""
    found = _OURS.fullmatch(cl_ord_id)
    if charset == "printable" or found is None:
        return prefix + cl_ord_id
    epoch, count = found.groups()
    if charset == "numeric":
        epoch, count = str(int(epoch, 36)), str(int(count, 36))
    return f"{prefix}{len(epoch)}{epoch}{count}"


def from_wire(text: str, charset: Charset, prefix: str) -> str:
    """Our ClOrdID behind ``text``; ``text`` itself where it is none of ours."""
    if prefix and not text.startswith(prefix):
        return text
    body = text.removeprefix(prefix)
    if charset == "printable":
        return body
    if not (body[:1].isdecimal() and fits_charset(body, charset)):
        return text
    cut = 1 + int(body[0])
    epoch, count = body[1:cut], body[cut:]
    if not (epoch and count):
        return text
    if charset == "numeric":
        epoch, count = base36(int(epoch)), base36(int(count))
    return f"{epoch}-{count}"
