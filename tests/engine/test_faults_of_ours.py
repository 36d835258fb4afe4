"""What a bug of our own may do: refuse one request, or leave a break; never crash for ever."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.engine.house import House, opened
from tradeoms import bootstrap
from tradeoms.app.engine import PoisonedFrame
from tradeoms.app.wire import Frame, Tagged, Watermark, tag_report
from tradeoms.domain.placement.commands import ReportKind, ReportPlacement
from tradeoms.domain.placement.events import BreakKind
from tradeoms.settings import Settings


def fill(cl_ord_id: str, row: int) -> ReportPlacement:
    return ReportPlacement(
        session="BROKER",
        row=row,
        kind=ReportKind.FILL,
        cl_ord_id=cl_ord_id,
        exec_id="E1",
        last_qty=Decimal(100),
        last_px=Decimal("99.5"),
        cum_qty=Decimal(100),
    )


def test_a_report_that_cannot_be_read_becomes_a_break_and_the_engine_goes_on(house: House) -> None:
    broken = Tagged(type="ReportPlacement", body=msgspec.Raw(b'{"session": 7}'))
    released = house.run(Frame(session="BROKER", epoch=1, row=1, reports=(broken,)))
    assert released.answers == [Watermark(session="BROKER", epoch=1, row=1)]
    (found,) = house.book.breaks.values()
    assert found.kind is BreakKind.UNREADABLE
    assert found.raw == '{"session": 7}'


def test_a_report_that_ends_an_engine_is_a_break_for_the_next_one(data: Path) -> None:
    settings = Settings(data=data)
    with opened(data) as house:
        placement = house.placed()
        report = fill(placement["cl_ord_id"], row=1)
        frame = Frame(session="BROKER", epoch=1, row=1, reports=(tag_report(report),))
        house.book.positions = _Failing()  # stands for a bug of ours
        with pytest.raises(PoisonedFrame) as caught:
            house.run(frame)
        bootstrap.note_poisoned(settings, caught.value)
    with opened(data) as house:
        assert house.run(frame).answers == [Watermark(session="BROKER", epoch=1, row=1)]
        (found,) = house.book.breaks.values()
        assert found.kind is BreakKind.UNREADABLE
        assert "E1" in found.raw
        assert house.book.executions == {}


class _Failing(dict[Any, Any]):
    """A dict that fails when it is read, as a bug half-way through a report would."""

    def get(self, *_: object) -> Any:
        raise RuntimeError("a bug of ours")
