"""The broker's algorithm that a placement asks for: strategy, values, fields on the wire.

Which strategies there are, and what their values may be, only the counterparty's FIXatdl file
knows: it is asked before the decision, and its answer is kept. Nothing is looked up again.
"""

from __future__ import annotations

from dataclasses import dataclass

Texts = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgoWish:
    """What a person asks for: a strategy and (parameter, text), each once."""

    strategy: str
    parameters: Texts = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Algo:
    """A strategy whose values were found to be right.

    Attributes:
        strategy: Its name in the counterparty's file.
        version: The version of it that the values were checked by; empty where it has none.
        parameters: (name, text) as entered.
        fields: (tag, text) as they are on the wire, in their order.
    """

    strategy: str
    version: str
    parameters: Texts
    fields: tuple[tuple[int, str], ...]

    @property
    def wish(self) -> AlgoWish:
        """What was asked for."""
        return AlgoWish(strategy=self.strategy, parameters=self.parameters)

    def is_as(self, wish: AlgoWish) -> bool:
        """True where ``wish`` asks for the same, in whatever order."""
        mine = (self.strategy, sorted(self.parameters))
        return mine == (wish.strategy, sorted(wish.parameters))
