"""Lists: taken as staged orders, status on request, cancelled as a whole."""

from __future__ import annotations

from tests.simulators.conftest import Desk
from tests.simulators.ems.stories import order
from tests.simulators.initiator import RAW, Message

Pairs = list[tuple[int, str]]


def entry(x: str, at: int, qty: str = "1000", *more: tuple[int, str]) -> Pairs:
    rows = [(11, x), (67, str(at)), *more, (55, "IBM"), (54, "1"), (38, qty)]
    return [*rows, (40, "2"), (44, "100.00"), (59, "0")]


def send_list(desk: Desk, *entries: Pairs, count: int = 0) -> str:
    list_id = desk.new_id()
    head = [(66, list_id), (68, str(count or len(entries))), (394, "3"), (73, str(len(entries)))]
    desk.client.send_groups("E", head + [pair for one in entries for pair in one])
    return list_id


def statuses(desk: Desk, list_id: str, count: int) -> list[Message]:
    return desk.client.wait(lambda m: m[35] == "N" and m[66] == list_id, count=count)


def test_a_list_is_staged_and_acknowledged(ems: Desk) -> None:
    a, b = ems.new_id(), ems.new_id()
    shares = [(78, "2"), (79, "F1"), (80, "300"), (79, "F2"), (80, "200")]
    list_id = send_list(ems, entry(a, 1), entry(b, 2, "500", *shares))
    ack = statuses(ems, list_id, 1)[0]
    assert [ack[tag] for tag in (429, 431, 68, 73)] == ["1", "2", "2", "2"]
    assert [row[:2] for row in ems.client.story(a, 2)] == [("A", "A"), ("0", "0")]
    assert (order(ems, b)["staged"], order(ems, b)["list_id"]) == (True, list_id)
    assert [s["qty"] for s in order(ems, b)["allocations"]] == ["300", "200"]
    assert order(ems, a)["allocations"] == []


def test_status_shows_every_order_of_the_list(ems: Desk) -> None:
    a, b = ems.new_id(), ems.new_id()
    list_id = send_list(ems, entry(a, 1), entry(b, 2))
    statuses(ems, list_id, 1)
    ems.call("release", cl_ord_id=a)
    ems.client.reports(a, 4)
    ems.client.send("M", {66: list_id})
    status = statuses(ems, list_id, 2)[1]
    assert [status[tag] for tag in (429, 431, 68)] == ["2", "3", "2"]
    assert f"|11={a}|14=1000|39=2|" in status[RAW]
    assert f"|11={b}|14=0|39=0|151=1000|" in status[RAW]


def test_a_list_is_released_and_done(ems44: Desk) -> None:
    a, b = ems44.new_id(), ems44.new_id()
    list_id = send_list(ems44, entry(a, 1), entry(b, 2))
    statuses(ems44, list_id, 1)
    assert ems44.call("release_all", list_id=list_id) == {"released": [a, b]}
    ems44.client.send("M", {66: list_id})
    assert statuses(ems44, list_id, 2)[1][431] == "6"


def test_a_list_is_canceled_as_a_whole(ems: Desk) -> None:
    a, b = ems.new_id(), ems.new_id()
    list_id = send_list(ems, entry(a, 1), entry(b, 2))
    statuses(ems, list_id, 1)
    ems.call("release", cl_ord_id=a)
    ems.client.reports(a, 4)
    ems.client.send("K", {66: list_id})
    answer = statuses(ems, list_id, 2)[1]
    assert [answer[tag] for tag in (429, 431)] == ["2", "4"]
    canceled = ems.client.reports(b, 3)[2]
    assert [canceled[tag] for tag in (150, 39, 58)] == ["4", "4", f"list {list_id} cancelled"]
    assert order(ems, a)["ord_status"] == "2"


def test_a_list_is_taken_whole_or_not_at_all(ems44: Desk) -> None:
    a, b = ems44.new_id(), ems44.new_id()
    too_many = send_list(ems44, entry(a, 1), entry(b, 2), count=1)
    no_side = send_list(ems44, entry(a, 1), [(11, b), (67, "2"), (55, "IBM"), (38, "100")])
    for list_id, text in (
        (too_many, "2 orders of 1"),
        (no_side, "tag 54 is missing in an order"),
    ):
        refused = statuses(ems44, list_id, 1)[0]
        assert [refused[tag] for tag in (431, 68, 444)] == ["7", "0", text]
    assert [o for o in ems44.broker.control.ledger() if o["cl_ord_id"] in {a, b}] == []


def test_a_list_in_fragments_is_released_by_list_execute(ems44: Desk) -> None:
    a, b, list_id = ems44.new_id(), ems44.new_id(), ems44.new_id()
    for at, x in enumerate((a, b), 1):
        head = [(66, list_id), (68, "2"), (394, "3"), (73, "1")]
        ems44.client.send_groups("E", [*head, *entry(x, at)])
        assert statuses(ems44, list_id, at)[-1][431] == "2"
    ems44.client.send("L", {66: list_id})
    assert statuses(ems44, list_id, 3)[-1][431] == "3"
    assert order(ems44, a)["ord_status"] == order(ems44, b)["ord_status"] == "2"
    again = [(66, list_id), (68, "2"), (394, "3"), (73, "1"), *entry(ems44.new_id(), 3)]
    ems44.client.send_groups("E", again)
    assert statuses(ems44, list_id, 4)[-1][444] == "duplicate ListID"


def test_an_unknown_list_is_told_so(ems44: Desk) -> None:
    for msg_type, list_id in (("M", "NO-1"), ("K", "NO-2"), ("L", "NO-3")):
        ems44.client.send(msg_type, {66: list_id})
        assert [statuses(ems44, list_id, 1)[0][tag] for tag in (431, 444)] == ["7", "unknown list"]
