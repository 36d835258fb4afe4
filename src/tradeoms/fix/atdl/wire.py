"""What a value that somebody entered is on the wire."""

from __future__ import annotations

from decimal import Decimal

from tradeoms.fix.atdl.model import NULL, Parameter
from tradeoms.kernel.numbers import plain


def wire_text(parameter: Parameter, text: str) -> str:
    """The wire value of ``text``, which is valid; empty where it is not sent."""
    kind = parameter.type.name
    if parameter.wire_of:
        words = text.split(" ") if kind.startswith("Multiple") else [text]
        return " ".join(parameter.wire_of[word] for word in words)
    if kind == "Boolean_t":
        sent = parameter.booleans[0 if parameter.type.read(text) else 1]
        return "" if sent == NULL else sent
    if parameter.times_100:
        return plain(Decimal(text) * 100)
    return text
