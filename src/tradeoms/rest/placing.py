"""Bodies of requests about placements, and the fields of the commands they become."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from tradeoms.kernel.enums import OrderType, TimeInForce
from tradeoms.rest.fields import Body, Code, Decimal, Id, Text


class AlgoBody(Body):
    """An algorithm of the destination: see `/fix/algos` for what there is and what it takes."""

    strategy: Text
    parameters: Annotated[dict[Text, Text], Field(max_length=200)] = Field(default_factory=dict)
    """Texts by parameter."""


class PlacementBody(Body):
    """Routes units of a released order or of a block; absent terms are the order's own.

    For a block of several orders the limit is the tightest of theirs.
    """

    order: Id | None = None
    block: Id | None = None
    """Its orders share the units by what each has not placed."""
    destination: Code
    quantity: Decimal
    order_type: OrderType | None = None
    limit_price: Decimal | None = None
    time_in_force: TimeInForce | None = None
    manual: bool = False
    """By telephone: nothing is sent; executions and answers are keyed by a person."""
    broker_order_id: Text = ""
    """The broker's number of a manual order; what he reports over FIX under it is matched."""
    algo: AlgoBody | None = None
    """The broker's algorithm that is to work it."""
    display_quantity: Decimal | None = None
    """Most units that the market may see of it (FIX 111, 1138); absent: all."""
    min_quantity: Decimal | None = None
    """Least units that an execution must have (FIX 110); absent: any."""


class ReplaceBody(Body):
    """New terms for the broker to agree to; `quantity` is the new total."""

    quantity: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    algo: AlgoBody | None = None
    """All values of the algorithm, not only those that change; absent: it stays as it is."""


def placement_fields(body: PlacementBody | ReplaceBody) -> dict[str, Any]:  # Any: JSON
    """The fields that were given, the algorithm's values as pairs."""
    fields = body.model_dump(exclude_unset=True, exclude_none=True, exclude={"order", "block"})
    if body.algo is not None:
        pairs = tuple(body.algo.parameters.items())
        fields["algo"] = {"strategy": body.algo.strategy, "parameters": pairs}
    return fields
