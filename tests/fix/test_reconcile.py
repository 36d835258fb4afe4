"""Asking how every open order stands, over real quickfix: AF, then H for what it leaves out."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.fix.counterparty import Pairs, Tags
from tests.fix.engine_stub import order
from tests.fix.rig import Rig
from tradeoms.domain.session.commands import ReportSessionAction
from tradeoms.fix.throttle import Throttle


def opened(rig: Rig, *cl_ord_ids: str) -> dict[str, Tags]:
    """Orders that the peer has, as it received them."""
    rig.engine.instruct(*(order(each) for each in cl_ord_ids))
    engine = rig.engine
    engine.wait("the acks", lambda: all(engine.kinds(each) for each in cl_ord_ids))
    return {tags[11]: tags for tags in rig.peer.of_type("D")}


def status(rig: Rig, tags: Tags, *extra: tuple[int, str]) -> None:
    """The peer tells how an order stands."""
    body = rig.peer.report_pairs(tags, "I", "0", list(extra))
    rig.peer.send("8", [(tag, "100" if tag == 151 else text) for tag, text in body])


def denial(cl_ord_id: str, *extra: tuple[int, str]) -> Pairs:
    """Unknown order (103=5)."""
    return [
        (37, "NONE"), (11, cl_ord_id), (17, "0"), (150, "I"), (39, "8"), (103, "5"), (55, "ABC"),
        (54, "1"), (151, "0"), (14, "0"), (6, "0"), *extra,
    ]  # fmt: skip


def reconcile(rig: Rig, action: str) -> tuple[str, str]:
    """Ask for it as a person does; what became of it."""
    rig.engine.act("peer", "reconcile", id=action, reason="start of day")

    def told() -> list[ReportSessionAction]:
        return [
            each
            for each in list(rig.engine.reports)
            if isinstance(each, ReportSessionAction) and each.action_id == action
        ]

    rig.engine.wait("the outcome", told, timeout_s=60)
    (only,) = told()
    return only.outcome.value, only.detail


def test_a_mass_status_request_asks_for_all_and_single_ones_for_what_it_leaves_out(
    rig: Rig,
) -> None:
    rig.recovery |= {"mass_status": True, "answer_timeout_s": 60}
    rig.peer.start()
    rig.start().ready()
    placed = opened(rig, "C1", "C2", "C3")

    def answer(tags: Tags) -> None:
        if tags[35] == "AF":
            echo = (584, tags[584])
            status(rig, placed["C1"], echo, (911, "2"), (912, "N"))
            stranger = {**placed["C1"], 11: "THEIRS"}
            status(rig, stranger, echo, (911, "2"), (912, "Y"))
        elif tags[11] == "C2":
            status(rig, placed["C2"])
        else:
            rig.peer.send("8", denial(tags[11]))

    rig.peer.on_status = answer
    outcome, detail = reconcile(rig, "sac_1")
    assert outcome == "done"
    assert detail.startswith("3 open orders asked for: 2 told of, 1 not known")
    assert [tags[11] for tags in rig.peer.of_type("H")] == ["C2", "C3"]
    (asked,) = rig.peer.of_type("AF")
    assert asked[585] == "7"
    engine = rig.engine
    engine.wait("all reports", lambda: engine.kinds("C3") == ["new", "status"])
    assert [engine.kinds(each) for each in ("C1", "C2", "THEIRS")] == [
        ["new", "status"], ["new", "status"], ["status"],
    ]  # fmt: skip


def test_a_mass_status_request_that_is_refused_or_finds_nothing(rig: Rig) -> None:
    rig.recovery |= {"mass_status": True, "answer_timeout_s": 60}
    rig.peer.start()
    rig.start().ready()
    rig.peer.on_status = lambda tags: rig.peer.send(
        "8", denial("", (584, tags[584]), (911, "0"), (912, "Y"))
    )
    assert reconcile(rig, "sac_1")[0] == "done"
    placed = opened(rig, "C1")

    def refuse(tags: Tags) -> None:
        if tags[35] == "AF":
            rig.peer.send("j", [(45, tags[34]), (372, "AF"), (380, "3")])
        else:
            status(rig, placed["C1"])

    rig.peer.on_status = refuse
    outcome, detail = reconcile(rig, "sac_2")
    assert (outcome, detail[:42]) == ("done", "1 open orders asked for: 1 told of, 0 not ")
    assert not rig.engine.unreadable()


def test_who_does_not_answer_is_a_break_and_the_orders_are_named(rig: Rig) -> None:
    rig.recovery |= {"mass_status": True, "answer_timeout_s": 1}
    rig.peer.start()
    rig.start().ready()
    opened(rig, "C1", "C2")
    rig.peer.on_status = lambda _: None
    outcome, detail = reconcile(rig, "sac_1")
    assert outcome == "failed"
    assert detail.endswith("2 without an answer")
    (told,) = rig.engine.unreadable()
    assert told.raw == "C1, C2"


def test_nothing_is_promised_where_nothing_can_be_asked(rig: Rig) -> None:
    rig.recovery |= {"mass_status": False, "status_request": False}
    rig.peer.start()
    rig.start().ready()
    outcome, detail = reconcile(rig, "sac_1")
    assert (outcome, detail) == ("failed", "the counterparty answers no status requests")
    rig.peer.mute_logon = True
    rig.peer.cut()
    rig.engine.wait("it is down", lambda: not rig.engine.ready("peer"), timeout_s=60)
    assert reconcile(rig, "sac_2") == ("failed", "nothing can be asked: logged off")


def test_questions_keep_the_rate_and_orders_go_before_them(rig: Rig) -> None:
    rig.dialect = {"throttle": {"messages_per_second": 4, "burst": 1}}
    rig.recovery |= {"answer_timeout_s": 1}
    rig.peer.start()
    rig.start().ready()
    names = [f"C{number}" for number in range(6)]
    placed = opened(rig, *names)

    def answer(tags: Tags) -> None:
        if tags[11] == "C0":
            rig.engine.instruct(order("C9"))
        status(rig, placed[tags[11]])

    rig.peer.on_status = answer
    assert reconcile(rig, "sac_1")[0] == "done"
    asked = rig.peer.of_type("H")
    assert [tags[11] for tags in asked] == names, "nobody is asked for twice while others wait"
    at = [datetime.strptime(tags[52], "%Y%m%d-%H:%M:%S.%f") for tags in asked]  # noqa: DTZ007
    assert at[-1] - at[0] >= timedelta(seconds=1), "four in a second"
    (late,) = [tags for tags in rig.peer.of_type("D") if tags[11] == "C9"]
    assert int(late[34]) < int(asked[-1][34]), "the order did not wait for the questions"


def test_questions_leave_half_of_a_full_bucket_to_orders() -> None:
    now = [0.0]
    throttle = Throttle(10, clock=lambda: now[0])
    assert throttle.spare(100) == 5
    throttle.spend(5)
    assert (throttle.spare(100), throttle.allowance(100)) == (0, 5)
    now[0] = 0.2
    assert throttle.spare(100) == 2
    assert throttle.spare(1) == 1
    assert Throttle(0).spare(100) == 100
    assert Throttle(1, 1).spare(100) == 1
