"""The bodies of requests about orders, the desk and compliance, and the commands they become.

A command's body is the JSON of its dataclass in `domain.catalog`; the engine reads it from there.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from tradeoms.domain.breaks.state import BreakAction
from tradeoms.domain.placement.commands import Answer
from tradeoms.kernel.enums import OrderType, Side, TimeInForce, TriggerWhen, Unexecuted
from tradeoms.rest.fields import (
    Body,
    Code,
    CodeOrNone,
    Date,
    Decimal,
    Filter,
    Id,
    Instant,
    Reason,
    Text,
)
from tradeoms.rest.sizing import SizingBody, sizing_fields

_encode: Final = msgspec.json.Encoder().encode

Scheme = Literal["ticker_mic", "isin", "cusip", "sedol", "figi", "id"]


class SecurityBody(Body):
    """Names a security by one of its identifiers."""

    scheme: Scheme
    value: Code


class AllocationBody(Body):
    """One fund's part of an order."""

    fund: Code
    quantity: Decimal


Allocations = Annotated[list[AllocationBody], Field(min_length=1, max_length=2_000)]


class TriggerBody(Body):
    """A condition on the mark of the security."""

    price: Decimal
    when: TriggerWhen


class OrderBody(Body):
    """What a portfolio manager wants done."""

    client_order_id: Code
    """Yours; unique for ever."""
    security: SecurityBody
    side: Side
    sizing: SizingBody | None = None
    """In place of quantity and allocations."""
    quantity: Annotated[Decimal | None, Field(validate_default=True)] = None
    """Total in units, the sum of the allocations."""
    order_type: OrderType
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.DAY
    expire_on: Date | None = None
    """Last trading day of a gtd order."""
    allocations: Annotated[Allocations | None, Field(validate_default=True)] = None
    reason: Text = ""
    instructions: Text = ""
    """Goes to the broker: printable ASCII."""
    portfolio_manager: Text = ""
    """Whose decision it is: an active portfolio manager for all of its funds; you, if empty."""
    venue: CodeOrNone = ""
    """Where it is meant to trade, for rules that ask: `offering`."""
    cross_with: CodeOrNone = ""
    """Fund on the other side of an arranged cross."""
    good_from: Instant | None = None
    """Not released before; then the engine releases it, after a new check."""
    trigger: TriggerBody | None = None
    """Not released before the mark is there."""
    unexecuted: Unexecuted = Unexecuted.EXPIRE
    """What becomes of the rest of a day order at the close."""
    custom: Annotated[dict[Code, Text], Field(max_length=50)] = Field(default_factory=dict)
    """Values of the firm's own fields, by name; see `GET /custom-fields`."""
    submit: bool = True
    """Send it to compliance at once; false keeps it a draft."""

    @field_validator("quantity", "allocations")
    @classmethod
    def _there_or_sized(cls, value: Any, info: ValidationInfo) -> Any:  # Any: either field
        if value is None and "sizing" in info.data and info.data["sizing"] is None:
            kind = "missing"
            raise PydanticCustomError(kind, "required")
        return value

    @property
    def funds(self) -> tuple[tuple[str, str], ...]:
        """Where each fund stands in the body, and its name."""
        typed = [(f"allocations/{n}", a.fund) for n, a in enumerate(self.allocations or ())]
        sized = self.sizing.funds if self.sizing else ()
        return (*typed, *((f"sizing/funds/{n}", one.fund) for n, one in enumerate(sized)))


class BatchBody(Body):
    """Many orders."""

    orders: Annotated[list[OrderBody], Field(min_length=1, max_length=5_000)]
    atomic: bool = False
    """All or none."""


class CheckBody(Body):
    """Orders to be checked without being entered."""

    orders: Annotated[list[OrderBody], Field(min_length=1, max_length=5_000)]
    basket: Literal["net", "worst"] | None = None
    """`net`: all fill together; `worst`: any may fill without the others; absent: each alone."""


class AmendBody(Body):
    """New terms; what is absent stays as it is."""

    quantity: Decimal | None = None
    allocations: Allocations | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    instructions: Text | None = None
    reason: Text | None = None
    sizing: SizingBody | None = None
    """In place of quantity and allocations."""
    order_type: OrderType | None = None
    """While no broker has it, as the two below; a price that the type does not have is dropped."""
    time_in_force: TimeInForce | None = None
    expire_on: Date | None = None
    """The last day of a gtd order; dropped where it is not gtd any more."""


class SplitBody(Body):
    """A part that becomes an order of its own: a quantity of all funds, or allocations."""

    client_order_id: Code
    """Yours for the new order; unique for ever."""
    quantity: Decimal | None = None
    allocations: Annotated[list[AllocationBody], Field(max_length=2_000)] = Field(
        default_factory=list
    )


class NothingBody(Body):
    """No fields."""


class ReleaseBody(Body):
    """Who shall trade it, nobody in particular if empty; and that its warnings were seen."""

    trader: Text = ""
    acknowledge: bool = False


class HoldBody(Body):
    """Why it is stopped."""

    reason: Reason


class CancelBody(Body):
    """Why, if you like."""

    reason: Text = ""


class ExecutionBody(Body):
    """An execution as the broker told it by telephone."""

    quantity: Decimal
    price: Decimal
    exec_id: Text = ""
    """The broker's number of it."""
    venue: Text = ""
    executed_at: Instant | None = None


