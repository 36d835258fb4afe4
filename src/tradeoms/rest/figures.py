"""What a worker counts: requests by route and status, and how long they took."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

REGISTRY: Final = CollectorRegistry()
REQUESTS: Final = Counter(
    "tradeoms_requests", "Requests answered", ("operation", "status"), registry=REGISTRY
)
SECONDS: Final = Histogram(
    "tradeoms_request_seconds",
    "Time to answer",
    ("operation",),
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
    registry=REGISTRY,
)
