"""Allocation reports (AS) and requests for confirmations (BH): matched, answered once."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any

import pytest

from tests.engine.house import House, facts, fill, opened, said
from tests.engine.test_confirmations import (
    ack,
    confirmation,
    executed,
    found,
    instruct,
    of_fund,
    outbox,
    sent,
    stored,
)
from tests.engine.test_restart import proven, same
from tradeoms.app.instruction import Instruction, InstructionKind
from tradeoms.app.wire import Frame, GatewayReport, tag_report
from tradeoms.domain.confirmation.commands import (
    AckStatus,
    AffirmConfirmation,
    CancelAllocation,
    RejectConfirmation,
    ReportAllocationReport,
    ReportConfirmationRefused,
    RequestConfirmations,
    part_id,
)
from tradeoms.domain.confirmation.decide import ConfirmationRejection as C
from tradeoms.domain.confirmation.state import AllocationInstruction
from tradeoms.domain.placement.commands import ReportSend, SendOutcome


def tell(house: House, *reports: GatewayReport) -> None:
    for report in reports:
        house.row += 1
        told = (tag_report(replace(report, row=house.row)),)
        house.run(Frame(session="BROKER", epoch=1, row=house.row, reports=told))


def report_of(
    house: House, instruction: AllocationInstruction, report_id: str = "R1", **changes: Any
) -> ReportAllocationReport:
    """The report that is right for an instruction, or changed."""
    lines = tuple(
        replace(
            confirmation(house, instruction.id, line.fund, part_id(report_id, line.account)),
            gross=None, report_id=report_id, alloc_ref=f"wire:{instruction.alloc_id}",
        )
        for line in instruction.lines
    )  # fmt: skip
    report = ReportAllocationReport(
        session="BROKER", row=0, report_id=report_id, transaction="new",
        alloc_id=instruction.alloc_id, quantity=instruction.quantity,
        gross=D(sum(line.gross_minor for line in instruction.lines)) / 100,
        net=sum((line.net or D(0) for line in lines), D(0)), lines=lines, raw="35=AS|",
    )  # fmt: skip
    return replace(report, **changes)


def changed(report: ReportAllocationReport, **changes: Any) -> ReportAllocationReport:
    """The report with its first account changed, and each `confirm_id` and `ref_id` as they are."""
    return replace(report, lines=(replace(report.lines[0], **changes), *report.lines[1:]))


def replacing(report: ReportAllocationReport, old: str) -> ReportAllocationReport:
    lines = tuple(
        replace(line, transaction="replace", ref_id=part_id(old, line.account))
        for line in report.lines
    )
    return replace(report, transaction="replace", ref_id=old, lines=lines)


def statuses(house: House) -> dict[str, str]:
    return {c.fund: c.status.value for c in house.book.street.confirmations.values()}


def open_breaks(house: House) -> list[str]:
    return [b.detail for b in house.book.breaks.values() if b.status == "open"]


def answers(house: House) -> list[Instruction]:
    return [x for x in outbox(house) if x.kind is InstructionKind.ALLOCATION_REPORT_ACK]


def decide(house: House, fund: str, *, reject: str = "") -> None:
    key = of_fund(house, fund).id
    command = (
        RejectConfirmation(confirmation_id=key, reason=reject)
        if reject
        else AffirmConfirmation(confirmation_id=key)
    )
    house.get(command, user="olga")


def test_a_report_confirms_every_fund_and_is_accepted_with_the_last_of_them(data: Path) -> None:
    with opened(data) as house:
        key = instruct(house, executed(house))
        report = report_of(house, found(house, key))
        tell(house, sent(house, key), ack(house, key, AckStatus.ACCEPTED), report)
        assert statuses(house) == {"A": "matched", "B": "matched"}
        assert found(house, key).status == "confirmed"
        seq = house.engine.seq
        tell(house, report)
        assert house.engine.seq == seq, "what comes again changes nothing"
        decide(house, "A")
        assert not answers(house), "the report is answered as a whole"
        state = facts(house.book)
    with opened(data) as house:
        same(facts(house.book), state)
        decide(house, "B")
        assert stored(house, key).status == "affirmed"
        (told,) = answers(house)
        assert told.posttrade is not None
        assert (told.posttrade.transaction, told.posttrade.confirm_id, told.posttrade.ref_id) == (
            "affirm", "R1", f"wire:{stored(house, key).alloc_id}",
        )  # fmt: skip
        outcome = ReportSend(
            session="BROKER", row=0, outcome=SendOutcome.SENT, cl_ord_id=told.cl_ord_id
        )
        tell(house, outcome)
        assert not house.book.breaks
    with opened(data) as house:
        tell(house, report)
        assert not house.book.breaks, "a repeat of what is settled is found in the database"
        assert len(answers(house)) == 1
        tell(house, changed(report, quantity=D(1)))
        assert open_breaks(house) == ["AllocReportID R1 came before with other content"]
    proven(data)


@pytest.mark.parametrize(
    ("line", "whole", "words"),
    [
        ({"quantity": D(79)}, {"quantity": D(132)}, "A: quantity 79, not 80"),
        ({"avg_px": D("99.51")}, {}, "A: average price 99.51, not 99.50744361"),
        ({"commission": D(2)}, {}, "A: net 7961.85, which gross and costs do not come to"),
        ({}, {"quantity": D(134)}, "the accounts get 133 of 134"),
        ({}, {"gross": D("13234.50")}, "gross of all 13234.5, not 13234.49"),
        ({}, {"net": D("1.00")}, "net of all 1, its accounts 13236.99"),
    ],
)
def test_what_a_report_says_otherwise_is_a_break_until_it_is_answered(
    house: House, line: dict[str, Any], whole: dict[str, Any], words: str
) -> None:
    key = instruct(house, executed(house))
    report = changed(report_of(house, found(house, key), **whole), **line)
    tell(house, report)
    assert of_fund(house, "A").status == "mismatched"
    (told,) = open_breaks(house)
    assert words in told
    decide(house, "A", reject="not what we booked")
    assert statuses(house) == {"A": "rejected", "B": "rejected"}
    (answer,) = answers(house)
    assert answer.posttrade is not None
    assert (answer.posttrade.transaction, answer.posttrade.text) == ("reject", "not what we booked")
    assert not open_breaks(house)
    assert found(house, key).confirmed == ()


def test_an_account_that_is_left_out_is_told_with_the_others(house: House) -> None:
    key = instruct(house, executed(house))
    report = report_of(house, found(house, key))
    tell(house, replace(report, lines=report.lines[:1], quantity=D(80), gross=None, net=None))
    assert of_fund(house, "A").differences == ("account B is left out",)


def test_a_replacement_takes_the_place_of_a_report_and_a_cancel_takes_it_back(house: House) -> None:
    key = instruct(house, executed(house))
    wrong = changed(report_of(house, found(house, key)), avg_px=D(99))
    tell(house, wrong)
    assert len(open_breaks(house)) == 1
    tell(house, replacing(report_of(house, found(house, key), "R2"), "R1"))
    assert not open_breaks(house)
    assert statuses(house) == {"A": "matched", "B": "matched"}
    assert found(house, key).confirmed == ("A", "B")
    cancel = ReportAllocationReport(
        session="BROKER", row=0, report_id="R3", transaction="cancel", ref_id="R2"
    )
    tell(house, cancel)
    assert found(house, key).confirmed == ()
    tell(house, replace(cancel, ref_id="R9"))
    assert open_breaks(house) == ["an allocation report 'R9' is canceled, which is not known"]


def test_an_account_that_the_replacement_drops_is_taken_back(house: House) -> None:
    key = instruct(house, executed(house))
    tell(house, report_of(house, found(house, key)))
    second = replacing(report_of(house, found(house, key), "R2"), "R1")
    tell(house, replace(second, lines=second.lines[:1]))
    assert found(house, key).confirmed == ("A",)


def test_a_report_without_an_instruction_is_held_against_what_is_booked(data: Path) -> None:
    with opened(data) as house:
        placement = executed(house)
        key = instruct(house, placement)
        right = report_of(house, found(house, key))
        tell(house, sent(house, key))
        house.get(CancelAllocation(instruction_id=key, reason="they report by AS"), user="olga")
        alone = replace(
            right, alloc_id="", cl_ord_id=placement["cl_ord_id"],
            lines=tuple(replace(line, alloc_id="") for line in right.lines),
        )  # fmt: skip
        before = len(outbox(house))
        tell(house, alone)
        assert statuses(house) == {"A": "matched", "B": "matched"}
        assert len(outbox(house)) == before, "nothing is told to the broker by this"
        mine = [c.instruction_id for c in house.book.street.confirmations.values()]
        assert mine == ["", ""], "an instruction that was never made is not named"
        decide(house, "A")
        state = facts(house.book)
    with opened(data) as house:
        same(facts(house.book), state)
        decide(house, "B")
        (told,) = answers(house)
        assert told.placement_id == placement["id"]
    proven(data)


def test_why_nothing_is_booked_for_a_report_is_told(house: House) -> None:
    placement = executed(house)
    key = instruct(house, placement)
    right = report_of(house, found(house, key))
    other = house.placed(2)
    tell(house, replace(right, alloc_id="", cl_ord_id=other["cl_ord_id"]))
    told = of_fund(house, "").differences
    assert told[-1] == f"no execution of {found(house, key).trade_on} counts"


def test_a_report_of_nothing_of_ours_waits_for_a_person_and_gets_no_answer(house: House) -> None:
    key = instruct(house, executed(house))
    stray = report_of(house, found(house, key), alloc_id="NOT-OURS")
    stray = replace(stray, lines=tuple(replace(x, alloc_id="NOT-OURS") for x in stray.lines))
    tell(house, stray)
    assert {c.status for c in house.book.street.confirmations.values()} == {"mismatched"}
    assert len(open_breaks(house)) == 1
    first = next(iter(house.book.street.confirmations.values()))
    house.get(RejectConfirmation(confirmation_id=first.id, reason="not ours"), user="olga")
    assert not answers(house)
    assert not open_breaks(house)


def test_missing_confirmations_are_asked_for(data: Path) -> None:
    with opened(data) as house:
        key = instruct(house, executed(house))
        ask = RequestConfirmations(instruction_id=key)
        assert house.refused(ask, user="olga") == [C.INSTRUCTION_IN_DOUBT]
        tell(house, sent(house, key), ack(house, key, AckStatus.ACCEPTED))
        assert house.get(ask, user="olga")["accounts"] == ["A", "B"]
        tell(house, confirmation(house, key, "A"))
        assert house.get(ask, user="olga")["accounts"] == ["B"]
        both, one = outbox(house)[1:]
        assert both.posttrade is not None
        assert one.posttrade is not None
        assert (both.posttrade.account, one.posttrade.account) == ("", "B")
        assert one.posttrade.ref_id == found(house, key).alloc_id
        assert both.cl_ord_id != one.cl_ord_id
        state = facts(house.book)
    with opened(data) as house:
        same(facts(house.book), state)
        outcome = ReportSend(
            session="BROKER", row=0, outcome=SendOutcome.SENT, cl_ord_id=one.cl_ord_id
        )
        tell(house, outcome)
        assert found(house, key).request_sent == "sent"
        refusal = ReportConfirmationRefused(
            session="BROKER", row=0, request_id=one.cl_ord_id, text="not yet"
        )
        tell(house, refusal)
        assert stored(house, key).request_detail == "refused by the broker: not yet"
        tell(house, replace(refusal, request_id="X"))
        assert len(open_breaks(house)) == 1
        tell(house, confirmation(house, key, "B"))
        assert house.refused(ask, user="olga") == [C.CONFIRMATIONS_COMPLETE]
    proven(data)


def test_a_request_that_the_session_rejects_says_so(house: House) -> None:
    key = instruct(house, executed(house))
    tell(house, sent(house, key))
    house.get(RequestConfirmations(instruction_id=key), user="olga")
    house.hear(said(outbox(house)[-1].cl_ord_id, "session_rejected", text="what is BH"))
    assert found(house, key).request_detail == "refused by the broker: what is BH"
    assert found(house, key).status == "sent"


def test_requests_are_refused(house: House) -> None:
    nobody = RequestConfirmations(instruction_id="ali_9")
    assert house.refused(nobody, user="olga") == [C.INSTRUCTION_UNKNOWN]
    key = instruct(house, executed(house))
    tell(house, sent(house, key), ack(house, key, AckStatus.REJECTED))
    ask = RequestConfirmations(instruction_id=key)
    assert house.refused(ask, user="olga") == [C.INSTRUCTION_OVER]


def test_a_report_before_the_day_is_complete_is_told_why(house: House) -> None:
    placement = executed(house)
    key = instruct(house, placement)
    right = report_of(house, found(house, key))
    house.hear(fill(placement["cl_ord_id"], "E7", 10, "99.5"))
    tell(house, right)
    assert of_fund(house, "A").differences == ("the instruction is outdated: executions changed",)
