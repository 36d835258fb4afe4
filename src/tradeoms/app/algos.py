"""What the engine asks of those who know the counterparties' algorithms."""

from __future__ import annotations

from typing import Protocol

from tradeoms.app.instruction import Instruction
from tradeoms.domain.placement.algo import Algo, AlgoWish
from tradeoms.domain.placement.decide import PlacementRejection
from tradeoms.kernel.decider import Rejected, reject


class AlgoBook(Protocol):
    """The algorithms of every destination."""

    def settle(
        self, instruction: Instruction, wish: AlgoWish, before: Algo | None
    ) -> Algo | Rejected:
        """The algorithm as it goes out with an order, or everything that is wrong with it.

        Args:
            instruction: The new order or replace that is to carry it.
            wish: What was asked for.
            before: What a replace takes the place of.
        """


class NoAlgorithms:
    """No destination has any."""

    def settle(
        self, instruction: Instruction, wish: AlgoWish, before: Algo | None
    ) -> Algo | Rejected:
        """Refuse."""
        del before
        detail = f"{instruction.session} has no algorithms"
        code = PlacementRejection.ALGO_UNKNOWN
        return reject(code, detail, field="algo/strategy", value=wish.strategy)
