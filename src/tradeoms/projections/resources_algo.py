"""The algorithm of a placement, as clients see it."""

from __future__ import annotations

import msgspec

from tradeoms.domain.placement.algo import Algo


class AlgoResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A strategy with its values."""

    strategy: str
    version: str
    parameters: dict[str, str]
    """As entered, by name."""
    fields: tuple[tuple[int, str], ...]
    """(tag, text) as they are on the wire."""


def algo_resource(algo: Algo | None) -> AlgoResource | None:
    """Show an algorithm; None where the order is sent without one."""
    if algo is None:
        return None
    return AlgoResource(
        strategy=algo.strategy,
        version=algo.version,
        parameters=dict(algo.parameters),
        fields=algo.fields,
    )
