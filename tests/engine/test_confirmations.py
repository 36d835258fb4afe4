"""Allocation instructions and confirmations: exact, once, matched fund by fund, over restarts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from tests.engine.house import House, facts, fill, opened, said
from tests.engine.test_restart import proven, same
from tradeoms.app.instruction import Instruction, Posttrade
from tradeoms.app.market_days import settles_on
from tradeoms.app.wire import Frame, tag_report
from tradeoms.domain.confirmation.commands import (
    AckStatus,
    AffirmConfirmation,
    CancelAllocation,
    InstructAllocation,
    RejectConfirmation,
    ReplaceAllocation,
    ReportAllocationAck,
    ReportConfirmation,
)
from tradeoms.domain.confirmation.decide import ConfirmationRejection as C
from tradeoms.domain.confirmation.state import AllocationInstruction, Confirmation
from tradeoms.domain.placement.commands import ReportSend, SendOutcome
from tradeoms.domain.reference.commands import LoadSecurities, RollDay
from tradeoms.kernel.enums import Side
from tradeoms.projections import tables as t


def executed(house: House) -> Any:
    """A placement of 1,000 for A and B with 100 at 99.50 and 33 at 99.53."""
    placement = house.placed(1)
    own = placement["cl_ord_id"]
    house.hear(fill(own, "E1", 100, "99.50"), fill(own, "E2", 33, "99.53"))
    return placement


def instruct(house: House, placement: Any, **more: Any) -> str:
    command = InstructAllocation(placement_id=placement["id"], **more)
    return str(house.get(command, user="olga")["id"])


def tell(house: House, *reports: ReportAllocationAck | ReportConfirmation | ReportSend) -> None:
    for report in reports:
        house.row += 1
        told = (tag_report(replace(report, row=house.row)),)
        house.run(Frame(session="BROKER", epoch=1, row=house.row, reports=told))


def found(house: House, key: str) -> AllocationInstruction:
    return house.book.street.instructions[key]


def stored(house: House, key: str) -> AllocationInstruction:
    """An instruction as the database has it."""
    with house.engine.recall._engine.connect() as link:
        wanted = sa.select(t.allocation_instructions.c.state)
        state = link.execute(wanted.where(t.allocation_instructions.c.id == key)).scalar_one()
    return msgspec.json.decode(state, type=AllocationInstruction)


def answers_sent(house: House) -> dict[str, str | None]:
    """Fund -> what the gateway did with our answer, as the database has it."""
    with house.engine.recall._engine.connect() as link:
        states = link.execute(sa.select(t.confirmations.c.state)).scalars()
        found = [msgspec.json.decode(state, type=Confirmation) for state in states]
    return {each.fund: each.answer_sent for each in found}


def ack(house: House, key: str, status: AckStatus, **more: str) -> ReportAllocationAck:
    return ReportAllocationAck(
        session="BROKER", row=0, alloc_id=found(house, key).alloc_id, status=status, **more
    )


def sent(house: House, key: str, outcome: SendOutcome = SendOutcome.SENT) -> ReportSend:
    return ReportSend(
        session="BROKER", row=0, outcome=outcome, cl_ord_id=found(house, key).alloc_id
    )


def confirmation(
    house: House, key: str, fund: str, confirm_id: str = "", **changes: Any
) -> ReportConfirmation:
    """The confirmation that is right for a fund, or changed."""
    instruction = found(house, key)
    line = next(line for line in instruction.lines if line.fund == fund)
    gross = D(line.gross_minor) / 100
    report = ReportConfirmation(
        session="BROKER", row=0, confirm_id=confirm_id or f"{instruction.alloc_id}-{fund}",
        transaction="new", alloc_id=instruction.alloc_id, account=line.account, symbol="ABC",
        side=Side.BUY, quantity=line.quantity, avg_px=instruction.avg_px, gross=gross,
        commission=D("1.20"), fees=D("0.05"), net=gross + D("1.25"),
        trade_on=instruction.trade_on,
    )  # fmt: skip
    return replace(report, **changes)


def of_fund(house: House, fund: str) -> Confirmation:
    return [c for c in house.book.street.confirmations.values() if c.fund == fund][-1]


def outbox(house: House) -> list[Instruction]:
    sent = house.engine.instructions_after("BROKER", 0)
    return [each for each in sent if each.kind.is_posttrade]


def affirm(house: House, fund: str, **more: str) -> None:
    command = AffirmConfirmation(confirmation_id=of_fund(house, fund).id, **more)
    house.get(command, user="olga")


def test_the_whole_way_from_the_booking_to_the_affirmation(data: Path) -> None:
    with opened(data) as house:
        placement = executed(house)
        key = instruct(house, placement)
        lines = [(x.fund, x.account, x.quantity, x.gross_minor) for x in found(house, key).lines]
        # 133 at 13,234.49 / 133; A has six of ten of each fill, B the rest.
        assert found(house, key).avg_px == D("99.50744361")
        assert lines == [("A", "A", D(80), 796060), ("B", "B", D(53), 527389)]
        (told,) = outbox(house)
        assert (told.cl_ord_id, told.orig_cl_ord_id) == (
            found(house, key).alloc_id, placement["cl_ord_id"],
        )  # fmt: skip
        assert isinstance(told.posttrade, Posttrade)
        assert told.posttrade.lines == (("A", D(80)), ("B", D(53)))
        assert sum(q for _, q in told.posttrade.lines) == told.posttrade.quantity == 133
        seen = [found(house, key).status]
        for report in (
            sent(house, key), ack(house, key, AckStatus.RECEIVED),
            ack(house, key, AckStatus.ACCEPTED), confirmation(house, key, "A"),
            confirmation(house, key, "B"),
        ):  # fmt: skip
            tell(house, report)
            seen.append(found(house, key).status)
        assert seen == ["unsent", "sent", "received", "accepted", "accepted", "confirmed"]
        assert {c.status for c in house.book.street.confirmations.values()} == {"matched"}
        seq = house.engine.seq
        tell(
            house, sent(house, key), ack(house, key, AckStatus.ACCEPTED),
            again := confirmation(house, key, "A"),
        )  # fmt: skip
        assert house.engine.seq == seq, "what comes again changes nothing"
        affirm(house, "A")
        state = facts(house.book)
    with opened(data) as house:
        same(facts(house.book), state)
        affirm(house, "B")
        assert stored(house, key).status == "affirmed"
        answers = [each.posttrade for each in outbox(house)[1:]]
        assert [(a.transaction, a.account) for a in answers if a] == [
            ("affirm", "A"), ("affirm", "B"),
        ]  # fmt: skip
        house.hear(*(
            ReportSend(session="BROKER", row=0, outcome=SendOutcome.SENT, cl_ord_id=told.cl_ord_id)
            for told in outbox(house)[1:]
        ))  # fmt: skip
        assert answers_sent(house) == {"A": "sent", "B": "sent"}
        instruction = stored(house, key)
        confirmed = f"{instruction.alloc_id}-A"
    with opened(data) as house:
        assert not house.book.street.instructions, "what is finished is not kept in memory"
        tell(house, ReportAllocationAck(
            session="BROKER", row=0, alloc_id=instruction.alloc_id, status=AckStatus.ACCEPTED
        ))  # fmt: skip
        assert stored(house, key) == instruction, "and is found again where it is named"
        tell(house, replace(again, confirm_id=confirmed))
        assert not house.book.breaks
    proven(data)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"quantity": D(79)}, "quantity 79, not 80"),
        ({"avg_px": D("99.51")}, "average price 99.51, not 99.50744361"),
        ({"side": Side.SELL}, "side sell, not buy"),
        ({"symbol": "XYZ"}, "symbol XYZ, not ABC"),
        ({"trade_on": date(2010, 1, 5)}, "trade date 2010-01-05, not 2010-01-04"),
        ({"gross": D("7960.61"), "net": D("7961.86")}, "gross 7960.61, not 7960.6"),
        ({"net": D("7961.86")}, "net 7961.86, which gross and costs do not come to"),
        ({"net": None}, "net money is missing"),
        ({"account": "Z"}, "account Z is not in the instruction"),
        ({"alloc_id": "NOT-OURS"}, "no instruction of ours has the AllocID NOT-OURS"),
    ],
)
def test_what_a_confirmation_says_otherwise_is_an_exception(
    house: House, changes: dict[str, Any], words: str
) -> None:
    key = instruct(house, executed(house))
    tell(house, confirmation(house, key, "A", **changes))
    (told,) = house.book.street.confirmations.values()
    assert told.status == "mismatched"
    assert len(told.differences) == 1
    assert told.differences[0].startswith(words)
    assert "A" not in found(house, key).affirmed


@pytest.mark.parametrize(
    ("settle_days", "settle_on", "told"),
    [
        ("2", date(2010, 1, 6), ()),
        ("2", date(2010, 1, 7), ("settlement on 2010-01-07, not 2010-01-06",)),
        ("10", date(2010, 1, 19), ()),  # XNYS is closed on the 18th, and at week-ends
        ("10", None, ()),
        ("", date(2010, 1, 7), ()),
    ],
)
def test_the_day_of_settlement_is_held_against_the_securitys(
    house: House, settle_days: str, settle_on: date | None, told: tuple[str, ...]
) -> None:
    abc = next(each for each in house.book.securities.values() if each.symbol == "ABC")
    assert abc.mic == "XNYS"
    said = (("settle_days", settle_days),) if settle_days else ()
    house.get(LoadSecurities(securities=(replace(abc, attributes=said),)), user="olga")
    key = instruct(house, executed(house))
    tell(house, confirmation(house, key, "A", settle_on=settle_on))
    assert of_fund(house, "A").differences == told


@pytest.mark.parametrize(
    ("mic", "trade_on", "settle_on"),
    [
        ("XNAS", date(2026, 10, 9), date(2026, 10, 13)),  # Columbus Day is traded, not settled
        ("XLON", date(2026, 10, 9), date(2026, 10, 12)),
        ("XNYS", date(2026, 11, 10), date(2026, 11, 12)),  # Veterans Day
        ("XNYS", date(2029, 11, 9), date(2029, 11, 13)),  # on a Sunday: the Monday after
        ("XNYS", date(2028, 11, 10), date(2028, 11, 13)),  # on a Saturday: no other day
        ("XCBO", date(2026, 10, 9), None),
    ],
)
def test_settlement_days_are_those_of_the_market_but_bank_holidays(
    house: House, mic: str, trade_on: date, settle_on: date | None
) -> None:
    abc = next(iter(house.book.securities.values()))
    assert settles_on(replace(abc, mic=mic, attributes=(("settle_days", "1"),)), trade_on) == (
        settle_on
    )
    assert settles_on(replace(abc, mic=mic, attributes=()), trade_on) is None


def test_money_may_differ_by_the_tolerance_that_was_stated_and_no_more(house: House) -> None:
    key = instruct(house, executed(house), tolerance=D("0.01"))
    near: dict[str, Any] = {"gross": D("7960.61"), "net": D("7961.87"), "avg_px": D("99.5074")}
    tell(house, confirmation(house, key, "A", **near))
    assert of_fund(house, "A").status == "matched"
    tell(house, confirmation(house, key, "B", gross=D("5273.91"), net=D("5275.16")))
    assert of_fund(house, "B").differences == ("gross 5273.91, not 5273.89",)


def test_an_exception_is_affirmed_or_refused_with_a_reason(house: House) -> None:
    key = instruct(house, executed(house))
    tell(house, *(confirmation(house, key, fund, avg_px=D(99)) for fund in "AB"))
    bare = AffirmConfirmation(confirmation_id=of_fund(house, "A").id)
    assert house.refused(bare, user="olga") == [C.CONFIRMATION_REASON]
    affirm(house, "A", reason="agreed by telephone")
    no = RejectConfirmation(confirmation_id=of_fund(house, "B").id, reason="wrong price")
    house.get(no, user="olga")
    assert [a.posttrade.transaction for a in outbox(house)[1:] if a.posttrade] == [
        "affirm", "reject",
    ]  # fmt: skip
    assert house.refused(no, user="olga") == [C.CONFIRMATION_DECIDED]
    assert found(house, key).status == "unsent"
    assert (found(house, key).confirmed, found(house, key).affirmed) == (("A",), ("A",))


def test_a_bust_outdates_the_instruction_and_the_replacement_tells_what_is_left(
    data: Path,
) -> None:
    with opened(data) as house:
        placement = executed(house)
        key = instruct(house, placement)
        tell(house, sent(house, key), ack(house, key, AckStatus.ACCEPTED))
        house.hear(said(placement["cl_ord_id"], "bust", exec_id="E3", exec_ref_id="E2"))
        assert len(found(house, key).outdated_by) == 1
        tell(house, confirmation(house, key, "A"))
        assert of_fund(house, "A").differences == (
            "the instruction is outdated: executions changed",
        )
        again = house.get(ReplaceAllocation(instruction_id=key, reason="bust"), user="olga")
        new = found(house, again["id"])
        assert (new.transaction, new.ref_id) == ("replace", stored(house, key).alloc_id)
        assert (new.quantity, new.avg_px, new.outdated_by) == (D(100), D("99.5"), ())
        assert stored(house, key).status == "replaced"
        assert new.alloc_id != stored(house, key).alloc_id
        ref = f"{stored(house, key).alloc_id}-A"
        right = confirmation(house, new.id, "A", transaction="replace", ref_id=ref)
        tell(house, right)
        assert [c.status for c in house.book.street.confirmations.values()] == ["matched"]
        state = facts(house.book)
    with opened(data) as house:
        same(facts(house.book), state)
    proven(data)


def test_an_execution_that_comes_later_on_the_day_outdates_it_too(house: House) -> None:
    placement = executed(house)
    key = instruct(house, placement)
    tell(house, sent(house, key))
    house.hear(fill(placement["cl_ord_id"], "E7", 10, "99.5"))
    assert len(found(house, key).outdated_by) == 1
    again = house.get(ReplaceAllocation(instruction_id=key, reason="more"), user="olga")["id"]
    assert (found(house, again).quantity, found(house, again).outdated_by) == (D(143), ())


def test_a_bust_outdates_even_what_was_finished_and_let_go_when_the_day_rolled(
    house: House,
) -> None:
    placement = executed(house)
    key = instruct(house, placement)
    tell(house, sent(house, key), ack(house, key, AckStatus.ACCEPTED))
    tell(house, *(confirmation(house, key, fund) for fund in "AB"))
    for fund in "AB":
        affirm(house, fund)
    house.get(RollDay(trade_on=date(2010, 1, 5)), user="system")
    assert not house.book.street.instructions
    house.hear(said(placement["cl_ord_id"], "bust", exec_id="E3", exec_ref_id="E2"))
    assert len(stored(house, key).outdated_by) == 1


def test_an_instruction_is_canceled_once(house: House) -> None:
    placement = executed(house)
    key = instruct(house, placement)
    cancel = CancelAllocation(instruction_id=key, reason="wrong day")
    assert house.refused(cancel, user="olga") == [C.INSTRUCTION_IN_DOUBT]
    tell(house, sent(house, key))
    assert house.refused(replace(cancel, reason=" "), user="olga") == [C.CONFIRMATION_REASON]
    house.get(cancel, user="olga")
    assert stored(house, key).status == "canceled"
    assert house.refused(cancel, user="olga") == [C.INSTRUCTION_OVER]
    last = outbox(house)[-1].posttrade
    assert last is not None
    assert (last.transaction, last.ref_id) == ("cancel", stored(house, key).alloc_id)
    assert found(house, instruct(house, placement)).status == "unsent"


def test_a_rejected_instruction_is_told_anew_under_a_new_id(house: House) -> None:
    placement = executed(house)
    key = instruct(house, placement)
    again = InstructAllocation(placement_id=placement["id"])
    assert house.refused(again, user="olga") == [C.ALREADY_INSTRUCTED]
    tell(house, sent(house, key), ack(house, key, AckStatus.REJECTED, code="13", text="no"))
    assert (stored(house, key).status, stored(house, key).text) == ("rejected", "no")
    other = found(house, instruct(house, placement))
    assert other.alloc_id != stored(house, key).alloc_id
    house.hear(said(other.alloc_id, "session_rejected", text="what is J"))
    assert stored(house, other.id).status == "rejected"
    assert not house.book.breaks


@pytest.mark.parametrize("outcome", [SendOutcome.NOT_SENT, SendOutcome.UNKNOWN])
def test_what_never_left_or_is_in_doubt_is_seen(house: House, outcome: SendOutcome) -> None:
    key = instruct(house, executed(house))
    tell(house, sent(house, key, outcome))
    assert stored(house, key).status == outcome.value


def test_what_cannot_be_placed_is_a_break(house: House) -> None:
    key = instruct(house, executed(house))
    stray = replace(ack(house, key, AckStatus.ACCEPTED), alloc_id="NOT-OURS")
    gone = confirmation(house, key, "A", "X1", transaction="cancel", ref_id="X0")
    right = confirmation(house, key, "A")
    other = replace(right, net=D(1))
    tell(house, stray, gone, right, other)
    assert [each.kind for each in house.book.breaks.values()] == ["unreadable"] * 3
    assert of_fund(house, "A").status == "matched"
    tell(house, replace(right, transaction="cancel"))
    assert of_fund(house, "A").status == "canceled"
    assert found(house, key).confirmed == ()


def test_a_second_confirmation_of_the_same_account_is_an_exception(house: House) -> None:
    key = instruct(house, executed(house))
    tell(house, confirmation(house, key, "A"), confirmation(house, key, "A", "SECOND"))
    first, second = house.book.street.confirmations.values()
    assert (first.status, second.status) == ("matched", "mismatched")
    assert second.differences == (f"confirmation {first.confirm_id} of the same account stands",)


def test_refusals(house: House) -> None:
    empty = house.placed(2)
    for command, code in (
        (InstructAllocation(placement_id="plc_9"), C.PLACEMENT_NOT_THERE),
        (InstructAllocation(placement_id=empty["id"]), C.NOTHING_TO_INSTRUCT),
        (InstructAllocation(placement_id=empty["id"], tolerance=D(-1)), C.TOLERANCE_RANGE),
        (ReplaceAllocation(instruction_id="ali_9", reason="x"), C.INSTRUCTION_UNKNOWN),
        (CancelAllocation(instruction_id="ali_9", reason="x"), C.INSTRUCTION_UNKNOWN),
        (RejectConfirmation(confirmation_id="cfm_9", reason="x"), C.CONFIRMATION_UNKNOWN),
    ):
        assert house.refused(command, user="olga") == [code]
    own = empty["cl_ord_id"]
    house.hear(fill(own, "E9", 1300, "99.5"))
    over = InstructAllocation(placement_id=empty["id"])
    assert house.refused(over, user="olga") == [C.UNITS_IN_SUSPENSE]
