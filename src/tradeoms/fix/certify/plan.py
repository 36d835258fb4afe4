"""What a certification trades, and by which quantity the counterparty knows what to do with it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from tradeoms.app.instruction import Instruction, InstructionKind
from tradeoms.fix.config_file import Filled, Settings, Text, WrongTogether, read
from tradeoms.kernel.enums import OrderType, Side, TimeInForce

Cue = Literal[
    "fill", "partial", "reject", "bust", "correct", "unsolicited_cancel", "no_cancel", "no_replace"
]
CUES: tuple[Cue, ...] = (
    "fill", "partial", "reject", "bust", "correct", "unsolicited_cancel", "no_cancel", "no_replace",
)  # fmt: skip


class Traded(Settings):
    """The security of every order."""

    symbol: Filled
    mic: Text = "XNYS"
    currency: Filled = "USD"
    type: Filled = "equity"
    identifiers: dict[Filled, Filled] = Field(default_factory=dict)
    """Scheme to value: isin, cusip, sedol, figi, bloomberg, ric."""


class Plan(Settings):
    """A certification plan, agreed with the counterparty or its simulator."""

    security: Traded
    price: Filled
    """Limit of every order."""
    account: Text = ""
    quantities: dict[Cue, Annotated[int, Field(ge=2, le=1_000_000)]]
    """Cue to the quantity that stands for it; a scenario without its cue is not played."""
    wait_s: Annotated[int, Field(ge=1, le=600)] = 10
    """How long an answer may take."""

    @model_validator(mode="after")
    def _distinct(self) -> Plan:
        if len(set(self.quantities.values())) < len(self.quantities):
            raise WrongTogether("quantities", "another quantity for each cue")
        return self


def load_plan(file: Path) -> Plan:
    """Read a plan.

    Raises:
        ConfigInvalid: Naming the file, the key, its value and what is allowed.
    """
    return read(file, Plan)


def order_of(plan: Plan, session: str, cl_ord_id: str, quantity: int) -> Instruction:
    """A limit order for the day to buy ``quantity``, as the engine would hand it to the gateway."""
    return Instruction(
        number=0,
        kind=InstructionKind.NEW,
        session=session,
        placement_id=cl_ord_id,
        order_id=cl_ord_id,
        cl_ord_id=cl_ord_id,
        orig_cl_ord_id="",
        broker_order_id="",
        symbol=plan.security.symbol,
        identifiers=tuple(plan.security.identifiers.items()),
        security_type=plan.security.type,
        currency=plan.security.currency,
        mic=plan.security.mic,
        side=Side.BUY,
        quantity=Decimal(quantity),
        order_type=OrderType.LIMIT,
        limit_price=Decimal(plan.price),
        stop_price=None,
        time_in_force=TimeInForce.DAY,
        expire_on=None,
        account=plan.account,
        text="",
        approved_quantity=Decimal(quantity),
        check_id="certification",
        epoch=0,
        build="",
        created_at=datetime.fromtimestamp(0, UTC),
        not_after=None,
    )
