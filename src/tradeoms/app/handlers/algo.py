"""The algorithm of a placement: settled with its file before anything is recorded."""

from __future__ import annotations

from dataclasses import replace

from tradeoms.app.dispatch import draft
from tradeoms.app.turn import Turn
from tradeoms.domain.placement import evolve as facts
from tradeoms.domain.placement.algo import AlgoWish
from tradeoms.domain.placement.events import (
    CancelRequested,
    PlacementCreated,
    ReplaceRequested,
)
from tradeoms.domain.placement.state import Placement
from tradeoms.kernel.decider import Rejected


def with_algo(
    turn: Turn, created: PlacementCreated, wish: AlgoWish | None
) -> PlacementCreated | Rejected:
    """The placement with the algorithm that was asked for."""
    if wish is None:
        return created
    instruction = draft(created, facts.create(created), turn.book)
    settled = turn.algos.settle(instruction, wish, None)
    return settled if isinstance(settled, Rejected) else replace(created, algo=settled)


def with_new_algo(
    turn: Turn, placement: Placement, asked: ReplaceRequested, wish: AlgoWish | None
) -> ReplaceRequested | Rejected:
    """The request with new values, or the old ones checked against the new terms."""
    before = (placement.requests[-1] if placement.requests else placement).algo
    if wish is None and before is None:
        return asked
    instruction = draft(asked, placement, turn.book)
    settled = turn.algos.settle(instruction, wish or before.wish, before)  # type: ignore[union-attr]  # one is there
    return settled if isinstance(settled, Rejected) else replace(asked, algo=settled)


def with_kept_algos(
    turn: Turn, requests: list[ReplaceRequested | CancelRequested]
) -> list[ReplaceRequested | CancelRequested] | Rejected:
    """The requests of an amendment, the values that stay checked against the new terms."""
    kept: list[ReplaceRequested | CancelRequested] = []
    for request in requests:
        if isinstance(request, ReplaceRequested):
            placement = turn.book.placements[request.placement_id]
            checked = with_new_algo(turn, placement, request, None)
            if isinstance(checked, Rejected):
                return checked
            kept.append(checked)
        else:
            kept.append(request)
    return kept
