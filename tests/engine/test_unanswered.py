"""K10: a request on which a broker says nothing is a break until the broker speaks."""

from __future__ import annotations

from tests.engine.house import House, said
from tradeoms.domain.breaks.state import Break
from tradeoms.domain.placement.commands import CancelPlacement, Report, ReportUnanswered
from tradeoms.domain.placement.events import BreakKind


def silence(cl_ord_id: str) -> Report:
    return ReportUnanswered(session="BROKER", row=0, cl_ord_id=cl_ord_id, seconds=10)


def breaks(house: House) -> list[Break]:
    return [one for one in house.book.breaks.values() if one.kind is BreakKind.REQUEST_UNANSWERED]


def test_k10_a_cancel_without_an_answer_is_one_break_until_the_broker_answers(house: House) -> None:
    placement = house.placed()
    house.hear(said(placement["cl_ord_id"], "new"))
    house.get(CancelPlacement(placement_id=placement["id"]), user="tom")
    (_, cancel) = house.instructions()[-1]
    house.hear(silence(cancel))
    house.hear(silence(cancel))
    (opened,) = breaks(house)
    assert (opened.placement_id, opened.cl_ord_id) == (placement["id"], cancel)
    assert opened.detail == f"no answer to cancel {cancel} in 10 s: call the broker"
    house.hear(said(cancel, "canceled", orig_cl_ord_id=placement["cl_ord_id"]))
    assert [one.status for one in breaks(house)] == ["resolved"]


def test_k10_a_word_that_comes_after_the_answer_changes_nothing(house: House) -> None:
    placement = house.placed()
    house.hear(said(placement["cl_ord_id"], "new"))
    house.hear(silence(placement["cl_ord_id"]), silence("not-ours"))
    assert breaks(house) == []


def test_k10_an_order_without_an_answer_is_a_break_too(house: House) -> None:
    placement = house.placed()
    house.hear(silence(placement["cl_ord_id"]))
    assert [one.status for one in breaks(house)] == ["open"]
    house.hear(said(placement["cl_ord_id"], "new"))
    assert [one.status for one in breaks(house)] == ["resolved"]