class BustBody(Body):
    """Why it is taken back."""

    reason: Reason


class AnswerBody(Body):
    """What the broker said; `replaced` and `refused` answer a request."""

    answer: Answer
    text: Text = ""


class AdjustmentBody(Body):
    """An execution to add to a placement, or to correct; without figures to take back."""

    execution: Id | None = None
    """The one to correct or take back; none to add one."""
    quantity: Decimal | None = None
    price: Decimal | None = None
    exec_id: Text = ""
    """The counterparty's own ExecID (17) of what is added, by which it is known when it comes."""


class ResolutionBody(Body):
    """How a break was settled, or what is to settle it."""

    resolution: Reason
    action: BreakAction = BreakAction.EXPLAIN
    """`attach`, `book`, `suspense` and `adjust` wait for another person's approval."""
    placement: Id | None = None
    """With `attach`, and with an `adjust` that adds: of the same session, security and side."""
    adjustment: AdjustmentBody | None = None
    """With `adjust`: what is put right."""


class BreakWordBody(Body):
    """Why."""

    reason: Reason


class ClaimBody(Body):
    """How it was dealt with, and what shows it."""

    resolution: Reason
    evidence: Text = ""
    """A trade, a letter, a document: what the sign-off may rest on."""


class ExplainBody(Body):
    """How it came about."""

    text: Reason


class RemediateBody(Body):
    """What is being done about it."""

    plan: Reason


class OverrideBody(Body):
    """Why it may stand, and until which day."""

    reason: Reason
    until: Date


class CloseBody(Body):
    """What the sign-off rests on, where the claim did not say."""

    evidence: Text = ""


class RunBody(Body):
    """Which funds to test; every one, and every aggregate of funds, if empty."""

    funds: Annotated[list[Code], Field(max_length=10_000)] = Field(default_factory=list)


class WaiverBody(Body):
    """Asks for permission to proceed with a soft breach."""

    order: Id
    rule: Filter
    """`id` or `id@version`."""
    reason: Reason
    max_quantity: Decimal | None = None
    """Largest quantity to be covered; that of the order, if absent."""
    max_excess: Decimal | None = None
    """Largest amount over the limit to be covered; as measured, if absent."""
    expires_at: Instant | None = None
    """When it ends; in a day, if absent."""


class ApproveWaiverBody(Body):
    """A remark, if you like."""

    note: Text = ""


class ApproveWaiversBody(Body):
    """Several permissions at once, for one reason that they share."""

    waivers: Annotated[list[Id], Field(min_length=1, max_length=500)]
    reason: Reason


class RefuseWaiverBody(Body):
    """Why not."""

    note: Reason


class ApproveRuleBody(Body):
    """A remark, if you like."""

    note: Text = ""


class ActivateRuleBody(Body):
    """From when; now, if absent."""

    effective_on: Date | None = None


class AssignBody(Body):
    """Who becomes responsible."""

    assignee: Code


class CommentBody(Body):
    """What to add."""

    text: Reason


def encode_fields(fields: dict[str, Any]) -> bytes:  # Any: JSON
    """The JSON of a command."""
    return _encode(fields)


def command_body(body: Body, **more: object) -> bytes:
    """The JSON of a command whose fields are those of ``body`` that were given, and ``more``."""
    fields = body.model_dump(exclude_unset=True, exclude_none=True)
    return _encode({**fields, **more})


def order_fields(body: OrderBody) -> dict[str, Any]:  # Any: JSON
    """The fields of `CreateOrder`."""
    fields: dict[str, Any] = {  # Any: as above
        "client_order_id": body.client_order_id,
        "scheme": body.security.scheme,
        "security": body.security.value,
        "side": body.side,
        "order_type": body.order_type,
        "time_in_force": body.time_in_force,
        "submit": body.submit,
    }
    if body.sizing is not None:
        fields["sizing"] = sizing_fields(body.sizing)
    if body.allocations is not None:
        fields["legs"] = [{"fund": a.fund, "quantity": a.quantity} for a in body.allocations]
    if body.trigger is not None:
        fields["trigger"] = body.trigger.model_dump()
    if body.custom:
        fields["custom"] = list(body.custom.items())
    if body.unexecuted is not Unexecuted.EXPIRE:
        fields["unexecuted"] = body.unexecuted
    for name in ("quantity", "limit_price", "stop_price", "expire_on", "good_from"):
        value = getattr(body, name)
        if value is not None:
            fields[name] = value
    for name in ("reason", "instructions", "portfolio_manager", "venue", "cross_with"):
        value = getattr(body, name)
        if value:
            fields[name] = value
    return fields


def create_order(body: OrderBody) -> bytes:
    """The body of `CreateOrder`."""
    return _encode(order_fields(body))


def create_orders(body: BatchBody) -> bytes:
    """The body of `CreateOrders`."""
    orders = [order_fields(order) for order in body.orders]
    return _encode({"orders": orders, "atomic": body.atomic})


def amend_order(body: AmendBody, *, order_id: str, version: int) -> bytes:
    """The body of `AmendOrder`."""
    fields = body.model_dump(exclude_unset=True, exclude_none=True)
    if "allocations" in fields:
        fields["legs"] = fields.pop("allocations")
    return _encode({**fields, "order_id": order_id, "expected_version": version})
