"""The scripted days, on both databases: our record and both ledgers agree to the cent."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from tradeoms.demo import play


def play_three_days(home: Path, capsys: pytest.CaptureFixture[str], url: str = "") -> None:
    code = play.script(folder=home, database_url=url, seed=11, count=14, day_count=3)
    printed = capsys.readouterr()
    assert code == 0, printed.err
    found = json.loads(printed.out)
    assert found["differences"] == []
    assert found["journal_verified"]
    assert found["replay_equal"]
    assert found["orders"] >= 35
    assert found["counts"]["hard_blocks"] == 3
    assert found["counts"]["waivers"] >= 1
    assert set(found["orders_at"]) == {"BROKER_SIM", "EMS_SIM"}
    assert found["executions"] > 0
    crash = next(one for one in found["breaches"] if one["rule"] == "longshort.net")
    assert crash["kind"] == "passive"
    assert (crash["found_on"], crash["cured_on"]) == ("2010-05-06", "2010-05-10")
    assert crash["status"] == "closed"
    assert Decimal(crash["attribution"]["price"]) > 0
    assert "trade" not in crash["attribution"]


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_three_scripted_days_agree_with_both_ledgers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    play_three_days(tmp_path, capsys)


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.timeout(400)
def test_three_scripted_days_on_postgresql_agree_with_both_ledgers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], postgres_url: sa.URL
) -> None:
    play_three_days(tmp_path, capsys, postgres_url.render_as_string(hide_password=False))
