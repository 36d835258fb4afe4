"""A list of orders placed at one destination: its placements leave together."""

from __future__ import annotations

from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path

from tests.engine.house import House, buy, facts, opened, said
from tests.engine.test_restart import proven, same
from tradeoms.app.instruction import Instruction
from tradeoms.domain.order.commands import ReleaseOrder
from tradeoms.domain.orderlist.commands import ActOnOrderList, CreateOrderList, ListAction
from tradeoms.domain.placement.commands import CancelPlacements
from tradeoms.domain.session.commands import ActOnSession
from tradeoms.domain.session.decide import SessionRejection as S


def listed(house: House, *numbers: int) -> list[Instruction]:
    """Enter, release and route a list; what leaves for it."""
    orders = tuple(buy(number, 100) for number in numbers)
    made = house.get(CreateOrderList(name="rebalance", orders=orders))
    for line in made["data"]:
        house.get(ReleaseOrder(order_id=line["id"]))
    before = house.engine.outbox_head
    route = ActOnOrderList(list_id=made["id"], action=ListAction.ROUTE, destination="BROKER")
    house.get(route, user="tom")
    return house.engine.instructions_after("BROKER", before)


def test_the_placements_name_the_list_and_its_end_comes_last(house: House) -> None:
    *orders, end = listed(house, 1, 2, 3)
    assert [each.kind.value for each in (*orders, end)] == ["new", "new", "new", "program"]
    assert [(each.program, each.program_seq) for each in orders] == [
        (end.cl_ord_id, 1), (end.cl_ord_id, 2), (end.cl_ord_id, 3),
    ]  # fmt: skip
    assert end.cl_ord_id not in {each.cl_ord_id for each in orders}
    action = house.book.session_actions[end.action_id]
    assert (action.kind.value, action.request_id, action.reason, action.status.value) == (
        "place_list", end.cl_ord_id, "rebalance", "sent",
    )  # fmt: skip
    placements = [house.book.placements[each.placement_id] for each in orders]
    assert {each.program for each in placements} == {end.cl_ord_id}


def test_an_order_that_is_refused_is_none_of_the_list_and_keeps_its_place_free(
    house: House,
) -> None:
    made = house.get(CreateOrderList(name="r", orders=tuple(buy(n, 100) for n in (1, 2, 3))))
    ids = [line["id"] for line in made["data"]]
    for order_id in (ids[0], ids[2]):
        house.get(ReleaseOrder(order_id=order_id))
    before = house.engine.outbox_head
    route = ActOnOrderList(list_id=made["id"], action=ListAction.ROUTE, destination="BROKER")
    house.get(route, user="tom")
    sent = house.engine.instructions_after("BROKER", before)
    assert [(each.kind.value, each.program_seq) for each in sent] == [
        ("new", 1), ("new", 3), ("program", 0),
    ]  # fmt: skip
    refused = ActOnOrderList(list_id=made["id"], action=ListAction.ROUTE, destination="NOWHERE")
    before = house.engine.outbox_head
    house.get(refused, user="tom")
    assert house.engine.outbox_head == before, "nothing was placed, so nothing ends"


def test_a_list_is_canceled_by_its_name_while_others_work_on(house: House) -> None:
    *orders, end = listed(house, 1, 2)
    other = house.placed(3, security="XYZ.XNYS")
    house.hear(*(said(each.cl_ord_id, "new") for each in orders))
    before = house.engine.outbox_head
    house.get(CancelPlacements(reason="stop", security="ABC", destination="BROKER"), user="tom")
    mass, *cancels = house.engine.instructions_after("BROKER", before)
    assert (mass.kind.value, mass.program, mass.security_id) == ("mass_cancel", end.cl_ord_id, "")
    assert [each.orig_cl_ord_id for each in cancels] == [each.cl_ord_id for each in orders]
    assert not house.book.placements[other["id"]].cancel_pending


def test_what_is_asked_of_a_list_names_it(house: House) -> None:
    asked = ActOnSession(session="BROKER", action="list_status", reason="x", list_id="A1-7")
    (sent,) = house.run(house.command(asked, user="olga")).actions
    assert (sent.action, sent.list_id) == ("list_status", "A1-7")
    for action, list_id in (
        ("execute_list", ""), ("list_status", "a\x01b"), ("logon", "A1-7"), ("list_status", "é"),
    ):  # fmt: skip
        wrong = ActOnSession(session="BROKER", action=action, reason="x", list_id=list_id)
        assert house.refused(wrong, user="olga") == [S.LIST_ID_UNFIT], action
    for action in ("place_list", "mass_cancel"):
        wrong = ActOnSession(session="BROKER", action=action, reason="x")
        assert house.refused(wrong, user="olga") == [S.ACTION_KIND_UNKNOWN], action


def test_a_list_survives_a_restart(data: Path) -> None:
    with opened(data) as house:
        listed(house, 1, 2)
        before, outbox = facts(house.book), house.instructions()
    with opened(data) as house:
        same(facts(house.book), before)
        assert house.instructions() == outbox
        assert D(100) in {each.quantity for each in house.book.placements.values()}
    proven(data)
