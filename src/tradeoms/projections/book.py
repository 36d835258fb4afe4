"""The book: all that is live, in memory, with the indexes that reports and requests are found by.

`projections.fold` changes it event by event and notes which rows an event touched.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from tradeoms.domain.allocation.policy import Policies
from tradeoms.domain.allocation.state import Allocation
from tradeoms.domain.approval.state import ApprovalLimits
from tradeoms.domain.block.state import Block
from tradeoms.domain.booking.state import Booking
from tradeoms.domain.breaks.state import Break
from tradeoms.domain.case.state import Case, FundRun, Run
from tradeoms.domain.charge.state import Charges
from tradeoms.domain.cross.state import Cross
from tradeoms.domain.custom.state import CustomFields
from tradeoms.domain.dropcopy.state import Copy, DropCopy
from tradeoms.domain.kill.state import KillSwitch
from tradeoms.domain.layout.state import Layout
from tradeoms.domain.mapping.state import ImportMapping
from tradeoms.domain.model.state import ModelVersion
from tradeoms.domain.order.state import Order
from tradeoms.domain.orderlist.state import OrderList
from tradeoms.domain.outside.state import Kept
from tradeoms.domain.pair.state import Pair
from tradeoms.domain.placement.agreement import STANDING
from tradeoms.domain.placement.events import BreakKind
from tradeoms.domain.placement.state import Execution, Placement
from tradeoms.domain.proposal.state import Proposal
from tradeoms.domain.reference.state import (
    ApiKey,
    CashBalance,
    Destination,
    Fund,
    FxRate,
    Position,
    Price,
    Security,
    SignIn,
    User,
)
from tradeoms.domain.reference.trading_days import TradingDays
from tradeoms.domain.routing.state import Routing
from tradeoms.domain.ruleset.state import RuleVersion
from tradeoms.domain.session.state import Action
from tradeoms.domain.waiver.state import Hit, Waiver, WaiverStatus
from tradeoms.projections.commissions import Commissions
from tradeoms.projections.street import Street
from tradeoms.projections.touched import Touched

Key = tuple[str, ...]


@dataclass(slots=True)
class Book:
    """All aggregates by id, and the indexes that reports and requests are found by.

    `touched` maps (table, key) to the `seq` of the last event that changed the row; `extra` holds
    rows that are only ever added; `retired` are orders to forget, `settled` refused waivers,
    `compared` copies that need no further look, `over` what `finished` says may leave.
    Whoever writes the rows empties them. `recalled` are orders that were let go and read back; the
    next event about one makes it live again.
    """

    orders: dict[str, Order] = field(default_factory=dict)
    blocks: dict[str, Block] = field(default_factory=dict)
    placements: dict[str, Placement] = field(default_factory=dict)
    executions: dict[str, Execution] = field(default_factory=dict)
    allocations: dict[str, Allocation] = field(default_factory=dict)
    positions: dict[tuple[str, str], Position] = field(default_factory=dict)
    cash: dict[tuple[str, str], CashBalance] = field(default_factory=dict)
    commissions: Commissions = field(default_factory=Commissions)
    hits: dict[str, Hit] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)
    fund_runs: dict[str, FundRun] = field(default_factory=dict)
    waivers: dict[str, Waiver] = field(default_factory=dict)
    breaks: dict[str, Break] = field(default_factory=dict)
    rules: dict[tuple[str, int], RuleVersion] = field(default_factory=dict)
    funds: dict[str, Fund] = field(default_factory=dict)
    securities: dict[str, Security] = field(default_factory=dict)
    prices: dict[str, Price] = field(default_factory=dict)
    rates: dict[tuple[str, str], FxRate] = field(default_factory=dict)
    assets: dict[str, Decimal | None] = field(default_factory=dict)
    outside: dict[str, Kept] = field(default_factory=dict)
    destinations: dict[str, Destination] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    api_keys: dict[str, ApiKey] = field(default_factory=dict)
    sign_ins: dict[str, SignIn] = field(default_factory=dict)
    kill_switches: dict[str, KillSwitch] = field(default_factory=dict)
    models: dict[tuple[str, int], ModelVersion] = field(default_factory=dict)
    proposals: dict[str, Proposal] = field(default_factory=dict)
    active_kills: dict[str, KillSwitch] = field(default_factory=dict)
    routing: Routing = field(default_factory=Routing)
    approval_limits: ApprovalLimits = field(default_factory=ApprovalLimits)
    custom_fields: CustomFields = field(default_factory=CustomFields)
    order_lists: dict[str, OrderList] = field(default_factory=dict)
    import_mappings: dict[str, ImportMapping] = field(default_factory=dict)
    layouts: dict[str, Layout] = field(default_factory=dict)
    policies: Policies = field(default_factory=Policies)
    charges: Charges = field(default_factory=Charges)
    bookings: dict[str, Booking] = field(default_factory=dict)
    session_actions: dict[str, Action] = field(default_factory=dict)
    street: Street = field(default_factory=Street)
    drop_copies: dict[str, DropCopy] = field(default_factory=dict)
    copies: dict[str, Copy] = field(default_factory=dict)
    copy_ids: dict[tuple[str, str], str] = field(default_factory=dict)
    copies_of: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    crosses: dict[str, Cross] = field(default_factory=dict)
    waiting_crosses: dict[str, tuple[str, ...]] = field(default_factory=dict)
    pairs: dict[str, Pair] = field(default_factory=dict)
    pair_of: dict[str, str] = field(default_factory=dict)
    trade_on: date | None = None
    days: TradingDays = field(default_factory=TradingDays)
    gateways: dict[str, str] = field(default_factory=dict)
    identifiers: dict[tuple[str, str], str] = field(default_factory=dict)
    symbols: dict[str, str] = field(default_factory=dict)
    block_of: dict[str, str] = field(default_factory=dict)
    placements_of: dict[str, list[str]] = field(default_factory=dict)
    executions_of: dict[str, list[str]] = field(default_factory=dict)
    cl_ord_ids: dict[str, str] = field(default_factory=dict)
    broker_ids: dict[tuple[str, str], str] = field(default_factory=dict)
    exec_ids: dict[tuple[str, str], str] = field(default_factory=dict)
    open_breaks: dict[Key, str] = field(default_factory=dict)
    standing: dict[tuple[str, BreakKind], str] = field(default_factory=dict)
    parked: dict[tuple[str, str], str] = field(default_factory=dict)
    hit_ids: dict[Key, str] = field(default_factory=dict)
    cases_of: dict[str, dict[tuple[str, str, str], str]] = field(default_factory=dict)
    bookings_of: dict[str, list[str]] = field(default_factory=dict)
    open_bookings: set[str] = field(default_factory=set)
    client_orders: dict[tuple[str, str], str] = field(default_factory=dict)
    waivers_of: dict[str, list[str]] = field(default_factory=dict)
    retired: set[str] = field(default_factory=set)
    settled: set[str] = field(default_factory=set)
    compared: set[str] = field(default_factory=set)
    over: set[tuple[str, str]] = field(default_factory=set)
    recalled: set[str] = field(default_factory=set)
    touched: Touched = field(default_factory=Touched)
    extra: dict[tuple[str, Key], tuple[Any, ...]] = field(default_factory=dict)

    def placements_for(self, order_id: str) -> list[Placement]:
        """The placements of an order, oldest first."""
        return [self.placements[i] for i in self.placements_of.get(order_id, ())]

    def companions(self, order_id: str) -> set[str]:
        """The order, and all that share a block or a placement with it, or with one that does.

        They leave memory and come back together.
        """
        found: set[str] = set()
        waiting = [order_id]
        while waiting:
            one = waiting.pop()
            if one in found:
                continue
            found.add(one)
            block = self.blocks.get(self.block_of.get(one, ""))
            waiting += block.order_ids if block else ()
            waiting += [other for p in self.placements_for(one) for other in p.order_ids]
        return found

    def touch_order(self, order_id: str, seq: int) -> None:
        """Note that the row of an order, which also shows its placements, has changed."""
        if order_id in self.retired or order_id in self.recalled:
            self.retired.discard(order_id)
            self.recalled.discard(order_id)
            self._touch_parts(order_id, seq)
        self.touched["orders", order_id] = seq
        block_id = self.block_of.get(order_id)
        if block_id:
            self.touched["blocks", block_id] = seq

    def add_placement(self, placement: Placement) -> None:
        """Hold a placement, and index it by what reports may name."""
        for order_id in placement.order_ids:
            known = self.placements_of.setdefault(order_id, [])
            if placement.id not in known:
                known.append(placement.id)
        self.placements[placement.id] = placement
        self.index_placement(placement)

    def index_placement(self, placement: Placement) -> None:
        """Index by every ClOrdID in use and by the broker's OrderID.

        A counterparty may use an OrderID again on another day: the newest placement has it then.
        """
        self.cl_ord_ids[placement.cl_ord_id] = placement.id
        for request in placement.requests:
            self.cl_ord_ids[request.cl_ord_id] = placement.id
        named = (placement.destination, placement.broker_order_id)
        if placement.broker_order_id and self.broker_ids.get(named, "") <= placement.id:
            self.broker_ids[named] = placement.id

    def add_execution(self, execution: Execution) -> None:
        """Hold an execution under its id and its ExecID."""
        if execution.id not in self.executions:
            self.executions_of.setdefault(execution.placement_id, []).append(execution.id)
        self.executions[execution.id] = execution
        self.exec_ids[execution.session, execution.exec_id] = execution.id

    def add_break(self, found: Break) -> None:
        """Hold a break; while open it also stops the same one from being opened again."""
        self.breaks[found.id] = found
        if found.resolved_by:
            return
        self.open_breaks[found.key] = found.id
        if found.kind in STANDING:
            self.standing[found.placement_id, found.kind] = found.id
        if found.awaits is not None:
            self.parked.setdefault(found.awaits, found.id)

    def add_copy(self, copy: Copy) -> None:
        """Hold a drop copy; by ExecID it is found until the order session has brought it."""
        self.copies[copy.id] = copy
        self.copy_ids[copy.session, copy.report_id] = copy.id
        if not copy.status.is_open:
            self.compared.add(copy.id)
        for exec_id in copy.names:
            others = [x for x in self.copies_of.get((copy.session, exec_id), ()) if x != copy.id]
            if copy.status.is_open:
                others.append(copy.id)
            if others:
                self.copies_of[copy.session, exec_id] = tuple(others)
            else:
                self.copies_of.pop((copy.session, exec_id), None)

    def drop_open_break(self, found: Break) -> None:
        """Let go of a break that is settled: the same one may be opened again."""
        self.open_breaks.pop(found.key, None)
        if self.standing.get((found.placement_id, found.kind)) == found.id:
            del self.standing[found.placement_id, found.kind]

    def standing_of(self, placement_id: str) -> dict[BreakKind, str]:
        """Ids of the open breaks of which a placement has one of a kind at most."""
        ids = self.standing
        return {kind: ids[placement_id, kind] for kind in STANDING if (placement_id, kind) in ids}

    def add_hit(self, hit: Hit) -> None:
        """Hold a hit; the same finding about the same order is noted once."""
        self.hits[hit.id] = hit
        self.hit_ids[hit.key] = hit.id

    def add_case(self, case: Case) -> None:
        """Hold a breach case under its id and its cell; a closed one, too, for it may come back."""
        self.cases[case.id] = case
        self.cases_of.setdefault(case.fund, {})[case.key] = case.id

    def add_booking(self, booking: Booking) -> None:
        """Hold a booking under its id and its order; an open one also where watches look."""
        known = self.bookings_of.setdefault(booking.order_id, [])
        if booking.id not in known:
            known.append(booking.id)
            known.sort()
        self.bookings[booking.id] = booking
        if booking.is_open:
            self.open_bookings.add(booking.id)
        else:
            self.open_bookings.discard(booking.id)

    def bookings_for(self, order_id: str) -> list[Booking]:
        """The bookings of an order, oldest day first."""
        return [self.bookings[key] for key in self.bookings_of.get(order_id, ())]

    def add_run(self, run: Run) -> None:
        """Hold a run until every fund has its result."""
        self.runs[run.id] = run

    def add_waiver(self, waiver: Waiver) -> None:
        """Hold a waiver under its id and its order; one that is over not for long."""
        if waiver.id not in self.waivers:
            self.waivers_of.setdefault(waiver.order_id, []).append(waiver.id)
        self.waivers[waiver.id] = waiver
        if waiver.status in (WaiverStatus.REFUSED, WaiverStatus.LAPSED):
            self.settled.add(waiver.id)

    def add_kill_switch(self, switch: KillSwitch) -> None:
        """Hold a switch; what stops new risk is asked of the active ones alone."""
        self.kill_switches[switch.id] = switch
        if switch.active:
            self.active_kills[switch.id] = switch
        else:
            self.active_kills.pop(switch.id, None)

    def add_pair(self, pair: Pair) -> None:
        """Hold a pair; its orders lead to it while they are linked."""
        self.pairs[pair.id] = pair
        for order_id in pair.order_ids:
            if pair.linked:
                self.pair_of[order_id] = pair.id
            elif self.pair_of.get(order_id) == pair.id:
                del self.pair_of[order_id]

    def add_security(self, security: Security) -> None:
        """Hold a security under its id, symbol and identifiers, and no more under old ones."""
        before = self.securities.get(security.id)
        for pair in before.identifiers if before else ():
            if self.identifiers.get(pair) == security.id:
                del self.identifiers[pair]
        if before and self.symbols.get(before.symbol) == security.id:
            del self.symbols[before.symbol]
        self.securities[security.id] = security
        self.symbols[security.symbol] = security.id
        for pair in security.identifiers:
            self.identifiers[pair] = security.id

    def add_order(self, order: Order) -> None:
        """Hold an order under its id and its client's id."""
        self.orders[order.id] = order
        self.client_orders[order.client, order.client_order_id] = order.id

    def retire_order(self, order_id: str, seq: int) -> None:
        """Mark an order that is over: its rows say so, and memory lets it go after they do."""
        if order_id in self.retired:
            return
        if order_id not in self.recalled:
            self.touch_order(order_id, seq)
            self._touch_parts(order_id, seq)
        self.recalled.discard(order_id)
        self.retired.add(order_id)

    def _touch_parts(self, order_id: str, seq: int) -> None:
        """Note that the rows of all that hangs on an order have changed."""
        if order_id in self.allocations:
            self.touched["allocations", order_id] = seq
        for booking_id in self.bookings_of.get(order_id, ()):
            self.touched["bookings", booking_id] = seq
        for waiver_id in self.waivers_of.get(order_id, ()):
            self.touched["waivers", waiver_id] = seq
        for placement_id in self.placements_of.get(order_id, ()):
            self.touched["placements", placement_id] = seq
            for execution_id in self.executions_of.get(placement_id, ()):
                self.touched["executions", execution_id] = seq

    def forget_retired(self) -> None:
        """Let go of all that is over, and of the names that led to it."""
        for waiver_id in self.settled:
            self._forget_waiver(waiver_id)
        self.settled.clear()
        for copy_id in self.compared:
            copy = self.copies.pop(copy_id)
            del self.copy_ids[copy.session, copy.report_id]
        self.compared.clear()
        for name, key in self.over:
            getattr(self, name).pop(key, None)
        self.over.clear()
        self.parked = {k: v for k, v in self.parked.items() if v in self.breaks}
        self.street.forget_ended()
        self.blocks = {key: block for key, block in self.blocks.items() if block.order_ids}
        if not self.retired:
            return
        for order_id in self.retired:
            self._forget_order(order_id)
        for hit in [hit for hit in self.hits.values() if hit.order_id in self.retired]:
            del self.hits[hit.id], self.hit_ids[hit.key]
        self.retired.clear()
        self.cl_ord_ids = {k: v for k, v in self.cl_ord_ids.items() if v in self.placements}
        self.broker_ids = {k: v for k, v in self.broker_ids.items() if v in self.placements}
        self.exec_ids = {k: v for k, v in self.exec_ids.items() if v in self.executions}

    def _forget_order(self, order_id: str) -> None:
        """Drop a closed order and all that hangs on it; the database keeps the rows."""
        order = self.orders.pop(order_id)
        self.client_orders.pop((order.client, order.client_order_id), None)
        self.allocations.pop(order_id, None)
        self._forget_bookings(order_id)
        for waiver_id in tuple(self.waivers_of.get(order_id, ())):
            self._forget_waiver(waiver_id)
        block_id = self.block_of.pop(order_id, "")
        self.blocks.pop(block_id, None)
        for placement_id in self.placements_of.pop(order_id, ()):
            self.street.whole.discard(placement_id)
            if self.placements.pop(placement_id, None) is None:
                continue  # another order that shared it took it along
            for execution_id in self.executions_of.pop(placement_id, ()):
                del self.executions[execution_id]

    def _forget_bookings(self, order_id: str) -> None:
        """Let go of what is booked; what is not stays until it is."""
        kept = []
        for key in self.bookings_of.pop(order_id, ()):
            if self.bookings[key].is_open:
                kept.append(key)
            else:
                del self.bookings[key]
        if kept:
            self.bookings_of[order_id] = kept

    def _forget_waiver(self, waiver_id: str) -> None:
        waiver = self.waivers.pop(waiver_id, None)
        if waiver is not None:
            kept = [other for other in self.waivers_of[waiver.order_id] if other != waiver_id]
            self.waivers_of[waiver.order_id] = kept
            if not kept:
                del self.waivers_of[waiver.order_id]
