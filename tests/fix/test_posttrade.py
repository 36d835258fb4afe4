"""After trading over real sockets: drop copies, allocation instructions, confirmations.

The broker's own ledger is compared with ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.fix.trade_house import BROKER, COPIES, TradeHouse, open_trade_house

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
PATH = "/allocation-instructions"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TradeHouse]:
    with open_trade_house(tmp_path_factory.mktemp("copies")) as opened:
        yield opened


@pytest.mark.parametrize("form", ["8", "AE"])
def test_what_comes_on_both_sessions_matches_and_is_booked_once(
    house: TradeHouse, form: str
) -> None:
    house.broker.call("set", told="both", copy_form=form)
    placement = house.place()
    fills = [house.fill(placement, 30), house.fill(placement, 20)]
    house.until("matches", lambda: house.copies(*fills) == dict.fromkeys(fills, "matched"))
    assert house.cum_qty(placement) == "50"
    house.broker.call("bust", exec_id=fills[0])
    house.broker.call("correct", exec_id=fills[1], price="249")
    own = {"session": COPIES, "placement": placement["id"]}
    house.until(
        "all four",
        lambda: [c["status"] for c in house.every("/fix/drop-copy", **own)] == ["matched"] * 4,
    )
    assert house.cum_qty(placement) == "20"
    assert not house.breaks(*fills)


def test_what_only_the_drop_copy_has_is_booked_by_two_people_and_survives_crashes(
    house: TradeHouse,
) -> None:
    house.broker.call("set", told="copies", copy_form="8")
    placement = house.place()
    house.kill_gateway()
    lost = house.fill(placement, 60)
    foreign = house.broker.call("foreign", symbol="AAPL", qty="500", price="251")["exec_id"]
    house.broker.call("set", told="both")
    house.start_gateway()
    house.until("both copies", lambda: len(house.copies(lost, foreign)) == 2)
    house.restart_engine()
    house.until("both breaks", lambda: len(house.breaks(lost, foreign)) == 2)
    found = {each["exec_id"]: each for each in house.breaks(lost, foreign)}
    assert {each["kind"] for each in found.values()} == {"only_drop_copy"}
    assert {each["session"] for each in found.values()} == {BROKER}
    assert (found[lost]["placement_id"], found[foreign]["placement_id"]) == (placement["id"], None)
    assert house.cum_qty(placement) == "0"
    path = f"/breaks/{found[lost]['id']}"
    wish = {"resolution": "as copied", "action": "attach", "placement": placement["id"]}
    house.post("trader", f"{path}/resolve", wish, 200)
    house.post("risk", f"{path}/approve", {"reason": "confirmed by telephone"}, 200)
    assert house.cum_qty(placement) == "60"
    assert house.copies(lost, foreign) == {lost: "matched", foreign: "missing"}
    kept = house.fill(placement, 40)
    house.until("the next", lambda: house.copies(kept) == {kept: "matched"})
    assert house.cum_qty(placement) == "100"


def test_copies_are_shown_to_those_who_may_see_the_order(house: TradeHouse) -> None:
    house.broker.call("set", told="both", copy_form="8")
    placement = house.place()
    exec_id = house.fill(placement, 10)
    house.until("the copy", lambda: house.copies(exec_id))
    assert exec_id in {each["exec_id"] for each in house.every("/fix/drop-copy", "trader")}
    assert not house.every("/fix/drop-copy", "trader-b")
    assert house.node.as_("pm").get("/api/v1/fix/drop-copy").status_code == 403


def test_people_may_act_on_a_drop_copy_session_and_see_how_it_is(house: TradeHouse) -> None:
    assert {each["session"] for each in house.get("/fix/sessions")["data"]} >= {BROKER, COPIES}
    answer = house.post("operations", f"/fix/sessions/{COPIES}/logon", {"reason": "x"}, 202)
    path = "/fix/actions"
    house.until(
        "its end",
        lambda: [a["status"] for a in house.every(path) if a["id"] == answer["id"]] == ["done"],
    )


def executed(house: TradeHouse, **confirm: str) -> dict[str, Any]:
    """A placement of two funds with two fills; the broker answers as told."""
    house.broker.call(
        "set", told="both", copy_form="8", **({"confirm": "right", "confirm_form": "AK"} | confirm)
    )
    placement = house.place(90, ALPHA=60, BETA=30)
    house.fill(placement, 60, "250")
    house.fill(placement, 30, "250.03")
    house.until("the fills", lambda: house.cum_qty(placement) == "90")
    return placement


def instruct(house: TradeHouse, placement: dict[str, Any], **more: str) -> str:
    body = {"placement": placement["id"], **more}
    return str(house.post("operations", PATH, body, 201)["id"])


def instruction(house: TradeHouse, key: str, user: str = "operations") -> dict[str, Any]:
    (found,) = [each for each in house.every(PATH, user) if each["id"] == key]
    return found


def reaches(house: TradeHouse, key: str, status: str) -> None:
    house.until(
        f"{status}: {instruction(house, key)}",
        lambda: instruction(house, key)["status"] == status,
    )


def confirmations(house: TradeHouse, key: str) -> dict[str, dict[str, Any]]:
    found = house.every("/confirmations", instruction=key)
    return {each["fund"]: each for each in found}


def test_both_ledgers_agree_from_the_instruction_to_the_affirmation(house: TradeHouse) -> None:
    placement = executed(house)
    house.kill_gateway()
    key = instruct(house, placement)
    assert instruction(house, key)["status"] == "unsent"
    house.start_gateway()
    reaches(house, key, "confirmed")
    house.restart_engine()
    found = confirmations(house, key)
    assert {fund: (c["status"], c["quantity"], c["gross"]) for fund, c in found.items()} == {
        "ALPHA": ("matched", "60", "15000.6"), "BETA": ("matched", "30", "7500.3"),
    }  # fmt: skip
    assert (found["ALPHA"]["commission"], found["ALPHA"]["net"]) == ("1.2", "15001.8")
    for each in found.values():
        house.post("operations", f"/confirmations/{each['id']}/affirm", {}, 200)
    assert instruction(house, key)["status"] == "affirmed"
    told = house.until("both answers", lambda: affirmed(house, key))
    ours = instruction(house, key)
    (theirs,) = [each for each in told["instructions"] if each["alloc_id"] == ours["alloc_id"]]
    assert theirs["quantity"] == ours["quantity"] == "90"
    assert (theirs["trans_type"], theirs["avg_px"], ours["avg_px"]) == ("0", "250.01", "250.01")
    assert theirs["lines"] == [
        {"account": line["account"], "qty": line["quantity"]} for line in ours["lines"]
    ]
    house.until("both sent", lambda: answers_of(house, key) == {"ALPHA": "sent", "BETA": "sent"})


def answers_of(house: TradeHouse, key: str) -> dict[str, str]:
    return {fund: each["answer"] for fund, each in confirmations(house, key).items()}


def affirmed(house: TradeHouse, key: str) -> Any:
    """The broker's ledger, once it has our word on both confirmations."""
    found = house.broker.call("allocations")
    mine = instruction(house, key)["alloc_id"]
    words = {k: v for k, v in found["affirmations"].items() if k.startswith(f"{mine}-")}
    return found if words == {f"{mine}-ALPHA": "3", f"{mine}-BETA": "3"} else None


