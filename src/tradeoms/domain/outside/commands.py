"""The requests that load facts from outside and lists. All or nothing."""

from __future__ import annotations

from dataclasses import dataclass

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
class LoadOutside:
    """Set facts, each in place of the one of the same key."""

    issuers: tuple[IssuerAmount, ...] = ()
    offerings: tuple[Offering, ...] = ()
    figures: tuple[Figure, ...] = ()
    reported: tuple[ReportedShare, ...] = ()
    benchmarks: tuple[Benchmark, ...] = ()
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
class LoadLists:
    """Set lists, each as a whole in place of the one of its name; the others stay."""

    lists: tuple[SecurityList, ...]
