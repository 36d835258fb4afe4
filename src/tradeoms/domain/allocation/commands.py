"""The request to load allocation policies."""

from __future__ import annotations

from dataclasses import dataclass

from tradeoms.domain.allocation.policy import AllocationPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadAllocationPolicies:
    """Set the policies, in place of all there are; tried in this order.

    Their versions are counted here: one that is not as it was gets the next.
    """

    policies: tuple[AllocationPolicy, ...]
