"""Events to text and back, and old text read as if it were written today."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradeoms.domain.catalog import EVENTS
from tradeoms.journal.codec import Codec, Meta, Recorded
from tradeoms.kernel.enums import Side
from tradeoms.kernel.errors import UnknownEvent


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    fund: str
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    order_id: str
    side: Side
    colour: Colour | None
    count: int
    final: bool
    price: Decimal
    shares: tuple[Share, ...]
    names: tuple[str, ...]
    settle_on: date | None
    at: datetime


BOOKED = Booked(
    order_id="ord_1",
    side=Side.BUY_TO_COVER,
    colour=Colour.RED,
    count=-(2**63),
    final=True,
    price=Decimal("250.10"),
    shares=(
        Share(fund="GROWTH", quantity=Decimal(600)),
        Share(fund="Zoë", quantity=Decimal("-0.5")),
    ),
    names=('quote " back \\ slash', "line\nbreak \x00 \x01", "漢字"),
    settle_on=date(2026, 1, 2),
    at=datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
)
META = Meta(
    at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    actor="usr_1",
    on_behalf_of=None,
    cause="cmd_1",
    build="abc",
    epoch=3,
)
CODEC = Codec([Booked])

decimals = st.decimals(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(codec="utf-8"))
booked = st.builds(
    Booked,
    order_id=texts,
    side=st.sampled_from(Side),
    colour=st.none() | st.just(Colour.RED),
    count=st.integers(-(2**63), 2**63 - 1),
    final=st.booleans(),
    price=decimals,
    shares=st.lists(st.builds(Share, fund=texts, quantity=decimals)).map(tuple),
    names=st.lists(texts).map(tuple),
    settle_on=st.none() | st.dates(),
    at=st.datetimes(timezones=st.just(UTC)),
)


def test_the_envelope_is_this_text() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Noted:
        n: Decimal

    meta = replace_meta(on_behalf_of="usr_2")
    assert Codec([Noted]).encode(Noted(n=Decimal("1.50")), meta) == (
        b'{"type":"Noted","v":1,"at":"2026-01-02T03:04:05.000000Z","actor":"usr_1",'
        b'"on_behalf_of":"usr_2","cause":"cmd_1","build":"abc","epoch":3,"data":{"n":"1.50"}}'
    )


@given(booked)
def test_what_is_written_is_read_back_equal_and_writes_the_same_text(event: Booked) -> None:
    text = CODEC.encode(event, META)
    read = CODEC.decode(text)
    assert read == Recorded(META, event)
    assert CODEC.encode(read.event, read.meta) == text
    assert CODEC.decode(text.decode()) == read


def test_a_decimal_keeps_its_scale() -> None:
    event = replace(BOOKED, price=Decimal("100.10"))
    read = CODEC.decode(CODEC.encode(event, META)).event
    assert str(read.price) == "100.10"


def test_a_wire_enum_comes_back_as_the_member_that_knows_its_fix_code() -> None:
    read = CODEC.decode(CODEC.encode(BOOKED, META)).event
    assert read.side is Side.BUY_TO_COVER
    assert read.side.fix == "1"


def test_each_event_gets_the_meta_it_is_given() -> None:
    other = replace_meta(actor="usr_9", epoch=4)
    metas = [CODEC.decode(CODEC.encode(BOOKED, meta)).meta for meta in (META, other, META)]
    assert metas == [META, other, META]


@pytest.mark.parametrize(
    "at",
    [datetime(2026, 1, 2), datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=1)))],  # noqa: DTZ001
)
def test_an_instant_that_is_not_utc_is_refused(at: datetime) -> None:
    with pytest.raises(ValueError, match="UTC"):
        CODEC.encode(BOOKED, replace_meta(at=at))


def test_an_event_outside_the_union_is_not_written() -> None:
    with pytest.raises(KeyError):
        CODEC.encode(Share(fund="x", quantity=Decimal(1)), META)


def test_a_text_that_lost_a_field_is_not_read() -> None:
    text = CODEC.encode(BOOKED, META).replace(b'"order_id":"ord_1",', b"")
    with pytest.raises(msgspec.ValidationError, match="order_id"):
        CODEC.decode(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Renamed:
    """Version 1 said `qty` as a number, version 2 `quantity` as text, version 3 adds `unit`."""

    quantity: Decimal
    unit: str


def _to_2(data: dict[str, Any]) -> dict[str, Any]:
    return {"quantity": str(data["qty"])}


def _to_3(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "unit": "shares"}


NOW = Codec(
    [Renamed], versions={"Renamed": 3}, upcasters={("Renamed", 1): _to_2, ("Renamed", 2): _to_3}
)


@pytest.mark.parametrize(
    ("version", "data"),
    [
        (1, '{"qty":600}'),
        (2, '{"quantity":"600"}'),
        (3, '{"quantity":"600","unit":"shares"}'),
    ],
)
def test_an_old_body_is_read_as_the_event_of_today(version: int, data: str) -> None:
    envelope = (
        f'{{"type":"Renamed","v":{version},"at":"2026-01-02T03:04:05.000000Z","actor":"usr_1",'
        f'"on_behalf_of":null,"cause":"cmd_1","build":"abc","epoch":3,"data":{data}}}'
    )
    assert NOW.decode(envelope) == Recorded(META, Renamed(quantity=Decimal(600), unit="shares"))


def test_a_new_body_says_the_version_of_today() -> None:
    assert b'"v":3,' in NOW.encode(Renamed(quantity=Decimal(1), unit="shares"), META)


@pytest.mark.parametrize(
    ("old", "new"), [(b'"v":3', b'"v":4'), (b'"v":3', b'"v":0'), (b"Renamed", b"Lost")]
)
def test_a_type_or_version_that_nobody_knows_is_not_guessed(old: bytes, new: bytes) -> None:
    text = NOW.encode(Renamed(quantity=Decimal(1), unit="shares"), META).replace(old, new, 1)
    with pytest.raises(UnknownEvent):
        NOW.decode(text)


def test_a_version_without_a_way_from_the_one_before_is_a_mistake_in_the_registry() -> None:
    with pytest.raises(ValueError, match="no upcaster from version 1 of Renamed"):
        Codec([Renamed], versions={"Renamed": 2}, upcasters={})


def test_two_events_of_one_name_are_a_mistake_in_the_registry() -> None:
    with pytest.raises(ValueError, match="two event types are called Renamed"):
        Codec([Renamed, Renamed])


def test_every_event_of_the_catalogue_can_be_read_back() -> None:
    Codec(EVENTS)  # builds a decoder for each, and raises for a field it could not fill


def replace_meta(**changes: Any) -> Meta:
    return msgspec.structs.replace(META, **changes)
