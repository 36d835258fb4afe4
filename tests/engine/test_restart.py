"""What a stopped engine leaves, the next one finds: the same book, numbers and proof."""

from __future__ import annotations

import sqlite3
from datetime import date
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any

import pytest

from tests.engine.house import FUNDS, House, buy, facts, fill, opened, said
from tests.engine.traffic import Traffic
from tradeoms import bootstrap
from tradeoms.app.wire import Attach, Frame, Watermark
from tradeoms.domain.kill.commands import ThrowKillSwitch
from tradeoms.domain.kill.scope import KillScope
from tradeoms.domain.order.commands import AmendOrder, CancelOrder
from tradeoms.domain.placement.commands import ReportSend, SendOutcome
from tradeoms.domain.reference.commands import RollDay
from tradeoms.domain.ruleset.commands import DefineRules, RuleText
from tradeoms.kernel.enums import ExecutionStatus, OrdStatus
from tradeoms.kernel.errors import CommitFailed, ControlsDiffer, LeaseHeld
from tradeoms.settings import Settings

TOMORROW = date(2010, 1, 5)


def proven(data: Path) -> None:
    """The read models are what the journal says, and the chain holds."""
    assert bootstrap.replay(Settings(data=data)).differing == ()
    assert bootstrap.verify(Settings(data=data)).ok


