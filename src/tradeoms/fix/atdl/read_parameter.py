"""A Parameter element -> what may be entered and where it goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from typing import Final

from tradeoms.fix.atdl.attributes import TAG_MAX, Attributes, Place
from tradeoms.fix.atdl.model import Parameter
from tradeoms.fix.atdl.tree import Element
from tradeoms.fix.atdl.values import TEXT_MAX, TYPES, ParameterType, Value
from tradeoms.fix.dialect import PROTECTED
from tradeoms.fix.dictionary import DATA, GROUPS, HEADER, TRAILER

#: Tags that say what is ordered, of header and trailer, counters and raw data. ExpireTime (126) is
#: a common end time; we send it with gtd only.
FORBIDDEN_TAGS: Final = (PROTECTED - {126}).union(HEADER, TRAILER, GROUPS, DATA, DATA.values())
_KNOWN: Final = (
    "name", "fixTag", "use", "mutableOnCxlRpl", "revertOnCxlRpl", "definedByFIX", "constValue",
    "minValue", "maxValue", "minLength", "maxLength", "precision", "localMktTz", "multiplyBy100",
    "trueWireValue", "falseWireValue", "invertOnWire",
)  # fmt: skip


def read_parameter(element: Element, place: Place, *, group: bool) -> Parameter:
    """The parameter.

    Args:
        element: `Parameter`.
        place: Its strategy.
        group: True where parameters may travel in the group (957).

    Raises:
        AtdlInvalid: Naming strategy, parameter and what is wrong.
    """
    place = replace(place, parameter=element.attributes.get("name", ""))
    of = Attributes(element, place)
    of.only(*_KNOWN)
    kind = TYPES.get(element.type)
    if kind is None:
        place.refuse(f"unknown type {element.type!r}; known: {', '.join(TYPES)}", element)
    if of.truth("invertOnWire"):
        place.refuse("invertOnWire is not supported", element)
    use = of.text("use", "optional")
    if use not in ("optional", "required"):
        place.refuse(f"use is {use!r}, allowed: optional or required", element)
    found = Parameter(
        name=of.text("name"),
        type=kind,
        fix_tag=_tag(of, group=group),
        required=use == "required",
        constant=_constant(of, kind),
        minimum=_limit(of, kind, "minValue"),
        maximum=_limit(of, kind, "maxValue"),
        length=(
            of.number("minLength", default=0, least=0, most=TEXT_MAX),
            of.number("maxLength", default=TEXT_MAX, least=1, most=TEXT_MAX),
        ),
        zone=of.zone("localMktTz"),
        precision=_precision(of),
        times_100=bool(of.truth("multiplyBy100")),
        wire_of=_wire_values(element, place, kind),
        booleans=(of.text("trueWireValue", "Y"), of.text("falseWireValue", "N")),
        mutable=of.truth("mutableOnCxlRpl") is not False,
    )
    if found.times_100 and kind.name != "Percentage_t":
        place.refuse("multiplyBy100 is for Percentage_t", element)
    return found


def check_tag(of: Attributes, name: str, tag: int) -> int:
    """``tag``, unless it is one of those that say what is ordered."""
    if tag in FORBIDDEN_TAGS:
        of.place.refuse(f"{name} is {tag}, which is not for algorithms", of.element)
    return tag


def _tag(of: Attributes, *, group: bool) -> int:
    tag = of.number("fixTag", default=0, least=1, most=TAG_MAX)
    if not tag and not group:
        of.place.refuse("needs fixTag, as tag957Support is not true", of.element)
    return check_tag(of, "fixTag", tag)


def _constant(of: Attributes, kind: ParameterType) -> str:
    text = of.text("constValue", "")
    if text:
        _read(of, kind, "constValue", text)
    if kind.name == "Boolean_t" and text not in ("", "Y", "N"):
        of.place.refuse(f"constValue is {text!r}, allowed: Y or N", of.element)
    return text


def _limit(of: Attributes, kind: ParameterType, name: str) -> Value | None:
    """A limit; of a UTCTimestamp_t it is a time of day (FIXatdl 1.1, Parameter/@minValue)."""
    text = of.text(name, "")
    if not text:
        return None
    if not kind.order:
        of.place.refuse(f"{name} is not for {kind.name}", of.element)
    if kind.name != "UTCTimestamp_t":
        return _read(of, kind, name, text)
    found = _read(of, TYPES["UTCTimeOnly_t"], name, text)
    assert isinstance(found, time)
    return found


def _read(of: Attributes, kind: ParameterType, name: str, text: str) -> Value:
    try:
        return kind.read(text)
    except ValueError:
        of.place.refuse(f"{name} is {text!r}, allowed: {kind.form}", of.element)


def _precision(of: Attributes) -> int | None:
    found = of.number("precision", default=-1, least=0, most=12)
    return None if found < 0 else found


def _wire_values(element: Element, place: Place, kind: ParameterType) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in element.named("EnumPair"):
        of = Attributes(pair, place)
        of.only("enumID", "wireValue", "index")
        name, wire = of.text("enumID"), of.text("wireValue")
        if name in found:
            place.refuse(f"enumID {name} stands twice", pair)
        if " " in name:
            place.refuse(f"enumID {name!r} holds a space", pair)
        _read(of, kind, "wireValue", wire)
        found[name] = wire
    return found
