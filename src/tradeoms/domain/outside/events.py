"""What became known from outside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tradeoms.domain.outside.state import (
    Benchmark,
    Constituents,
    Figure,
    IssuerAmount,
    Offering,
    OutsideFact,
    ReportedShare,
    SecurityList,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideLoaded:
    """Facts were set, each in place of the one of the same key."""

    issuers: tuple[IssuerAmount, ...]
    offerings: tuple[Offering, ...]
    figures: tuple[Figure, ...]
    reported: tuple[ReportedShare, ...]
    benchmarks: tuple[Benchmark, ...]
    at: datetime
    constituents: tuple[Constituents, ...] = ()

    @property
    def facts(self) -> tuple[OutsideFact, ...]:
        """All of them."""
        return (
            *self.issuers,
            *self.offerings,
            *self.figures,
            *self.reported,
            *self.benchmarks,
            *self.constituents,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ListsLoaded:
    """Lists were set, each as a whole in place of the one of its name."""

    lists: tuple[SecurityList, ...]
    loaded_by: str
    at: datetime

    @property
    def facts(self) -> tuple[SecurityList, ...]:
        """All of them, as they are kept."""
        return self.lists


OutsideEvent = OutsideLoaded | ListsLoaded