@pytest.mark.parametrize(
    ("confirm", "words"),
    [("wrong_price", "average price 250.02, not 250.01"), ("wrong_net", "net 15001.81, which")],
)
def test_what_the_broker_confirms_wrongly_waits_for_a_person(
    house: TradeHouse, confirm: str, words: str
) -> None:
    key = instruct(house, executed(house, confirm=confirm))
    reaches(house, key, "confirmed")
    wrong = confirmations(house, key)["ALPHA"]
    assert wrong["status"] == "mismatched"
    assert any(each.startswith(words) for each in wrong["differences"]), wrong["differences"]
    path = f"/confirmations/{wrong['id']}"
    bare = house.node.as_("operations").post(f"/api/v1{path}/affirm", json={})
    assert (bare.status_code, bare.json()["code"]) == (422, "confirmation_reason")
    house.post("operations", f"{path}/reject", {"reason": "not what we traded"}, 200)
    said = f"{instruction(house, key)['alloc_id']}-ALPHA"
    house.until(
        "our word", lambda: house.broker.call("allocations")["affirmations"].get(said) == "2"
    )
    reaches(house, key, "accepted")


def word_on(house: TradeHouse, key: str) -> str | None:
    """What the broker's ledger has of our answer to the report of an instruction."""
    said: dict[str, str] = house.broker.call("allocations")["affirmations"]
    return said.get(f"{instruction(house, key)['alloc_id']}-R")


def test_an_allocation_report_is_matched_fund_by_fund_and_accepted_once(house: TradeHouse) -> None:
    key = instruct(house, executed(house, confirm_form="AS"))
    reaches(house, key, "confirmed")
    found = confirmations(house, key)
    assert {fund: (c["status"], c["quantity"], c["net"]) for fund, c in found.items()} == {
        "ALPHA": ("matched", "60", "15001.8"), "BETA": ("matched", "30", "7500.9"),
    }  # fmt: skip
    house.post("operations", f"/confirmations/{found['ALPHA']['id']}/affirm", {}, 200)
    house.restart_engine()
    house.kill_gateway()
    house.post("operations", f"/confirmations/{found['BETA']['id']}/affirm", {}, 200)
    house.start_gateway()
    house.until("our answer", lambda: word_on(house, key) == "0")
    assert instruction(house, key)["status"] == "affirmed"
    house.until("it is sent", lambda: answers_of(house, key)["BETA"] == "sent")
    assert answers_of(house, key)["ALPHA"] is None


