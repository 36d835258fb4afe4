"""The keys of a dialect or session that need a session to be seen, over real sockets."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables

import pytest

from tests.fix.counterparty import Counterparty, Tags, free_port
from tests.fix.engine_stub import order
from tests.fix.rig import Rig
from tradeoms.app.instruction import Instruction, InstructionKind

#: The keys shown here.
KEYS = {
    "session.reset_on_logon", "session.accept_reset", "session.next_expected",
    "session.logon_timeout_s", "session.logout_timeout_s", "ids.charset", "replace.outstanding",
    "replace.changeable", "reports.commit", "recovery.status_request", "recovery.mass_status",
    "recovery.stale_after_s", "recovery.answer_timeout_s", "recovery.resend_orders",
    "recovery.cancel_on_disconnect", "throttle.messages_per_second", "throttle.burst",
    "throttle.at_limit",
}  # fmt: skip

FIRST = order("1-A", approved_quantity=D(1000))


def replaces(*quantities: int) -> list[Instruction]:
    """Replaces that follow each other, each naming the one before."""
    found, orig = [], "1-A"
    for number, quantity in enumerate(quantities):
        name = f"1-R{number}"
        found.append(
            replace(FIRST, kind=InstructionKind.REPLACE, cl_ord_id=name, orig_cl_ord_id=orig,
                    quantity=D(quantity))
        )  # fmt: skip
        orig = name
    return found


def ready(rig: Rig, **sections: object) -> Rig:
    rig.dialect = {**rig.dialect, **sections}
    rig.peer.start()
    return rig.start().ready()


def working(rig: Rig) -> None:
    rig.engine.instruct(FIRST)
    rig.engine.wait("the ack", lambda: rig.engine.kinds("1-A") == ["new"])
    rig.peer.silent = True


@pytest.mark.parametrize(
    ("section", "tag", "value"),
    [({"next_expected": True}, 789, "1"), ({"reset_on_logon": True}, 141, "Y"), ({}, 789, None)],
)
def test_the_logon_says_what_was_agreed(
    rig: Rig, section: dict[str, object], tag: int, value: str | None
) -> None:
    if value == "Y":
        rig.peer.logon_extra = [(141, "Y")]
    ready(rig, session=section)
    assert rig.peer.of_type("A")[0].get(tag) == value


def test_timeouts_of_logon_and_logout_reach_quickfix(rig: Rig) -> None:
    ready(rig, session={"logon_timeout_s": 17, "logout_timeout_s": 3})
    settings = (rig.folder / "fix" / "main" / "quickfix.cfg").read_text()
    assert "LogonTimeout=17\nLogoutTimeout=3\n" in settings


def test_a_numeric_id_leaves_comes_back_and_survives_a_crash(rig: Rig) -> None:
    rig.dialect = {"ids": {"charset": "numeric", "prefix": "9"}}
    rig.peer.start()
    rig.start("sent_before_mark").ready()
    rig.engine.instruct(FIRST)
    rig.died()
    rig.start().ready()
    rig.engine.wait("the ack", lambda: "new" in rig.engine.kinds("1-A"))
    assert rig.peer.executed == ["91110"]
    assert rig.query("SELECT count(*) FROM instructions WHERE state = 'DONE'") == [(1,)]


def test_one_replace_at_a_time_names_what_the_broker_accepted(rig: Rig) -> None:
    ready(rig, replace={"outstanding": "one"})
    working(rig)
    rig.engine.instruct(*replaces(200, 300))
    rig.peer.wait("the first", lambda: rig.peer.of_type("G"))
    rig.peer.send("9", [(37, "O-1-A"), (11, "1-R0"), (41, "1-A"), (39, "0"), (434, "2")])
    rig.peer.wait("the second", lambda: len(rig.peer.of_type("G")) == 2)
    chain = [(tags[11], tags[41], tags[38]) for tags in rig.peer.of_type("G")]
    assert chain == [("1-R0", "1-A", "200"), ("1-R1", "1-A", "300")]


def test_a_waiting_replace_does_not_leave_before_the_answer(rig: Rig) -> None:
    ready(rig, replace={"outstanding": "one"})
    working(rig)
    rig.engine.instruct(*replaces(200, 300))
    cancel = replace(
        FIRST, kind=InstructionKind.CANCEL, cl_ord_id="1-C", orig_cl_ord_id="1-R1", quantity=D(300)
    )
    rig.peer.wait("the first", lambda: rig.peer.of_type("G"))
    rig.engine.instruct(cancel)
    rig.peer.wait("the cancel", lambda: rig.peer.of_type("F"))
    assert rig.peer.of_type("F")[0][41] == "1-R0"
    assert len(rig.peer.of_type("G")) == 1
    rig.engine.wait("held back", lambda: rig.engine.outcomes("1-R1") == ["not_sent"])


def test_chained_replaces_leave_at_once(rig: Rig) -> None:
    ready(rig, replace={"outstanding": "chained"})
    working(rig)
    rig.engine.instruct(*replaces(200, 300))
    rig.peer.wait("both", lambda: len(rig.peer.of_type("G")) == 2)
    assert [(tags[11], tags[41]) for tags in rig.peer.of_type("G")] == [
        ("1-R0", "1-A"), ("1-R1", "1-R0"),
    ]  # fmt: skip


def test_what_the_peer_does_not_change_is_told_as_not_sent(rig: Rig) -> None:
    ready(rig, replace={"changeable": ["quantity"]})
    working(rig)
    (dearer,) = replaces(200)
    rig.engine.instruct(replace(dearer, limit_price=D(11)))
    rig.engine.wait("not sent", lambda: rig.engine.outcomes("1-R0") == ["not_sent"])
    assert "limit_price" in rig.engine.sends("1-R0")[0].reason
    assert not rig.peer.of_type("G")


def orders(count: int) -> list[Instruction]:
    return [order(f"1-{number}") for number in range(count)]


def test_beyond_the_rate_orders_wait_or_come_back(rig: Rig) -> None:
    limit = {"messages_per_second": 1, "burst": 3, "at_limit": "reject"}
    ready(rig, throttle=limit)
    rig.engine.instruct(*orders(8))
    rig.engine.wait("an answer to each", lambda: all(
        rig.engine.outcomes(f"1-{number}") for number in range(8)))  # fmt: skip
    outcomes = [rig.engine.outcomes(f"1-{number}")[0] for number in range(8)]
    assert outcomes[:3] == ["sent"] * 3
    assert "not_sent" in outcomes
    rig.peer.wait("what was sent", lambda: len(rig.peer.executed) == outcomes.count("sent"))


def test_a_basket_within_the_burst_is_not_turned_away(rig: Rig) -> None:
    ready(rig, throttle={"messages_per_second": 1, "burst": 200, "at_limit": "reject"})
    rig.engine.instruct(*orders(150))
    rig.engine.wait("an answer to each", lambda: all(
        rig.engine.outcomes(f"1-{number}") for number in range(150)))  # fmt: skip
    outcomes = [rig.engine.outcomes(f"1-{number}")[0] for number in range(150)]
    assert outcomes == ["sent"] * 150


def test_at_the_limit_orders_queue_and_all_leave(rig: Rig) -> None:
    ready(rig, throttle={"messages_per_second": 20, "burst": 2})
    rig.engine.instruct(*orders(6))
    rig.peer.wait("all", lambda: len(rig.peer.executed) == 6)


def test_after_a_lost_connection_orders_that_the_peer_cancels_are_asked_for(rig: Rig) -> None:
    ready(rig, recovery={**rig.recovery, "cancel_on_disconnect": True})
    rig.engine.instruct(FIRST)
    rig.engine.wait("the ack", lambda: rig.engine.kinds("1-A") == ["new"])

    def canceled(tags: Tags) -> None:
        rig.peer.report(tags, "I", "4")

    rig.peer.on_status = canceled
    rig.peer.cut()
    rig.engine.wait("the question", lambda: "status" in rig.engine.kinds("1-A"))
    assert rig.peer.of_type("H")[-1][11] == "1-A"


def test_reports_committed_together_are_not_lost(rig: Rig) -> None:
    rig.peer.fill_after_ack = True
    ready(rig, reports={"commit": "group"})
    rig.engine.instruct(FIRST)
    rig.engine.wait("the fill", lambda: rig.engine.kinds("1-A") == ["new", "fill"])


def test_a_session_connects_from_the_address_that_is_agreed(rig: Rig) -> None:
    rig.peer.start()
    rig.session = {"source_host": "127.0.0.2"}
    rig.start().ready()
    assert rig.peer.connected_from == "127.0.0.2"


def test_a_backup_host_is_used_when_the_first_does_not_answer(rig: Rig) -> None:
    other = Counterparty().start()
    try:
        rig.session = {
            "port": free_port(), "start_over_s": 60,
            "backup_hosts": [{"host": "127.0.0.1", "port": other.port}],
        }  # fmt: skip
        rig.start().ready()
        rig.engine.instruct(FIRST)
        rig.engine.wait("the ack", lambda: rig.engine.kinds("1-A") == ["new"])
        assert (rig.peer.executed, other.executed) == ([], ["1-A"])
    finally:
        other.stop()
