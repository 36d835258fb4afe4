"""Every reason for which a request is refused has a row, and a test proves that none is missing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from enum import StrEnum
from typing import Any

import pytest

from tests.domain.algos import POV, VWAP, settled, with_algos
from tests.domain.story import (
    AT,
    ORDER,
    PLACEMENT,
    RELEASED,
    Story,
    ask_order,
    checked,
    created,
    fill,
    legs,
    over,
    place,
    released,
    report,
    working,
    world,
)
from tradeoms.domain.case import commands as cc
from tradeoms.domain.case import events as ce
from tradeoms.domain.case.decide import CaseRejection
from tradeoms.domain.case.findings import Finding
from tradeoms.domain.case.run import RunRejection
from tradeoms.domain.catalog import CreateOrders
from tradeoms.domain.order import commands as c
from tradeoms.domain.order.rejection import OrderRejection
from tradeoms.domain.outside.commands import LoadLists, LoadOutside
from tradeoms.domain.outside.state import (
    Benchmark,
    Constituents,
    Figure,
    IssuerAmount,
    Listed,
    Offering,
    ReportedShare,
    SecurityList,
    Weight,
)
from tradeoms.domain.placement import commands as p
from tradeoms.domain.placement.algo import AlgoWish
from tradeoms.domain.placement.decide import PlacementRejection
from tradeoms.domain.reference import commands as r
from tradeoms.domain.reference.decide import ReferenceRejection
from tradeoms.domain.reference.state import (
    Destination,
    Fund,
    Grant,
    OpeningPosition,
    Price,
    Security,
)
from tradeoms.domain.ruleset import commands as rc
from tradeoms.domain.ruleset import events as re
from tradeoms.domain.ruleset.decide import RuleRejection
from tradeoms.domain.waiver import commands as b
from tradeoms.domain.waiver import events as be
from tradeoms.domain.waiver.rejection import WaiverRejection
from tradeoms.kernel.enums import OrderType, Role, TimeInForce, TriggerWhen, Unexecuted

Given = Callable[[], Story]
Case = tuple[Given, object, str, tuple[StrEnum, ...]]

RULE = "cap@1"
LAST_DAY = AT.date() + timedelta(days=30)


def plain() -> Story:
    return Story(*world())


def draft() -> Story:
    return plain().given(created())


def approved() -> Story:
    return draft().given(checked())


def held() -> Story:
    """A soft rule holds the order."""
    return draft().given(checked("block_soft", RULE))


def blocked() -> Story:
    return draft().given(checked("block_hard", RULE))


def waiting() -> Story:
    """The order waits for a second person."""
    return draft().given(checked(needs_approval=True))


def filled() -> Story:
    return working().told(fill("E1", 1000))


def canceling() -> Story:
    return working().when(c.CancelOrder(order_id=ORDER))


def amending() -> Story:
    return working().when(c.AmendOrder(order_id=ORDER, expected_version=3, limit_price=D(99)))


def asked(**changes: Any) -> Story:
    """A waiver of the soft rule was asked for."""
    event = be.WaiverRequested(
        waiver_id="wvr_1", order_id=ORDER, rule=RULE, reason="index event", quantity=D(1000),
        requested_by="pm", expires_at=AT + timedelta(hours=1), at=AT, excess=over(),
    )  # fmt: skip
    return held().given(replace(event, **changes))


def breached(*events: object, severity: str = "soft", assignee: str = "omar") -> Story:
    """A run found fund A over a limit, and a person is responsible."""
    finding = Finding(
        rule_id="cap", rule_version=1, rule_kind="ratio", severity=severity, cell="",
        outcome="breach", excess="1",
    )  # fmt: skip
    found = ce.BreachDetected(
        breach_id="brc_1", run_id="run_1", fund="A", finding=finding, found_on=AT.date(),
        again=False, at=AT,
    )  # fmt: skip
    started = ce.RunStarted(
        run_id="run_1", funds=("A",), executor="node", scheduled=False, trade_on=AT.date(),
        requested_by="cora", at=AT,
    )  # fmt: skip
    given = ce.BreachAssigned(breach_id="brc_1", assignee=assignee, at=AT)
    return held().given(started, found, given, *events)


RESOLVED = ce.BreachResolved(breach_id="brc_1", resolution="sold", resolved_by="cora", at=AT)
CURED = ce.BreachCured(breach_id="brc_1", run_id="run_1", cured_on=AT.date(), at=AT)
UNTESTED = ce.BreachUnmeasured(
    breach_id="brc_1", run_id="run_1", reason="no_rule", detail="", at=AT
)
CLOSED = ce.BreachClosed(breach_id="brc_1", closed_by="cleo", at=AT)
LET_STAND = cc.OverrideBreach(breach_id="brc_1", reason="x", until=date(2010, 3, 1))


CAP = (
    '{"id":"cap","version":1,"kind":"ratio","severity":"soft","measure":"mv","den":"nav",'
    '"group_by":"issuer","max":"0.10"}'
)


def ruled(*events: object) -> Story:
    defined = re.RuleDefined(rule_id="cap", version=1, definition=CAP, defined_by="cora", at=AT)
    return plain().given(defined, *events)


def loaded(command: str, **fields: Any) -> Any:
    return getattr(r, command)(**fields)


AMEND = c.AmendOrder(order_id=ORDER, expected_version=1)
READY = replace(AMEND, expected_version=2)
WORKED = replace(AMEND, expected_version=3)
REPLACE = p.ReplacePlacement(placement_id=PLACEMENT)
ABC = Security(id="", symbol="ABC", mic="XNYS", name="", currency="USD", identifiers=())


def an_option(**terms: str) -> Security:
    """An option with all its terms, or with ``terms`` in place of them."""
    said = {"maturity": "2026-12-18", "put_call": "put", "strike": "90", "mult": "100", **terms}
    return replace(ABC, asset_type="option", attributes=tuple(said.items()))


X = OrderRejection

ENTRY: list[Case] = [
    (plain, ask_order(client_order_id="a b"), "pm", (X.CLIENT_ORDER_ID_FORMAT,)),
    (draft, ask_order(), "pm", (X.CLIENT_ORDER_ID_USED,)),
    (plain, ask_order(security="NO.XNYS"), "pm", (X.SECURITY_UNKNOWN,)),
    (lambda: Story(*world(active=False)), ask_order(), "pm", (X.SECURITY_INACTIVE,)),
    (plain, ask_order(legs=legs(A=600, Z=400)), "pm", (X.FUND_UNKNOWN,)),
    (plain, ask_order(legs=legs(A=600) + legs(A=400)), "pm", (X.FUND_TWICE,)),
    (plain, ask_order(legs=legs(A=1000, B=0)), "pm", (X.QUANTITY_NOT_POSITIVE,)),
    (plain, ask_order(quantity=D(0), legs=()), "pm",
     (X.QUANTITY_NOT_POSITIVE, X.ALLOCATIONS_MISSING)),
    (lambda: Story(*world(lot=D(7))), ask_order(quantity=D(10), legs=legs(A=7, B=3)), "pm",
     (X.QUANTITY_NOT_IN_LOTS,)),
    (plain, ask_order(legs=legs(A=600, B=401)), "pm", (X.ALLOCATIONS_SUM,)),
    (plain, ask_order(limit_price=None), "pm", (X.LIMIT_PRICE_MISSING,)),
    (plain, ask_order(order_type=OrderType.MARKET), "pm", (X.LIMIT_PRICE_UNWANTED,)),
    (plain, ask_order(order_type=OrderType.STOP, limit_price=None), "pm", (X.STOP_PRICE_MISSING,)),
    (plain, ask_order(stop_price=D(1)), "pm", (X.STOP_PRICE_UNWANTED,)),
    (plain, ask_order(limit_price=D(-1)), "pm", (X.PRICE_NOT_POSITIVE,)),
    (plain, ask_order(limit_price=D("1.005")), "pm", (X.PRICE_NOT_ON_TICK,)),
    (plain, ask_order(order_type=OrderType.STOP_LIMIT, stop_price=D(99),
                      time_in_force=TimeInForce.IOC), "pm", (X.TIME_IN_FORCE_UNFIT,)),
    (plain, ask_order(time_in_force=TimeInForce.GTD), "pm", (X.EXPIRE_ON_MISSING,)),
    (plain, ask_order(expire_on=date(2010, 1, 5)), "pm", (X.EXPIRE_ON_UNWANTED,)),
    (plain, ask_order(time_in_force=TimeInForce.GTD, expire_on=date(2010, 1, 3)), "pm",
     (X.EXPIRE_ON_PAST,)),
    (plain, ask_order(instructions="a\x01b"), "pm", (X.TEXT_NOT_PRINTABLE,)),
    (plain, ask_order(good_from=AT), "pm", (X.GOOD_FROM_PAST,)),
    (plain, ask_order(trigger=c.Trigger(price=D(0), when=TriggerWhen.AT_OR_BELOW)), "pm",
     (X.PRICE_NOT_POSITIVE,)),
    (plain, ask_order(trigger=c.Trigger(price=D("1.005"), when=TriggerWhen.AT_OR_BELOW)), "pm",
     (X.PRICE_NOT_ON_TICK,)),
    (plain, ask_order(time_in_force=TimeInForce.GTC, unexecuted=Unexecuted.ROLL), "pm",
     (X.UNEXECUTED_UNFIT,)),
    (plain, ask_order(venue="off ering"), "pm", (X.VENUE_FORMAT,)),
    (plain, ask_order(cross_with="NONE"), "pm", (X.CROSS_FUND_UNFIT,)),
    (plain, ask_order(cross_with="A"), "pm", (X.CROSS_FUND_UNFIT,)),
    (plain, CreateOrders(orders=(ask_order(), ask_order(client_order_id="c 2")), atomic=True),
     "pm", (X.CLIENT_ORDER_ID_FORMAT,)),
]  # fmt: skip

LIFE: list[Case] = [
    (plain, c.SubmitOrder(order_id="ord_9"), "pm", (X.ORDER_UNKNOWN,)),
    (approved, AMEND, "pm", (X.VERSION_STALE,)),
    (filled, AMEND, "pm", (X.ORDER_CLOSED,)),
    (filled, c.CancelOrder(order_id=ORDER), "pm", (X.ORDER_CLOSED,)),
    (filled, c.HoldOrder(order_id=ORDER, reason="x"), "pm", (X.ORDER_CLOSED,)),
    (canceling, c.CancelOrder(order_id=ORDER), "pm", (X.ORDER_CANCELING,)),
    (canceling, c.SubmitOrder(order_id=ORDER), "pm", (X.ORDER_CANCELING,)),
    (amending, c.ReleaseOrder(order_id=ORDER), "pm", (X.AMEND_PENDING,)),
    (amending, replace(AMEND, limit_price=D(98)), "pm", (X.AMEND_PENDING,)),
    (working, replace(WORKED, time_in_force=TimeInForce.GTC), "pm", (X.AMEND_PLACED,)),
    (working, replace(WORKED, order_type=OrderType.MARKET), "pm", (X.AMEND_PLACED,)),
    (working, replace(WORKED, expire_on=LAST_DAY), "pm", (X.AMEND_PLACED,)),
    (approved, replace(READY, time_in_force=TimeInForce.GTD), "pm", (X.EXPIRE_ON_MISSING,)),
    (approved, replace(READY, expire_on=LAST_DAY), "pm", (X.EXPIRE_ON_UNWANTED,)),
    (approved, replace(READY, time_in_force=TimeInForce.GTD,
                       expire_on=AT.date() - timedelta(days=1)), "pm", (X.EXPIRE_ON_PAST,)),
    (approved, replace(READY, order_type=OrderType.STOP), "pm", (X.STOP_PRICE_MISSING,)),
    (approved, replace(READY, order_type=OrderType.MARKET,
                       limit_price=D(99)), "pm", (X.LIMIT_PRICE_UNWANTED,)),
    (approved, replace(READY, order_type=OrderType.MARKET_ON_CLOSE,
                       time_in_force=TimeInForce.GTC), "pm", (X.TIME_IN_FORCE_UNFIT,)),
    (lambda: plain().given(created(unexecuted=Unexecuted.ROLL)),
     replace(AMEND, expected_version=1, time_in_force=TimeInForce.GTC), "pm",
     (X.UNEXECUTED_UNFIT,)),
    (lambda: working().told(fill("E1", 500)),
     replace(AMEND, expected_version=3, quantity=D(450), legs=legs(A=250, B=200)), "pm",
     (X.BELOW_BOOKED,)),
    (lambda: working().told(fill("E1", 500)),
     replace(AMEND, expected_version=3, quantity=D(500), legs=legs(A=300, B=200)), "pm",
     (X.BELOW_BOOKED,)),
    (approved, replace(READY, limit_price=D(100)), "pm", (X.NOTHING_CHANGED,)),
    (draft, c.ReleaseOrder(order_id=ORDER), "pm", (X.NOT_SUBMITTED,)),
    (approved, c.SubmitOrder(order_id=ORDER), "pm", (X.ALREADY_SUBMITTED,)),
    (held, c.ReleaseOrder(order_id=ORDER), "pm", (X.NOT_APPROVED,)),
    (blocked, c.ReleaseOrder(order_id=ORDER), "pm", (X.NOT_APPROVED,)),
    (waiting, c.ReleaseOrder(order_id=ORDER), "pm", (X.NOT_APPROVED,)),
    (draft, c.HoldOrder(order_id=ORDER, reason="x"), "pm", (X.NOT_APPROVED,)),
    (approved, c.HoldOrder(order_id=ORDER, reason=""), "pm", (X.TEXT_NOT_PRINTABLE,)),
    (held, c.ApproveOrder(order_id=ORDER), "ann", (X.NOT_WAITING,)),
    (waiting, c.ApproveOrder(order_id=ORDER), "pm", (X.SAME_PERSON,)),
    (lambda: draft().given(checked("block_soft", RULE, needs_approval=True)),
     c.ApproveOrder(order_id=ORDER), "ann", (X.NOT_APPROVED,)),
    (released, c.ReleaseOrder(order_id=ORDER), "pm", (X.ALREADY_RELEASED,)),
    (lambda: plain().given(created(good_from=AT + timedelta(hours=1)), checked()),
     c.ReleaseOrder(order_id=ORDER), "pm", (X.NOT_GOOD_YET,)),
    (approved, c.ReleaseOrder(order_id=ORDER, trader="nobody"), "pm", (X.TRADER_UNFIT,)),
    (approved, c.ReleaseOrder(order_id=ORDER, trader="pm"), "pm", (X.TRADER_UNFIT,)),
    (plain, c.ClaimOrder(order_id="ord_9"), "tom", (X.ORDER_UNKNOWN,)),
    (filled, c.ClaimOrder(order_id=ORDER), "tom", (X.ORDER_CLOSED,)),
    (approved, c.ClaimOrder(order_id=ORDER), "tom", (X.NOT_ON_DESK,)),
    (lambda: released().when(c.ClaimOrder(order_id=ORDER), user="tom"),
     c.ClaimOrder(order_id=ORDER), "tom", (X.ORDER_CLAIMED,)),
    (released, c.AssignOrder(order_id=ORDER, trader="pm"), "pm", (X.TRADER_UNFIT,)),
    (approved, c.AssignOrder(order_id=ORDER, trader="tom", note="a\x01"), "pm",
     (X.TEXT_NOT_PRINTABLE,)),
    (lambda: released().when(c.ClaimOrder(order_id=ORDER), user="tom"),
     c.AssignOrder(order_id=ORDER, trader="tom"), "pm", (X.NOTHING_CHANGED,)),
    (approved, c.HandOverOrder(order_id=ORDER, trader="tom", note="x"), "tom", (X.NOT_ON_DESK,)),
    (lambda: released().when(c.ClaimOrder(order_id=ORDER), user="tom"),
     c.HandOverOrder(order_id=ORDER, trader="both", note=""), "tom", (X.TEXT_NOT_PRINTABLE,)),
]  # fmt: skip

P = PlacementRejection
PLACING: list[Case] = [
    (plain, p.CancelPlacement(placement_id="plc_9"), "tom", (P.PLACEMENT_UNKNOWN,)),
    (plain, p.CancelPlacements(reason="x"), "tom", (P.SCOPE_MISSING,)),
    (plain, p.CancelPlacements(reason="x", destination="NO"), "tom", (P.DESTINATION_UNKNOWN,)),
    (plain, p.CancelPlacements(reason="x", security="NO"), "tom", (P.SCOPE_UNKNOWN,)),
    (filled, place(), "tom", (P.ORDER_CLOSED,)),
    (approved, place(), "tom", (P.ORDER_NOT_RELEASED,)),
    (released, place(destination="NOWHERE"), "tom", (P.DESTINATION_UNKNOWN,)),
    (released, place(destination="OFF"), "tom", (P.DESTINATION_DISABLED,)),
    (released, place(broker_order_id="B7"), "tom", (P.BROKER_ORDER_ID_UNWANTED,)),
    (released, place(manual=True, broker_order_id="é"), "tom", (P.BROKER_ORDER_ID_UNWANTED,)),
    (released, place(0), "tom", (P.PLACEMENT_QUANTITY,)),
    (working, replace(REPLACE, quantity=D("999.5")), "tom", (P.PLACEMENT_QUANTITY,)),
    (released, place(1001), "tom", (P.PLACEMENT_EXCEEDS_ORDER,)),
    (working, place(1), "tom", (P.PLACEMENT_EXCEEDS_ORDER,)),
    (working, replace(REPLACE, quantity=D(1001)), "tom", (P.PLACEMENT_EXCEEDS_ORDER,)),
    (released, place(display_quantity=D(0)), "tom", (P.PLACEMENT_PORTION,)),
    (released, place(display_quantity=D(1001)), "tom", (P.PLACEMENT_PORTION,)),
    (released, place(min_quantity=D("0.5")), "tom", (P.PLACEMENT_PORTION,)),
    (released, place(min_quantity=D(1), manual=True), "tom", (P.PLACEMENT_PORTION,)),
    (released, place(limit_price=D(101)), "tom", (P.PLACEMENT_LOOSER,)),
    (released, place(order_type=OrderType.PEGGED), "tom", (P.PLACEMENT_LOOSER,)),
    (released, place(time_in_force=TimeInForce.GTC), "tom", (P.PLACEMENT_LOOSER,)),
    (working, replace(REPLACE, limit_price=D(101)), "tom", (P.PLACEMENT_LOOSER,)),
    (released, place(limit_price=D(-5)), "tom", (X.PRICE_NOT_POSITIVE,)),
    (released, place(limit_price=D("99.999")), "tom", (X.PRICE_NOT_ON_TICK,)),
    (working, replace(REPLACE, limit_price=D("99.999")), "tom", (X.PRICE_NOT_ON_TICK,)),
    (lambda: plain().given(
        created(order_type=OrderType.MARKET, limit_price=None), checked(), RELEASED),
     place(limit_price=D(99)), "tom", (X.LIMIT_PRICE_UNWANTED,)),
    (filled, p.CancelPlacement(placement_id=PLACEMENT), "tom", (P.PLACEMENT_CLOSED,)),
    (lambda: working().told(report("canceled")), replace(REPLACE, limit_price=D(99)), "tom",
     (P.PLACEMENT_CLOSED,)),
    (lambda: working().when(p.CancelPlacement(placement_id=PLACEMENT), user="tom"),
     p.CancelPlacement(placement_id=PLACEMENT), "tom", (P.REQUEST_PENDING,)),
    (lambda: working().when(p.CancelPlacement(placement_id=PLACEMENT), user="tom"),
     replace(REPLACE, limit_price=D(98)), "tom", (P.REQUEST_PENDING,)),
    (lambda: working().told(fill("E1", 500)), replace(REPLACE, quantity=D(500)), "tom",
     (P.BELOW_EXECUTED,)),
    (working, REPLACE, "tom", (P.NOTHING_CHANGED,)),
    (canceling, replace(REPLACE, limit_price=D(99)), "tom", (P.ORDER_NOT_RELEASED,)),
    (released, place(manual=True, algo=VWAP), "tom", (P.ALGO_UNWANTED,)),
    (released, place(algo=VWAP), "tom", (P.ALGO_UNKNOWN,)),
    (lambda: with_algos(released()), place(algo=AlgoWish(strategy="ICE")), "tom",
     (P.ALGO_UNKNOWN,)),
    (lambda: with_algos(released()), place(algo=AlgoWish(strategy="TWAP")), "tom",
     (P.ALGO_PARAMETER, P.ALGO_PARAMETER)),
    (lambda: with_algos(released()),
     place(algo=replace(VWAP, parameters=(*VWAP.parameters, *VWAP.parameters))), "tom",
     (P.ALGO_PARAMETER,)),
    (lambda: with_algos(released()), place(algo=POV), "tom", (P.ALGO_RULE,)),
    (lambda: with_algos(working(algo=settled(VWAP))), replace(REPLACE, algo=POV), "tom",
     (P.ALGO_FIXED,)),
    (lambda: with_algos(working(algo=settled(VWAP))), replace(REPLACE, algo=VWAP), "tom",
     (P.NOTHING_CHANGED,)),
    (lambda: with_algos(released(), forbidden=(957,)), place(algo=VWAP), "tom",
     (P.ALGO_NOT_SENDABLE,)),
]  # fmt: skip

B = WaiverRejection
WAIVERS: list[Case] = [
    (plain, b.ApproveWaiver(waiver_id="wvr_9"), "cora", (B.WAIVER_UNKNOWN,)),
    (held, b.RequestWaiver(order_id=ORDER, rule="cap", reason=" "), "pm", (B.REASON_MISSING,)),
    (held, b.RequestWaiver(order_id=ORDER, rule="other", reason="x"), "pm", (B.RULE_NOT_BREACHED,)),
    (blocked, b.RequestWaiver(order_id=ORDER, rule="cap", reason="x"), "pm", (B.RULE_IS_HARD,)),
    (lambda: asked().when(b.RefuseWaiver(waiver_id="wvr_1", note="no"), user="cora"),
     b.ApproveWaiver(waiver_id="wvr_1"), "cleo", (B.WAIVER_DECIDED,)),
    (lambda: asked().later(timedelta(hours=2)), b.ApproveWaiver(waiver_id="wvr_1"), "cora",
     (B.WAIVER_EXPIRED,)),
    (lambda: asked(quantity=D(999)), b.ApproveWaiver(waiver_id="wvr_1"), "cora",
     (B.WAIVER_STALE,)),
    (lambda: asked(rule="cap@2"), b.ApproveWaiver(waiver_id="wvr_1"), "cora", (B.WAIVER_STALE,)),
    (lambda: asked(requested_by="both"), b.ApproveWaiver(waiver_id="wvr_1"), "both",
     (B.APPROVER_IS_REQUESTER,)),
    (lambda: asked(requested_by="both"), b.RefuseWaiver(waiver_id="wvr_1", note=""), "both",
     (B.APPROVER_IS_REQUESTER,)),
    (asked, b.RequestWaiver(order_id=ORDER, rule="cap", reason="x"), "pm", (B.WAIVER_PENDING,)),
    (held, b.RequestWaiver(order_id=ORDER, rule="cap", reason="x", max_quantity=D(999)), "pm",
     (B.WAIVER_TOO_SMALL,)),
    (held, b.RequestWaiver(order_id=ORDER, rule="cap", reason="x", max_excess="much"), "pm",
     (B.WAIVER_TOO_SMALL,)),
    (held, b.RequestWaiver(order_id=ORDER, rule="cap", reason="x", expires_at=AT), "pm",
     (B.EXPIRY_INVALID,)),
    (held, b.RequestWaiver(order_id=ORDER, rule="cap", reason="x",
                           expires_at=AT + timedelta(days=8)), "pm", (B.EXPIRY_INVALID,)),
    (asked, b.ApproveWaiver(waiver_id="wvr_1"), "rita", (B.APPROVER_ROLE,)),
    (lambda: asked(approvers=2).when(b.ApproveWaiver(waiver_id="wvr_1"), user="cora"),
     b.ApproveWaiver(waiver_id="wvr_1"), "cora", (B.APPROVER_TWICE,)),
    (lambda: asked(approvers=2).when(b.ApproveWaiver(waiver_id="wvr_1"), user="cora"),
     b.ApproveWaiver(waiver_id="wvr_1"), "cleo", (B.APPROVER_ROLE,)),
    (asked, b.ApproveWaivers(waiver_ids=("wvr_1",), reason=" "), "cora", (B.REASON_MISSING,)),
    (asked, b.ApproveWaivers(waiver_ids=("wvr_1", "wvr_9"), reason="x"), "cora",
     (B.WAIVER_UNKNOWN,)),
    (asked, b.ApproveWaivers(waiver_ids=("wvr_1", "wvr_1"), reason="x"), "cora",
     (B.WAIVER_UNKNOWN,)),
]  # fmt: skip

K, N = CaseRejection, RunRejection
BREACHES: list[Case] = [
    (plain, cc.CommentBreach(breach_id="brc_9", text="x"), "cora", (K.BREACH_UNKNOWN,)),
    (lambda: breached(CURED, CLOSED), cc.CommentBreach(breach_id="brc_1", text="x"), "cora",
     (K.BREACH_CLOSED,)),
    (lambda: breached(CURED), cc.ExplainBreach(breach_id="brc_1", text="x"), "cora",
     (K.BREACH_CURED,)),
    (breached, cc.CommentBreach(breach_id="brc_1", text=" "), "cora", (K.TEXT_MISSING,)),
    (breached, cc.RemediateBreach(breach_id="brc_1", plan=""), "cora", (K.TEXT_MISSING,)),
    (breached, cc.AssignBreach(breach_id="brc_1", assignee="ghost"), "cora",
     (K.ASSIGNEE_UNKNOWN,)),
    (lambda: breached(severity="hard"), LET_STAND, "cora", (K.HARD_BREACH_STAYS,)),
    (breached, replace(LET_STAND, until=date(2000, 1, 1)), "cora", (K.OVERRIDE_NOT_AHEAD,)),
    (breached, replace(LET_STAND, until=date(2099, 1, 1)), "cora", (K.OVERRIDE_TOO_LONG,)),
    (lambda: breached(assignee="cora"), LET_STAND, "cora", (K.OVERRIDER_IS_ASSIGNEE,)),
    (lambda: breached(RESOLVED), cc.CloseBreach(breach_id="brc_1", evidence="x"), "cleo",
     (K.BREACH_NOT_CURED,)),
    (lambda: breached(CURED), cc.CloseBreach(breach_id="brc_1"), "cora", (K.EVIDENCE_MISSING,)),
    (lambda: breached(RESOLVED, CURED), cc.CloseBreach(breach_id="brc_1", evidence="x"), "cora",
     (K.CLOSER_IS_RESOLVER,)),
    (lambda: breached(UNTESTED, assignee="cora"),
     cc.CloseBreach(breach_id="brc_1", evidence="x"), "cora", (K.CLOSER_IS_RESOLVER,)),
    (lambda: breached(replace(UNTESTED, reason="unknown")),
     cc.CloseBreach(breach_id="brc_1", evidence="x"), "cora", (K.BREACH_NOT_CURED,)),
    (plain, cc.ReportRunOverdue(run_id="run_9"), "system", (N.RUN_UNKNOWN,)),
    (plain, cc.StartRun(funds=("ZZ",)), "cora", (N.RUN_FUND_UNKNOWN,)),
    (lambda: breached(ce.RunOverdue(run_id="run_1", missing=("A",), at=AT)),
     cc.ReportRunOverdue(run_id="run_1"), "system", (N.RUN_FINISHED,)),
]  # fmt: skip

TESTED = re.RuleTested(rule_id="cap", version=1, cases=1, failures=(), tested_by="cora", at=AT)


def with_case(outcome: str) -> Story:
    """A draft that carries one case: does it fit fund A?"""
    case = {"id": "fits", "mode": "fit", "fund": "A", "expect": {"outcome": outcome}}
    defined = re.RuleDefined(
        rule_id="cap", version=1, definition=CAP, defined_by="cora", at=AT,
        cases=json.dumps([case]),
    )  # fmt: skip
    return plain().given(defined)


R = RuleRejection
ACTIVE = re.RuleActivated(rule_id="cap", version=1, activated_by="cleo", at=AT)
ASKED = re.RuleRetirementRequested(rule_id="cap", version=1, requested_by="cleo", at=AT)
RULES: list[Case] = [
    (plain, rc.ActivateRule(rule_id="cap", version=1), "cora", (R.RULE_UNKNOWN,)),
    (plain, rc.DefineRules(rules=(rc.RuleText(rule_id="cap", version=1, definition="{"),)), "cora",
     (R.RULE_INVALID,)),
    (lambda: ruled(ACTIVE), rc.ActivateRule(rule_id="cap", version=1), "cleo", (R.RULE_NOT_DRAFT,)),
    (plain, rc.RetireRule(rule_id="cap", version=1), "cleo", (R.RULE_UNKNOWN,)),
    (ruled, rc.RetireRule(rule_id="cap", version=1), "cleo", (R.RULE_NOT_ACTIVE,)),
    (lambda: ruled(ACTIVE, ASKED), rc.RetireRule(rule_id="cap", version=1), "cleo",
     (R.SAME_PERSON,)),
    (plain, rc.KeepRule(rule_id="cap", version=1), "cleo", (R.RULE_UNKNOWN,)),
    (ruled, rc.KeepRule(rule_id="cap", version=1), "cleo", (R.RULE_NOT_ACTIVE,)),
    (lambda: ruled(ACTIVE), rc.KeepRule(rule_id="cap", version=1), "cleo",
     (R.RETIREMENT_NOT_REQUESTED,)),
    (ruled, rc.ActivateRule(rule_id="cap", version=1), "cora", (R.APPROVER_IS_AUTHOR,)),
    (plain, rc.TestRule(rule_id="cap", version=1), "cora", (R.RULE_UNKNOWN,)),
    (lambda: ruled(ACTIVE), rc.TestRule(rule_id="cap", version=1), "cora", (R.RULE_NOT_DRAFT,)),
    (ruled, rc.TestRule(rule_id="cap", version=1), "cora", (R.RULE_CASES_MISSING,)),
    (plain, rc.ApproveRule(rule_id="cap", version=1), "cleo", (R.RULE_UNKNOWN,)),
    (ruled, rc.ApproveRule(rule_id="cap", version=1), "cleo", (R.RULE_NOT_TESTED,)),
    (lambda: ruled(TESTED), rc.ApproveRule(rule_id="cap", version=1), "cora",
     (R.APPROVER_IS_AUTHOR,)),
    (lambda: with_case("BREACH").given(TESTED), rc.ApproveRule(rule_id="cap", version=1), "cleo",
     (R.RULE_CASES_FAIL,)),
    (ruled, rc.ActivateRule(rule_id="cap", version=1), "cleo", (R.RULE_CASES_MISSING,)),
    (lambda: with_case("BREACH"), rc.ActivateRule(rule_id="cap", version=1), "cleo",
     (R.RULE_CASES_FAIL,)),
    (lambda: with_case("PASS"),
     rc.ActivateRule(rule_id="cap", version=1, effective_on=date(2010, 1, 3)), "cleo",
     (R.EFFECTIVE_PAST,)),
    (plain, rc.DefineRules(rules=(rc.RuleText(
        rule_id="cap", version=1, definition=CAP, cases="{}"),)), "cora", (R.RULE_INVALID,)),
]  # fmt: skip

LATE = replace(ABC, attributes=(("settle_days", "11"),))
HIDING = replace(ABC, attributes=(("issuer", "Small"),))
A_FUTURE = replace(ABC, asset_type="future", attributes=(("put_call", "put"),))
L = ReferenceRejection
FUND = Fund(code="C", name="C", currency="USD")
KEY = r.CreateApiKey(key_id="k1", user="pm", label="", secret_sha256="", expires_at=AT)
ISSUED = IssuerAmount(issuer="ACME", name="votes_out", amount=D(1000), as_of=AT.date())
SHARE = ReportedShare(rule="r", cell="ACME", share=D("0.05"), on=AT.date())
WEIGHTED = Benchmark(fund="A", weights=(("X", D(-1)),), as_of=AT.date())
PART = Weight(by="issuer", group="ACME", weight=D(1))
INSIDE = Constituents(security_id="sec", weights=(PART,), as_of=AT.date())
BARRED = SecurityList(name="barred", attribute="issuer", members=(Listed(value="ACME"),))
OFFERED = Offering(
    security_id="sec", pricing_date=date(2010, 1, 8), restricted_from=date(2010, 1, 4)
)
REFERENCE: list[Case] = [
    (plain, r.LoadFunds(funds=()), "olga", (L.NOTHING_TO_LOAD,)),
    (plain, r.LoadFunds(funds=(replace(FUND, code="a b"),)), "olga", (L.CODE_FORMAT,)),
    (plain, r.LoadFunds(funds=(FUND, FUND)), "olga", (L.ROW_TWICE,)),
    (plain, r.LoadFunds(funds=(replace(FUND, currency="usd"),)), "olga", (L.CURRENCY_FORMAT,)),
    (plain, r.LoadSecurities(securities=(replace(ABC, lot=D(0)),)), "olga", (L.STEP_NOT_POSITIVE,)),
    (plain, r.LoadSecurities(securities=(A_FUTURE,)), "olga", (L.VALUE_RANGE,)),
    (plain, r.LoadSecurities(securities=(LATE,)), "olga", (L.VALUE_RANGE,)),
    (plain, r.LoadSecurities(securities=(HIDING,)), "olga", (L.VALUE_RANGE,)),
    *(
        (plain, r.LoadSecurities(securities=(an_option(**{name: text}),)), "olga", (L.VALUE_RANGE,))
        for name, text in (
            ("maturity", "soon"), ("put_call", "both"), ("strike", "0"), ("mult", "1e3"),
            ("contract_month", "13"),
        )
    ),
    (plain, r.LoadSecurities(securities=(replace(ABC, id="sec9"),)), "olga", (L.IDENTIFIER_TAKEN,)),
    (plain, r.LoadPositions(as_of=AT.date(), books=(r.FundBook(fund="Z", positions=(), cash=()),)),
     "olga", (L.FUND_NOT_LOADED,)),
    (plain, r.LoadPositions(as_of=AT.date(), books=(r.FundBook(
        fund="A", positions=(OpeningPosition(security_id="no", quantity=D(1)),), cash=()),)),
     "olga", (L.SECURITY_NOT_LOADED,)),
    (plain, r.LoadPrices(prices=(Price(security_id="sec", price=D(-1), as_of=AT.date()),)), "olga",
     (L.PRICE_NEGATIVE,)),
    (plain, LoadOutside(), "olga", (L.NOTHING_TO_LOAD,)),
    (plain, LoadOutside(issuers=(ISSUED, ISSUED)), "olga", (L.ROW_TWICE,)),
    (plain, LoadOutside(issuers=(replace(ISSUED, amount=D(-1)),)), "olga", (L.VALUE_RANGE,)),
    (plain, LoadOutside(reported=(replace(SHARE, share=D(2)),)), "olga", (L.VALUE_RANGE,)),
    (plain, LoadOutside(reported=(replace(SHARE, cell="a b"),)), "olga", (L.CODE_FORMAT,)),
    (plain, LoadOutside(offerings=(replace(OFFERED, security_id="no"),)), "olga",
     (L.SECURITY_NOT_LOADED,)),
    (plain, LoadOutside(offerings=(replace(OFFERED, restricted_from=date(2010, 1, 9)),)), "olga",
     (L.PERIOD_REVERSED,)),
    (plain, LoadOutside(figures=(Figure(name="var", fund="NO", value=D(1), at=AT),)), "rita",
     (L.FUND_NOT_LOADED,)),
    (plain, LoadOutside(benchmarks=(WEIGHTED,)), "olga", (L.VALUE_RANGE,)),
    (plain, LoadOutside(constituents=(replace(INSIDE, security_id="no"),)), "olga",
     (L.SECURITY_NOT_LOADED,)),
    (plain, LoadOutside(constituents=(replace(INSIDE, weights=()),)), "olga", (L.VALUE_RANGE,)),
    (plain, LoadOutside(constituents=(replace(INSIDE, weights=(PART, PART)),)), "olga",
     (L.ROW_TWICE,)),
    (plain, LoadOutside(constituents=(replace(INSIDE, weights=(replace(PART, weight=D(2)),)),)),
     "olga", (L.VALUE_RANGE,)),
    (plain, LoadOutside(constituents=(replace(INSIDE, weights=(replace(PART, by="a b"),)),)),
     "olga", (L.CODE_FORMAT,)),
    (plain, LoadLists(lists=()), "cora", (L.NOTHING_TO_LOAD,)),
    (plain, LoadLists(lists=(replace(BARRED, name="a b"),)), "cora", (L.CODE_FORMAT,)),
    (plain, LoadLists(lists=(BARRED, BARRED)), "cora", (L.ROW_TWICE,)),
    (plain, LoadLists(lists=(replace(BARRED, members=BARRED.members * 2),)), "cora",
     (L.ROW_TWICE,)),
    (plain, LoadLists(lists=(replace(BARRED, attribute="id"),)), "cora",
     (L.SECURITY_NOT_LOADED,)),
    (plain, LoadLists(lists=(replace(BARRED, members=(Listed(value=""),)),)), "cora",
     (L.VALUE_RANGE,)),
    (plain, r.LoadDestinations(destinations=(Destination(name="a b"),)), "olga", (L.CODE_FORMAT,)),
    (plain, r.LoadUsers(users=(r.UserRow(
        id="u", name="u", grants=(Grant(role=Role.ADMIN), Grant(role=Role.TRADER))),)), "ada",
     (L.ROLES_CONFLICT,)),
    (plain, r.LoadUsers(users=(r.UserRow(
        id="ada", name="Ada", grants=(Grant(role=Role.ADMIN), Grant(role=Role.RISK))),)), "ada",
     (L.OWN_GRANTS,)),
    (plain, replace(KEY, user="nobody"), "ada", (L.USER_UNKNOWN,)),
    (plain, r.RevokeApiKey(key_id="k9"), "ada", (L.KEY_UNKNOWN,)),
    (lambda: plain().when(KEY, user="ada"), KEY, "ada", (L.KEY_USED,)),
    (plain, r.EndSignIn(sign_in_id="sgn_9"), "pm", (L.SIGN_IN_UNKNOWN,)),
    (plain, r.RenewSignIn(sign_in_id="sgn_9"), "pm", (L.SIGN_IN_UNKNOWN,)),
    (plain, r.RollDay(trade_on=AT.date()), "olga", (L.DAY_NOT_LATER,)),
    (plain, r.RollDay(trade_on=AT.date() + timedelta(days=8)), "olga", (L.DAY_TOO_FAR,)),
    (plain, ask_order(), "max", (L.NOT_PERMITTED,)),
]  # fmt: skip

CASES = [*ENTRY, *LIFE, *PLACING, *WAIVERS, *BREACHES, *RULES, *REFERENCE]
#: Refused by what compliance measures, by two definitions of a rule, or by the state that a result
#: was computed from: told in other tests.
ELSEWHERE = {
    X.COMPLIANCE_BLOCK, X.ACKNOWLEDGEMENT_MISSING, R.RULE_VERSION_EXISTS, N.RUN_RECORDED,
    N.RUN_AHEAD, N.RUN_STALE, L.TRADED_SINCE, X.PORTFOLIO_MANAGER_UNFIT,
}  # fmt: skip


@pytest.mark.parametrize(
    ("given", "command", "user", "codes"),
    [pytest.param(*case, id=f"{case[3][0].value}-{n}") for n, case in enumerate(CASES)],
)
def test_a_request_is_refused_for_its_reason_and_changes_nothing(
    given: Given, command: object, user: str, codes: tuple[StrEnum, ...]
) -> None:
    story = given()
    before = repr(story.book)
    story.when(command, user=user).refused(*(code.value for code in codes))
    assert story.events == []
    assert repr(story.book) == before


@pytest.mark.parametrize(
    "codes",
    [
        OrderRejection,
        PlacementRejection,
        WaiverRejection,
        CaseRejection,
        RunRejection,
        RuleRejection,
        ReferenceRejection,
    ],
)
def test_every_reason_has_a_row(codes: type[StrEnum]) -> None:
    hit = {code for case in CASES for code in case[3]} | ELSEWHERE
    assert [code for code in codes if code not in hit] == []


def test_all_that_is_wrong_with_an_order_is_told_at_once() -> None:
    command = ask_order(
        client_order_id="", security="NO.XNYS", quantity=D(-1), legs=legs(Z=5), limit_price=D(0),
        time_in_force=TimeInForce.GTD, reason="\n",
    )  # fmt: skip
    plain().when(command).refused(
        "client_order_id_format", "security_unknown", "quantity_not_positive", "fund_unknown",
        "allocations_sum", "price_not_positive", "expire_on_missing", "text_not_printable",
    )  # fmt: skip
