"""A rebalance worked to its end over REST and FIX: three records agree, and nothing is left."""

from __future__ import annotations

from pathlib import Path

import pytest

from tradeoms.demo.firm import Firm
from tradeoms.demo.rebalance import work


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_five_funds_come_to_their_model_and_every_record_agrees(tmp_path: Path) -> None:
    found = work(tmp_path, Firm(funds=5, securities=50, managers=2, rules=12))
    assert found["differences"] == []
    assert found["journal_verified"]
    assert found["replay_equal"]
    assert found["lines"] == 250
    assert found["lines_cut_by_compliance"] > 0
    assert found["proposals_stopped"] == 0, "what was cut passes"
    assert found["submitted_again"] > 0, "purchases waited for the proceeds of sales"
    assert found["second_approvals"] > 0
    assert found["broker_orders"] == found["placements"] < found["orders"], "blocks were merged"
    assert found["executions"] > found["broker_orders"]
    assert found["lines_left_afterwards"] == 0, "what was not cut stands at its target"