def same(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    for name, value in wanted.items():
        assert found[name] == value, name


@pytest.mark.parametrize("seed", range(1, 7))
def test_after_any_traffic_a_restart_and_a_replay_give_the_same_book(data: Path, seed: int) -> None:
    with opened(data) as house:
        Traffic(house, seed).run(250)
        before, seq = facts(house.book), house.engine.seq
    with opened(data) as house:
        same(facts(house.book), before)
        assert house.engine.seq == seq
        Traffic(house, seed + 100).run(50)
    proven(data)


def test_a_failed_commit_kills_and_the_next_engine_resumes(data: Path) -> None:
    with opened(data) as house:
        placement = house.placed(1)
        before, seq = facts(house.book), house.engine.seq
        _forbid_writing(data)
        with pytest.raises(CommitFailed) as failed:
            house.hear(fill(placement["cl_ord_id"], "E1", 100))
        assert failed.value.outcome_known
        with pytest.raises(CommitFailed):
            house.get(buy(2))
    _allow_writing(data)
    with opened(data) as house:
        same(facts(house.book), before)
        assert house.engine.seq == seq
        house.hear(fill(placement["cl_ord_id"], "E1", 100))
        assert house.book.orders[placement["order_id"]].cum_qty == D(100)
    proven(data)


def _forbid_writing(data: Path) -> None:
    with sqlite3.connect(_file(data)) as link:
        link.execute(
            "CREATE TRIGGER full BEFORE INSERT ON journal "
            "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )


def _allow_writing(data: Path) -> None:
    with sqlite3.connect(_file(data)) as link:
        link.execute("DROP TRIGGER full")


def _file(data: Path) -> Path:
    (found,) = data.glob("*.db")
    return found


def test_nothing_of_a_failed_batch_is_left(data: Path) -> None:
    with opened(data) as house:
        _forbid_writing(data)
        with pytest.raises(CommitFailed):
            house.run(house.command(buy(1), key="k", sha256="s"), house.command(buy(2)))
    _allow_writing(data)
    with opened(data) as house:
        assert house.book.orders == {}
        assert house.ask(buy(1), key="k", sha256="s").replayed is False


def test_two_engines_never_run_on_one_database(data: Path) -> None:
    with opened(data), pytest.raises(LeaseHeld), opened(data):
        pass


def test_ids_of_two_lives_of_an_engine_are_never_the_same(data: Path) -> None:
    seen: list[str] = []
    for life in range(3):
        with opened(data) as house:
            placements = [house.placed(f"{life}-{n}") for n in range(3)]
            seen += [p["cl_ord_id"] for p in placements] + [p["id"] for p in placements]
    assert len(seen) == len(set(seen)) == 18


# Old orders


def finished(house: House) -> Any:
    """A filled order that a new day let go."""
    placement = house.placed(1)
    house.hear(said(placement["cl_ord_id"], "new", broker_order_id="B1"))
    house.hear(fill(placement["cl_ord_id"], "E1", 600), fill(placement["cl_ord_id"], "E2", 300))
    house.hear(said(placement["cl_ord_id"], "canceled"))
    house.get(CancelOrder(order_id=placement["order_id"]))
    house.get(RollDay(trade_on=TOMORROW), user="olga")
    assert (house.book.orders, house.book.placements, house.book.executions) == ({}, {}, {})
    return placement


def test_a_late_fill_on_an_order_let_go_is_booked(data: Path) -> None:
    with opened(data) as house:
        placement = finished(house)
        house.hear(fill(placement["cl_ord_id"], "E3", 50))
        (order,) = house.book.orders.values()
        assert order.cum_qty == D(950)
        assert house.book.executions[_execution(house, "E3")].late
        before = facts(house.book)
    with opened(data) as house:
        same(facts(house.book), before)
    proven(data)


def _execution(house: House, exec_id: str) -> str:
    return house.book.exec_ids["BROKER", exec_id]


def test_a_late_fill_in_the_commit_that_ends_the_day_is_booked(data: Path) -> None:
    with opened(data) as house:
        placement = house.placed(1)
        house.hear(
            fill(placement["cl_ord_id"], "E1", 600), said(placement["cl_ord_id"], "canceled")
        )
        house.get(CancelOrder(order_id=placement["order_id"]))
        house.run(
            house.command(RollDay(trade_on=TOMORROW), user="olga"),
            house.frame(fill(placement["cl_ord_id"], "E2", 50)),
        )
        assert house.book.orders[placement["order_id"]].cum_qty == D(650)
        before = facts(house.book)
    with opened(data) as house:
        same(facts(house.book), before)
    proven(data)


def test_an_old_execution_can_be_busted_after_a_late_fill_and_a_restart(data: Path) -> None:
    with opened(data) as house:
        placement = finished(house)
        house.hear(fill(placement["cl_ord_id"], "E3", 50))
    with opened(data) as house:
        bust = said(placement["cl_ord_id"], "bust", exec_id="E4", exec_ref_id="E1")
        house.hear(bust)
        assert house.book.executions[_execution(house, "E1")].status is ExecutionStatus.BUSTED
        assert house.book.breaks == {}
    proven(data)


def test_a_repeated_fill_on_an_order_let_go_changes_nothing(data: Path) -> None:
    with opened(data) as house:
        placement = finished(house)
        seq = house.engine.seq
        house.hear(fill(placement["cl_ord_id"], "E1", 600))
        assert house.engine.seq == seq
    proven(data)


def test_a_question_about_an_order_let_go_leaves_no_trace_in_its_rows(data: Path) -> None:
    with opened(data) as house:
        placement = finished(house)
        amend = AmendOrder(order_id=placement["order_id"], expected_version=1, quantity=D(5))
        assert house.refused(amend) == ["order_closed"]
        house.get(RollDay(trade_on=date(2010, 1, 6)), user="olga")
        assert house.book.orders == {}
    proven(data)


# Gateways


def test_a_frame_that_comes_twice_has_one_effect(house: House) -> None:
    placement = house.placed(1)
    frame = house.frame(fill(placement["cl_ord_id"], "E1", 100))
    first, second = house.run(frame, frame).answers
    assert first == second == Watermark(session="BROKER", epoch=1, row=frame.row)
    seq = house.engine.seq
    changed = Frame(
        session="BROKER", epoch=1, row=frame.row,
        reports=house.frame(fill(placement["cl_ord_id"], "E9", 100)).reports,
    )  # fmt: skip
    assert house.run(changed).answers == [first]
    assert house.engine.seq == seq
    assert house.book.orders[placement["order_id"]].cum_qty == D(100)


def test_watermarks_outlive_the_engine_and_are_kept_apart(data: Path) -> None:
    with opened(data) as house:
        placement = house.placed(1)
        frame = house.frame(fill(placement["cl_ord_id"], "E1", 100))
        house.run(frame)
        empty = Frame(session="BROKER", epoch=2, row=5, reports=())
        assert house.run(empty).answers == [Watermark(session="BROKER", epoch=2, row=5)]
    with opened(data) as house:
        assert house.engine.marks["BROKER", 1] == frame.row
        assert house.engine.marks["BROKER", 2] == 5
        seq = house.engine.seq
        house.run(frame)
        assert house.engine.seq == seq


def test_a_lost_wire_journal_sends_nothing_again_and_asks_for_every_status(data: Path) -> None:
    with opened(data) as house:
        known = house.placed(1)
        house.hear(said(known["cl_ord_id"], "new"))
        unsure = house.placed(2)
        done = house.placed(3)
        house.hear(fill(done["cl_ord_id"], "E1", 1000))
        out = house.placed(4)
        left = SendOutcome.SENT
        house.hear(ReportSend(session="BROKER", row=0, outcome=left, cl_ord_id=out["cl_ord_id"]))
        numbers = len(house.instructions())
        same_journal = house.run(Attach(session="BROKER", journal_id="j1", number=2))
        assert same_journal.answers == [2]
        (behind,) = house.run(Attach(session="BROKER", journal_id="j2", number=0)).answers
        assert behind == numbers
        assert house.instructions(numbers) == [
            ("status", known["cl_ord_id"]), ("status", unsure["cl_ord_id"]),
            ("status", out["cl_ord_id"]),
        ]  # fmt: skip
        assert house.book.placements[unsure["id"]].ord_status is OrdStatus.UNKNOWN
        assert house.book.placements[out["id"]].ord_status is OrdStatus.UNKNOWN
        assert house.book.placements[known["id"]].ord_status is OrdStatus.NEW
    with opened(data) as house:
        assert house.book.gateways["BROKER"] == "j2"
        assert house.book.placements[unsure["id"]].ord_status is OrdStatus.UNKNOWN
        house.hear(said(unsure["cl_ord_id"], "status", ord_status=OrdStatus.REJECTED))
        assert house.book.placements[unsure["id"]].ord_status is OrdStatus.REJECTED
        house.hear(said(out["cl_ord_id"], "status", ord_status=OrdStatus.REJECTED, reason="5"))
        assert not house.book.placements[out["id"]].is_open, "nobody asks a second time"
    with opened(data) as house:
        house.hear(said(out["cl_ord_id"], "new"))
        assert house.book.placements[out["id"]].ord_status is OrdStatus.NEW
    proven(data)


def test_a_database_without_its_end_asks_for_every_status_and_counts_on_above(data: Path) -> None:
    with opened(data) as house:
        known = house.placed(1)
        house.hear(said(known["cl_ord_id"], "new"))
        unsure = house.placed(2)
        assert len(house.instructions()) == 2
        (behind,) = house.run(Attach(session="BROKER", journal_id="j1", number=500)).answers
        assert behind == 500
        assert house.book.placements[unsure["id"]].ord_status is OrdStatus.UNKNOWN
        assert house.instructions(500) == [
            ("status", known["cl_ord_id"]), ("status", unsure["cl_ord_id"]),
        ]  # fmt: skip
    with opened(data) as house:
        house.placed(3)
        assert len(house.instructions(500)) == 3
    proven(data)


def test_the_outbox_goes_on_counting_after_a_restart(data: Path) -> None:
    with opened(data) as house:
        first = house.placed(1)
    with opened(data) as house:
        second = house.placed(2)
        assert house.instructions() == [("new", first["cl_ord_id"]), ("new", second["cl_ord_id"])]
        assert house.instructions(1) == [("new", second["cl_ord_id"])]


@pytest.mark.parametrize(
    ("statement", "row"),
    [
        ("UPDATE rules SET state = replace(state, '50000', '90000')", "rules cap"),
        ("DELETE FROM rules", "rules cap"),
        ("UPDATE users SET state = replace(state, '\"trader\"', '\"admin\"') WHERE id = 'tom'",
         "users tom"),
        (
            "INSERT INTO users SELECT 'eve', seq, state, 0, 0 FROM users WHERE id = 'ada'",
            "users eve",
        ),
        ("UPDATE funds SET state = replace(state, '\"A\"', '\"Z\"') WHERE code = 'A'", "funds A"),
        ("UPDATE kill_switches SET status = 'released'", "kill_switches kil_00000001"),
        ("DELETE FROM destinations", "destinations BROKER"),
    ],
)  # fmt: skip
def test_k14_a_limit_or_right_changed_past_the_engine_stops_its_start(
    data: Path, statement: str, row: str
) -> None:
    definition = '{"id": "cap", "version": 1, "kind": "order", "max_value": "50000"}'
    with opened(data) as house:
        text = RuleText(rule_id="cap", version=1, definition=definition)
        house.get(DefineRules(rules=(text,)), user="ada")
        house.get(
            ThrowKillSwitch(switch_id="kil_00000001", kind=KillScope.FIRM, value="", reason="test"),
            user="rita",
        )
    with opened(data):
        pass
    with sqlite3.connect(data / "tradeoms.db") as link:
        assert link.execute(statement).rowcount
    link.close()
    with pytest.raises(ControlsDiffer, match=row), opened(data):
        pass


def test_a_row_that_an_older_build_wrote_with_fewer_fields_is_no_change(data: Path) -> None:
    with sqlite3.connect(data / "tradeoms.db") as link:
        older = "UPDATE funds SET state = json_remove(state, '$.personal')"
        assert link.execute(older).rowcount == len(FUNDS)
    link.close()
    with opened(data) as house:
        assert not house.book.funds["A"].personal