def test_an_allocation_report_that_differs_is_a_break_and_is_rejected(house: TradeHouse) -> None:
    placement = executed(house, confirm_form="AS", confirm="wrong_price")
    key = instruct(house, placement)
    reaches(house, key, "confirmed")
    found = confirmations(house, key)
    assert {c["status"] for c in found.values()} == {"mismatched"}
    said = [b for b in house.every("/breaks") if b["kind"] == "allocation_differs"]
    assert [b["placement_id"] for b in said if b["status"] == "open"] == [placement["id"]]
    why = {"reason": "not our price"}
    house.post("operations", f"/confirmations/{found['BETA']['id']}/reject", why, 200)
    house.until("our answer", lambda: word_on(house, key) == "1")
    assert {c["status"] for c in confirmations(house, key).values()} == {"rejected"}
    said = [b for b in house.every("/breaks") if b["kind"] == "allocation_differs"]
    assert not [b for b in said if b["status"] == "open"]


def test_confirmations_that_did_not_come_are_asked_for(house: TradeHouse) -> None:
    key = instruct(house, executed(house, confirm="none", confirm_form="AK"))
    reaches(house, key, "accepted")
    house.broker.call("set", confirm="right")
    asked = house.post("operations", f"{PATH}/{key}/request", {}, 201)
    assert asked["accounts"] == [line["account"] for line in instruction(house, key)["lines"]]
    reaches(house, key, "confirmed")
    house.until("it is sent", lambda: instruction(house, key)["requested"] == "sent")
    assert {c["status"] for c in confirmations(house, key).values()} == {"matched"}
    path = f"/api/v1{PATH}/{key}/request"
    again = house.node.as_("operations").post(path)
    assert (again.status_code, again.json()["code"]) == (409, "confirmations_complete")


def test_a_rejected_instruction_says_why(house: TradeHouse) -> None:
    key = instruct(house, executed(house, confirm="reject"))
    reaches(house, key, "rejected")
    found = instruction(house, key)
    assert (found["text"], found["reject_code"]) == ("rejected by command", "13")
    house.broker.call("set", confirm="right")


def test_a_bust_is_followed_by_a_replacement_and_a_cancellation(house: TradeHouse) -> None:
    placement = executed(house)
    key = instruct(house, placement)
    reaches(house, key, "confirmed")
    exec_id = house.broker.call("order", cl_ord_id=placement["cl_ord_id"])["executions"][1]
    house.broker.call("bust", exec_id=exec_id["exec_id"])
    house.until("the bust", lambda: instruction(house, key)["outdated_by"])
    again = house.post("operations", f"{PATH}/{key}/replace", {"reason": "bust"}, 201)["id"]
    reaches(house, again, "confirmed")
    new, old = instruction(house, again), instruction(house, key)
    assert (old["status"], old["replaced_by"]) == ("replaced", again)
    assert (new["quantity"], new["avg_px"], new["ref_id"]) == ("60", "250", old["alloc_id"])
    assert {c["status"] for c in confirmations(house, key).values()} == {"replaced"}
    assert {c["status"] for c in confirmations(house, again).values()} == {"matched"}
    gone = house.post("operations", f"{PATH}/{again}/cancel", {"reason": "wrong"}, 201)["id"]
    reaches(house, gone, "canceled")
    assert instruction(house, again)["status"] == "canceled"
    told = {each["alloc_id"]: each for each in house.broker.call("allocations")["instructions"]}
    assert [told[instruction(house, x)["alloc_id"]]["trans_type"] for x in (key, again, gone)] == [
        "0", "1", "2",
    ]  # fmt: skip


def test_people_of_one_fund_see_their_lines_only(house: TradeHouse) -> None:
    key = instruct(house, executed(house))
    reaches(house, key, "confirmed")
    seen = instruction(house, key, "auditor-b")
    assert [line["fund"] for line in seen["lines"]] == ["BETA"]
    listed = house.every("/confirmations", "auditor-b", instruction=key)
    assert [each["fund"] for each in listed] == ["BETA"]
    body = {"placement": instruction(house, key)["placement_id"]}
    refused = house.node.as_("trader").post(
        f"/api/v1{PATH}", json=body, headers={"Idempotency-Key": "trader-tries"}
    )
    assert refused.status_code == 403
