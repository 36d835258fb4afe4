"""The desk of a certification: orders in our own dialect, and reports read by our own code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from tradeoms.app.identity import base36
from tradeoms.app.instruction import Instruction, InstructionKind
from tradeoms.domain.placement.commands import ReportKind, ReportPlacement
from tradeoms.fix.certify.client import Client, Failed
from tradeoms.fix.certify.plan import Cue, Plan, order_of
from tradeoms.fix.clock import from_us, now_us
from tradeoms.fix.inbound import Envelope, Unreadable, normalise, own_id
from tradeoms.fix.outbound import MSG_TYPES, Encoder, NotEncodable
from tradeoms.fix.programs import list_message
from tradeoms.kernel.enums import OrdStatus
from tradeoms.kernel.numbers import ZERO

#: Where less than OrderQty may be left (FIX 4.4 Vol. 4, order state changes).
_INACTIVE = frozenset(
    {
        OrdStatus.CANCELED, OrdStatus.DONE_FOR_DAY, OrdStatus.EXPIRED, OrdStatus.CALCULATED,
        OrdStatus.REJECTED,
    }
)  # fmt: skip


@dataclass(slots=True)
class Desk:
    """Sends orders and waits for what is said of them."""

    client: Client
    plan: Plan
    prefix: str
    count: int = 0
    _orders: dict[str, Instruction] = field(default_factory=dict)

    def new_id(self) -> str:
        """A ClOrdID that nobody used."""
        self.count += 1
        return self.prefix + base36(self.count)

    def place(self, cue: Cue) -> Instruction:
        """Send a new order of the quantity that stands for ``cue``."""
        name = self.client.config.name
        order = order_of(self.plan, name, self.new_id(), self.plan.quantities[cue])
        self.send(order)
        return order

    def cancel(self, order: Instruction) -> Instruction:
        """Ask for the cancellation of an order."""
        return self._ask(order, InstructionKind.CANCEL, order.quantity)

    def replace(self, order: Instruction, quantity: Decimal) -> Instruction:
        """Ask for another quantity of an order."""
        return self._ask(order, InstructionKind.REPLACE, quantity)

    def mass_cancel(self) -> Instruction:
        """Ask for the cancellation of all that is open."""
        name = self.client.config.name
        blank = order_of(self.plan, name, self.new_id(), 1)
        asked = replace(blank, kind=InstructionKind.MASS_CANCEL)
        self.send(asked)
        return asked

    def place_list(self, cue: Cue, count: int) -> tuple[str, list[Instruction]]:
        """Send so many orders as one list; its ListID, and the orders."""
        config, list_id = self.client.config, self.new_id()
        quantity = self.plan.quantities[cue]
        orders = [order_of(self.plan, config.name, self.new_id(), quantity) for _ in range(count)]
        encoder = Encoder(config.dialect, config.version)
        entries = []
        for seq, order in enumerate(orders, start=1):
            self._orders.setdefault(order.cl_ord_id, order)
            entries.append((seq, encoder.encode(order, now_us())))
        pairs = list_message(list_id, entries, total=count, last=True, version=config.version)
        self.client.send("E", pairs)
        return list_id, orders

    def _ask(self, order: Instruction, kind: InstructionKind, quantity: Decimal) -> Instruction:
        asked = replace(
            order, kind=kind, cl_ord_id=self.new_id(), orig_cl_ord_id=order.cl_ord_id,
            quantity=quantity, broker_order_id=self.order_id(order),
        )  # fmt: skip
        self.send(asked)
        return asked

    def send(self, instruction: Instruction) -> int:
        """Send a request in the dialect of the session, and return its number."""
        self._orders.setdefault(instruction.cl_ord_id, instruction)
        config = self.client.config
        try:
            pairs = Encoder(config.dialect, config.version).encode(instruction, now_us())
        except NotEncodable as error:
            raise Failed(reason=f"our dialect does not let it out: {error}") from None
        return self.client.send(MSG_TYPES[instruction.kind], pairs)

    def order_id(self, order: Instruction) -> str:
        """The counterparty's OrderID (37), empty before it told one."""
        told = [each.broker_order_id for each in self.reports(order) if each.broker_order_id]
        return told[-1] if told else ""

    def reports(self, *requests: Instruction) -> list[ReportPlacement]:
        """What was said of ``requests``, in the order in which it came.

        Raises:
            Failed: If our code cannot read it.
        """
        wanted = {each.cl_ord_id for each in requests}
        found = [self._read(tags, raw) for tags, raw in list(self.client.received)]
        return [each for each in found if each is not None and each.cl_ord_id in wanted]

    def _read(self, tags: dict[int, str], raw: bytes) -> ReportPlacement | None:
        if tags.get(35) not in ("8", "9"):
            return None
        dialect = self.client.config.dialect
        named = (self.own_id(tags.get(tag, "")) for tag in (11, 41))
        sent = next((self._orders[each] for each in named if each in self._orders), None)
        envelope = Envelope(
            session=self.client.config.name, row=0, received_at=from_us(now_us()),
            poss_resend=tags.get(43) == "Y" or tags.get(97) == "Y",
        )  # fmt: skip
        try:
            report = normalise(raw, envelope, dialect, sent=sent)
        except Unreadable as error:
            text = raw.decode("latin-1").replace("\x01", "|")
            raise Failed(reason=f"not readable: {error.reason}: {text}") from None
        return report

    def own_id(self, wire_id: str) -> str:
        """Our ClOrdID behind the one on the wire."""
        return own_id(wire_id, self.client.config.dialect)

    def expect(
        self,
        what: str,
        *requests: Instruction,
        having: Callable[[ReportPlacement], bool],
    ) -> ReportPlacement:
        """Wait for a report about ``requests`` and return it.

        Raises:
            Failed: If none came in time, or its sums are not those of its executions.
        """
        self.client.wait(what, lambda: any(map(having, self.reports(*requests))))
        found = self.reports(*requests)
        self._check_sums([each for each in found if not each.poss_resend])
        return next(filter(having, reversed(found)))

    def expect_kind(self, kind: ReportKind, *requests: Instruction) -> ReportPlacement:
        """Wait for a report of a kind."""
        return self.expect(str(kind), *requests, having=lambda each: each.kind is kind)

    def _check_sums(self, reports: list[ReportPlacement]) -> None:
        """CumQty is the sum of the live executions; OrderQty is CumQty and LeavesQty."""
        live: dict[str, Decimal] = {}
        for each in reports:
            if each.kind in (ReportKind.BUST, ReportKind.CORRECT):
                live.pop(each.exec_ref_id, None)
            if each.kind in (ReportKind.FILL, ReportKind.CORRECT):
                live[each.exec_id] = each.last_qty
            own = sum(live.values(), ZERO)
            if each.cum_qty is not None and each.cum_qty != own and _has_sums(each):
                told = f"CumQty {each.cum_qty}, executions {own}"
                raise Failed(reason=f"sums differ after {each.kind} {each.exec_id}: {told}")
            if each.order_qty and each.leaves_qty is not None and each.ord_status not in _INACTIVE:
                whole = own + each.leaves_qty
                if each.order_qty != whole and _has_sums(each):
                    told = f"OrderQty {each.order_qty}, executed and left {whole}"
                    raise Failed(reason=f"sums differ after {each.kind} {each.exec_id}: {told}")


def _has_sums(report: ReportPlacement) -> bool:
    """True for a report that speaks of the order itself, not of a request about it."""
    return report.kind not in (
        ReportKind.REJECTED, ReportKind.CANCEL_REJECTED, ReportKind.REPLACE_REJECTED,
        ReportKind.PENDING_REPLACE,
    )  # fmt: skip
