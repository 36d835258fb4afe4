"""Shares of a placement of two orders: they sum to the whole, and tell of nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from tests.engine.house import House, fill, opened, said
from tests.engine.test_blocks import worked
from tests.engine.test_confirmations import instruct
from tests.engine.test_drop_copy import RAW, attach, copied, hear
from tradeoms.domain.order.commands import CancelOrder
from tradeoms.domain.placement.commands import ReportKind, ReportPlacement
from tradeoms.domain.placement.events import PlacementEvent
from tradeoms.kernel.enums import OrdStatus
from tradeoms.projections import queries_lists as q
from tradeoms.projections.paging import EVERYTHING, Cut, Scope
from tradeoms.projections.queries import one_placement
from tradeoms.projections.queries_journal import order_events
from tradeoms.projections.queries_stream import changes_after
from tradeoms.projections.resources_shares import OF_THE_WHOLE

#: The first order is for A and B, the second for C.
FIRST, SECOND = Scope(frozenset({"A"})), Scope(frozenset({"C"}))


def read(house: House, query: Any, *args: Any) -> Any:
    with house.engine.recall._engine.connect() as link:
        return query(link, *args)


def listed(house: House, listing: q.Listing, scope: Scope = EVERYTHING) -> list[Any]:
    found: list[Any] = read(house, q.list_rows, listing, {}, scope, Cut()).data
    return found


def streamed(house: House, topic: str, scope: Scope) -> list[Any]:
    """The rows of a topic as its stream shows them."""
    with house.engine.recall._engine.connect() as link:
        span = changes_after(link, [topic], after=0, scope=EVERYTHING)
    shown = [change.body(scope) for change in span.changes if change.shows_to(scope)]
    return [msgspec.json.decode(body)["data"] for body in shown]


def check(house: House) -> None:
    """Shares sum to the whole, and lists and streams show the same ones."""
    for listing, topic, names in (
        (q.PLACEMENTS, "placements", ("order_qty", "cum_qty", "leaves_qty")),
        (q.EXECUTIONS, "executions", ("booked_qty",)),
    ):
        parts = [{one.id: one for one in listed(house, listing, each)} for each in (FIRST, SECOND)]
        for whole in listed(house, listing):
            shares = [each[whole.id] for each in parts]
            assert all(share.share for share in shares)
            live = whole.status not in ("busted", "corrected")
            for name in names if live else ():
                units = sum((D(getattr(share, name)) for share in shares), D(0))
                assert units == D(getattr(whole, name)), (topic, name)
        for scope, found in zip((FIRST, SECOND, EVERYTHING), (*parts, None), strict=True):
            rows = listed(house, listing, scope) if found is None else list(found.values())
            as_json = sorted(map(msgspec.json.encode, streamed(house, topic, scope)))
            assert as_json == sorted(msgspec.json.encode(row) for row in rows)


def steps(house: House) -> Iterator[str]:
    """What a broker may say of a shared placement, one thing after the other."""
    _, two, placement = worked(house)
    own = placement["cl_ord_id"]
    house.hear(said(own, "new", ord_status=OrdStatus.NEW, broker_order_id="B1"))
    yield "acknowledged"
    house.hear(fill(own, "E1", 131, "99.7"), fill(own, "E2", 7, "99.8"))
    yield "executed"
    house.get(CancelOrder(order_id=two))
    yield "a part is to go"
    asked = house.book.placements[placement["id"]].requests[-1]
    more = {"orig_cl_ord_id": own, "order_qty": asked.quantity}
    house.hear(said(asked.cl_ord_id, "replaced", **more))
    yield "it is gone"
    correct = {"exec_ref_id": "E1", "last_qty": D(100), "last_px": D("99.6")}
    house.hear(_of_execution(asked.cl_ord_id, ReportKind.CORRECT, "E3", **correct))
    yield "corrected"
    house.hear(_of_execution(asked.cl_ord_id, ReportKind.BUST, "E4", exec_ref_id="E2"))
    yield "busted"
    house.hear(said(asked.cl_ord_id, "canceled"))
    yield "canceled"


def _of_execution(cl_ord_id: str, kind: ReportKind, exec_id: str, **more: Any) -> ReportPlacement:
    return ReportPlacement(
        session="BROKER", row=0, kind=kind, cl_ord_id=cl_ord_id, exec_id=exec_id, **more
    )


def test_shares_sum_to_the_whole_whatever_the_broker_says(data: Path) -> None:
    with opened(data) as house:
        for _step in steps(house):
            check(house)


def test_what_the_broker_tells_of_the_whole_is_left_out(data: Path) -> None:
    with opened(data) as house:
        _, two, placement = worked(house)
        own = placement["cl_ord_id"]
        days = {"day_order_qty": D(1300), "day_cum_qty": D(130), "day_avg_px": D("99.7")}
        house.hear(
            said(own, "new", text="1300 working", order_qty=D(1300), cum_qty=D(0)),
            fill(own, "E1", 130, "99.7", extra=(("9001", "1300"),), **days),
        )
        whole = read(house, one_placement, placement["id"], EVERYTHING)
        mine = read(house, one_placement, placement["id"], SECOND)
        told = ("text", "day_order_qty", "day_cum_qty", "day_avg_px")
        assert [getattr(whole, name) for name in told] == ["1300 working", "1300", "130", "99.7"]
        assert [getattr(mine, name) for name in told] == ["", None, None, "99.7"]
        (whole,), (mine,) = (listed(house, q.EXECUTIONS, each) for each in (EVERYTHING, SECOND))
        assert (whole.extra, mine.extra) == ({"9001": "1300"}, {})
        events = read(house, order_events, two, SECOND, Cut(limit=500)).data
        about = [event for event in events if event.subject == placement["id"]]
        assert {event.type for event in about} == {
            "PlacementCreated", "PlacementReported", "ExecutionRecorded",
        }  # fmt: skip
        assert all(event.share for event in about)
        assert not [event for event in about if b"1300" in bytes(event.data)]


def test_a_copy_is_shown_without_units_and_words(data: Path) -> None:
    with opened(data) as house:
        attach(house)
        _, _, placement = worked(house)
        house.hear(fill(placement["cl_ord_id"], "E1", 130, "99.5"))
        hear(house, copied(placement["cl_ord_id"], "E1", 131))
        (whole,), (mine,) = (listed(house, q.COPIES, each) for each in (EVERYTHING, SECOND))
        words = "copied by COPIES: quantity 131, not 130"
        told = [(one.quantity, one.detail, one.raw, one.share) for one in (whole, mine)]
        assert told == [("131", words, RAW, False), (None, "", "", True)]
        assert (mine.id, mine.status, mine.price) == (whole.id, whole.status, "99.5")


@pytest.mark.parametrize(("scope", "funds"), [(FIRST, "A"), (SECOND, "C"), (EVERYTHING, "ABC")])
def test_an_instruction_shows_the_units_of_the_lines_that_one_sees(
    data: Path, scope: Scope, funds: str
) -> None:
    with opened(data) as house:
        _, _, placement = worked(house)
        house.hear(fill(placement["cl_ord_id"], "E1", 130, "99.5"))
        instruct(house, placement)
        (found,) = listed(house, q.INSTRUCTIONS, scope)
        assert [line.fund for line in found.lines] == list(funds)
        assert D(found.quantity) == sum((D(line.quantity) for line in found.lines), D(0))
        assert found.share == (scope != EVERYTHING)


def test_every_field_of_a_placements_events_that_tells_units_is_known() -> None:
    words = {"reason", "extra", "algo"}
    for kind in get_args(PlacementEvent):
        units = {
            field.name
            for field in fields(kind)
            if "Decimal" in str(field.type) and not field.name.endswith(("price", "_px"))
        }
        free = words & {field.name for field in fields(kind)}
        assert OF_THE_WHOLE.get(kind.__name__, frozenset()) - {"text"} == units | free, kind
