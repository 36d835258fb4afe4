"""Drop copies over real sockets: a broker that tells its executions on two sessions, or on one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.fix.trade_house import BROKER, COPIES, TradeHouse, open_trade_house
from tradeoms.domain.placement.commands import ReportKind
from tradeoms.fix.config_file import ConfigInvalid
from tradeoms.fix.dialect import Dialect
from tradeoms.fix.inbound import Envelope, Unreadable
from tradeoms.fix.posttrade.copies import read_copy
from tradeoms.fix.session_config import load_session

ENVELOPE = Envelope(
    session=COPIES, row=1, received_at=datetime(2026, 1, 5, tzinfo=UTC), poss_resend=False
)
TRADE = "571=T1|487=0|17=E1|880=M1|55=ABC|32=100|31=9.5|75=20260105|552=1|54=1|37=O1|11=C1"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TradeHouse]:
    with open_trade_house(tmp_path_factory.mktemp("copies")) as opened:
        yield opened


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_copies_are_shown_to_those_who_may_see_the_order(house: TradeHouse) -> None:
    house.broker.call("set", told="both", copy_form="8")
    placement = house.place()
    exec_id = house.fill(placement, 10)
    house.until("the copy", lambda: house.copies(exec_id))
    assert exec_id in {each["exec_id"] for each in house.every("/fix/drop-copy", "trader")}
    assert not house.every("/fix/drop-copy", "trader-b")
    assert house.node.as_("pm").get("/api/v1/fix/drop-copy").status_code == 403


@pytest.mark.slow
def test_people_may_act_on_a_drop_copy_session_and_see_how_it_is(house: TradeHouse) -> None:
    assert {each["session"] for each in house.get("/fix/sessions")["data"]} >= {BROKER, COPIES}
    answer = house.post("operations", f"/fix/sessions/{COPIES}/logon", {"reason": "x"}, 202)
    path = "/fix/actions"
    house.until(
        "its end",
        lambda: [a["status"] for a in house.every(path) if a["id"] == answer["id"]] == ["done"],
    )


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (TRADE, (ReportKind.FILL, "AE:T1", "E1", "", "M1", "C1", "100")),
        (TRADE.replace("487=0", "487=1"), (ReportKind.BUST, "AE:T1", "", "E1", "M1", "C1", "0")),
        (
            TRADE.replace("487=0", "487=2"),
            (ReportKind.CORRECT, "AE:T1", "E1", "", "M1", "C1", "100"),
        ),
        (TRADE.replace("487=0", "150=H"), (ReportKind.BUST, "AE:T1", "", "E1", "M1", "C1", "0")),
        (TRADE.replace("17=E1|", ""), (ReportKind.FILL, "AE:T1", "", "", "M1", "C1", "100")),
    ],
)  # fmt: skip
def test_a_trade_capture_report_is_read(raw: str, expected: tuple[Any, ...]) -> None:
    told = read_copy(wire(f"35=AE|{raw}"), ENVELOPE, Dialect(name="d", role="drop_copy"), None)
    assert told is not None
    assert (
        told.kind, told.report_id, told.exec_id, told.exec_ref_id, told.trd_match_id,
        told.cl_ord_id, str(told.quantity),
    ) == expected  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (f"35=AE|{TRADE.replace('552=1', '552=2')}", "2 sides"),
        (f"35=AE|{TRADE.replace('571=T1|', '')}", "571"),
        (f"35=AE|{TRADE.replace('17=E1|880=M1|', '')}", "880"),
        (f"35=AE|{TRADE.replace('32=100', '32=0')}", "32"),
        (f"35=AE|{TRADE.replace('487=0', '487=9')}", "150"),
        (f"35=AE|{TRADE.replace('31=9.5', '31=x')}", "31"),
        ("35=9|11=C1|41=C0", "'9'"),
    ],
)
def test_what_cannot_be_read_is_never_dropped(raw: str, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read_copy(wire(raw), ENVELOPE, Dialect(name="d", role="drop_copy"), None)


def test_a_report_that_is_no_execution_tells_nothing() -> None:
    new = wire("35=8|37=O1|17=E0|11=C1|150=0|39=0|55=ABC|54=1")
    assert read_copy(new, ENVELOPE, Dialect(name="d", role="drop_copy"), None) is None


def wire(text: str) -> bytes:
    return f"8=FIX.4.4|{text}|".replace("|", "\x01").encode()


@pytest.mark.parametrize(("role", "copies"), [("drop_copy", []), ("orders", ["BROKER"])])
def test_a_session_copies_others_only_in_that_role(
    tmp_path: Path, role: str, copies: list[str]
) -> None:
    for folder in ("sessions", "dialects"):
        (tmp_path / folder).mkdir()
    (tmp_path / "dialects" / "d.yaml").write_text(yaml.safe_dump({"name": "d", "role": role}))
    session = {
        "name": "S", "dialect": "d", "sender_comp_id": "A", "target_comp_id": "B", "host": "h",
        "port": 1, "copies": copies,
    }  # fmt: skip
    (tmp_path / "sessions" / "S.yaml").write_text(yaml.safe_dump(session))
    with pytest.raises(ConfigInvalid, match="copies"):
        load_session(tmp_path, "S")
