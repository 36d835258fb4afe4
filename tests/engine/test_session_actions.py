"""Actions on FIX sessions in the engine: who may, what waits for whom, what is on record."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.engine.house import House, facts, opened
from tests.engine.test_restart import proven, same
from tradeoms.app.wire import Frame, tag_report
from tradeoms.domain.placement.events import BreakKind
from tradeoms.domain.session.commands import (
    ActOnSession,
    ApproveSessionAction,
    RecordUndelivered,
    RefuseSessionAction,
    ReportGap,
    ReportHold,
    ReportSessionAction,
)
from tradeoms.domain.session.decide import SessionRejection as S
from tradeoms.domain.session.state import APPROVE_WITHIN, ActionStatus, outbound_hold

LOGON = ActOnSession(session="BROKER", action="logon", reason="explained")
SET = ActOnSession(session="BROKER", action="set_sequence", number=7, reason="as they say")


def told(house: House, action_id: str, outcome: str = "done", detail: str = "") -> None:
    report = ReportSessionAction(
        session="BROKER", row=0, action_id=action_id, outcome=ActionStatus(outcome), detail=detail
    )
    house.row += 1
    tagged = (tag_report(replace(report, row=house.row)),)
    house.run(Frame(session="BROKER", epoch=1, row=house.row, reports=tagged))


def status(house: House, action_id: str) -> str:
    return house.book.session_actions[action_id].status.value


def test_an_action_of_one_person_goes_to_the_gateway_and_its_outcome_on_record(
    house: House,
) -> None:
    released = house.run(house.command(LOGON, user="olga"))
    (sent,) = released.actions
    assert (sent.session, sent.action, sent.reason) == ("BROKER", "logon", "explained")
    assert status(house, sent.id) == "sent"
    told(house, sent.id, "done", "may log on")
    told(house, sent.id, "failed", "told again, too late")
    action = house.book.session_actions[sent.id]
    assert (action.status, action.detail) == ("done", "may log on")


def test_a_sequence_number_takes_two_people(house: House) -> None:
    asked = house.run(house.command(SET, user="olga"))
    assert asked.actions == [], "nothing leaves before the second person"
    (action_id,) = house.book.session_actions
    approve = ApproveSessionAction(action_id=action_id, reason="seen it")
    assert house.refused(approve, user="olga") == [S.SAME_PERSON]
    assert house.refused(approve, user="tom") == ["not_permitted"]
    assert house.refused(replace(approve, reason=" "), user="rita") == [S.REASON_MISSING]
    (sent,) = house.run(house.command(approve, user="rita")).actions
    assert (sent.id, sent.action, sent.number, sent.outgoing) == (
        action_id, "set_sequence", 7, False,
    )  # fmt: skip
    assert house.refused(approve, user="rita") == [S.SESSION_ACTION_SETTLED]


def test_an_old_approval_would_hit_other_numbers(house: House) -> None:
    action_id = house.get(SET, user="olga")["id"]
    asked = house.book.session_actions[action_id]
    early = asked.created_at - APPROVE_WITHIN - timedelta(seconds=1)
    house.book.session_actions[action_id] = replace(asked, created_at=early)
    approve = ApproveSessionAction(action_id=action_id, reason="seen it")
    assert house.refused(approve, user="rita") == [S.APPROVAL_TOO_LATE]
    house.get(RefuseSessionAction(action_id=action_id, reason="too late"), user="olga")
    assert status(house, action_id) == "refused"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (replace(LOGON, session="NO"), S.SESSION_UNKNOWN),
        (replace(LOGON, action="dance"), S.ACTION_KIND_UNKNOWN),
        (replace(SET, number=0), S.SEQUENCE_NUMBER_RANGE),
        (replace(SET, number=2**31), S.SEQUENCE_NUMBER_RANGE),
        (replace(LOGON, number=5), S.SEQUENCE_NUMBER_RANGE),
        (replace(SET, direction="up"), S.DIRECTION_UNKNOWN),
        (replace(LOGON, reason=" "), S.REASON_MISSING),
        (ApproveSessionAction(action_id="sac_9", reason="x"), S.SESSION_ACTION_UNKNOWN),
        (RefuseSessionAction(action_id="sac_9", reason="x"), S.SESSION_ACTION_UNKNOWN),
    ],
)
def test_what_is_wrong_is_refused_and_changes_nothing(
    house: House, command: object, code: S
) -> None:
    assert house.refused(command, user="ada") == [code]
    assert not house.book.session_actions


def test_the_newest_word_on_outbound_messages_stands_delivered_or_not(house: House) -> None:
    def held() -> str:
        found = outbound_hold(house.book.session_actions.values(), "BROKER")
        return found.reason if found else ""

    hold = replace(LOGON, action="hold_outbound", reason="wrong prices")
    action_id = house.get(hold, user="tom")["id"]
    house.get(RecordUndelivered(action_id=action_id), user="system")
    assert status(house, action_id) == "undelivered"
    assert held() == "wrong prices"
    told(house, action_id)
    assert status(house, action_id) == "done", "the gateway heard of it when it attached"
    house.get(replace(hold, action="release_outbound"), user="olga")
    assert held() == ""
    house.get(replace(hold, session="OTHER"), user="olga")
    assert held() == ""


def test_a_restart_and_a_replay_come_to_the_same_actions(data: Path) -> None:
    with opened(data) as house:
        waiting = house.get(SET, user="olga")["id"]
        house.get(replace(LOGON, action="hold_outbound"), user="tom")
        told(house, house.get(LOGON, user="tom")["id"], "failed", "no")
        before = facts(house.book)
    with opened(data) as house:
        same(facts(house.book), before)
        assert status(house, waiting) == "waiting"
    proven(data)


def test_a_hold_of_the_gateways_own_stands_until_a_person_releases_it(house: House) -> None:
    house.row += 1
    report = ReportHold(session="BROKER", row=house.row, reason="circuit breaker: 100 rejects")
    house.run(Frame(session="BROKER", epoch=1, row=house.row, reports=(tag_report(report),)))
    held = outbound_hold(house.book.session_actions.values(), "BROKER")
    assert held is not None
    assert (held.status, held.requested_by) == ("done", "session:BROKER")
    assert held.reason == "circuit breaker: 100 rejects"
    house.get(replace(LOGON, action="release_outbound"), user="olga")
    assert outbound_hold(house.book.session_actions.values(), "BROKER") is None


def test_a_gap_that_stands_is_one_break_and_its_end_closes_it(house: House) -> None:
    def tell(expected: int, highest: int, seconds: int) -> None:
        house.row += 1
        report = ReportGap(
            session="BROKER", row=house.row, expected=expected, highest=highest, seconds=seconds
        )
        house.run(Frame(session="BROKER", epoch=1, row=house.row, reports=(tag_report(report),)))

    def shown() -> list[tuple[str, str, str]]:
        kind = BreakKind.MESSAGES_MISSING
        found = [each for each in house.book.breaks.values() if each.kind is kind]
        return [(each.session, each.status, each.resolution) for each in found]

    tell(0, 0, 0)
    assert shown() == []
    tell(7, 99_999, 30)
    tell(8, 99_999, 60)
    assert shown() == [("BROKER", "open", "")]
    (found,) = house.book.breaks.values()
    assert "message 7 is missing for 30 s, 99999 was seen: no request leaves" in found.detail
    tell(0, 0, 0)
    assert shown() == [("BROKER", "resolved", "nothing is missing any more")]
    tell(9, 99_999, 30)
    assert [status for _, status, _ in shown()] == ["resolved", "open"]
