"""Kill -9 anywhere: nothing acknowledged is lost, nothing sent twice, every fill booked once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation.campaign import Campaign, Report

SEED = 20100506


def judge(report: Report) -> None:
    """Print what happened, and insist that all records agree."""
    print(report)
    assert report.lost == []
    assert report.differences == []
    assert report.verified
    assert report.replay_equal
    assert report.placed > 0
    assert report.executions > 0


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_c19_twelve_random_kills_under_load_lose_and_double_nothing(tmp_path: Path) -> None:
    campaign = Campaign(tmp_path, seed=SEED)
    try:
        judge(campaign.run(kills=12))
    finally:
        campaign.stop()


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_c19_a_hundred_and_twenty_random_kills_under_load_lose_and_double_nothing(
    tmp_path: Path,
) -> None:
    campaign = Campaign(tmp_path, seed=SEED + 1)
    try:
        judge(campaign.run(kills=120))
    finally:
        campaign.stop()


@pytest.mark.soak
@pytest.mark.timeout(14_400)
def test_c19_a_thousand_random_kills_with_a_liar_on_the_wire_lose_and_double_nothing(
    tmp_path: Path,
) -> None:
    campaign = Campaign(tmp_path, seed=SEED + 2, liar=0.1)
    try:
        report = campaign.run(kills=1_000)
    finally:
        campaign.stop()
    judge(report)
    assert report.lies
