"""A broker whose every few reports are damaged, by seed: what it believes is what we recorded.

Only what the wire withheld for ever may be missing here, and then a break says so. The record of
the run is played again afterwards, and every byte must be the same.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from simulators.faults.script import LIES
from tests.fix.faulty_house import FaultyHouse

# The first test of a module starts seven processes.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
SEED = 20100506
RATE = 0.3
#: Acts after which a fill never comes, in its own words.
WITHHELD = frozenset({"lose"})
#: Kinds of break that a lie of each act may open.
KINDS = {
    "contradict": {"exec_id_reused"},
    "stray": {"unknown_order", "unknown_execution"},
    "lose": {"cum_qty_mismatch", "status_mismatch", "unknown_execution"},
}


def campaign(house: FaultyHouse, *, seed: int, seconds: float) -> None:
    """Trade for some time with a liar between, then compare all there is."""
    dice = Random(seed)
    house.begin()
    house.proxy.call("add", entry={"liar": {"rate": RATE}})
    until = time.monotonic() + seconds
    orders: list[str] = []
    while time.monotonic() < until:
        cl_ord_id = house.order(acked=False)
        house.until("the order at the broker", lambda: _at_broker(house, cl_ord_id))  # noqa: B023
        orders.append(cl_ord_id)
        for _ in range(dice.randrange(1, 5)):
            exec_id = house.fill(cl_ord_id, 10)
            if dice.random() < 0.2:
                house.broker.call("bust", exec_id=exec_id)
        if dice.random() < 0.2:
            house.broker.call("cancel", cl_ord_id=cl_ord_id)
    house.proxy.call("clear")
    house.ready()
    print(f"seed {seed}: {len(orders)} orders, {Counter(d['act'] for d in house.decisions)}")
    judge(house)


def _at_broker(house: FaultyHouse, cl_ord_id: str) -> bool:
    return any(cl_ord_id in order["chain"] for order in house.broker.ledger())


def judge(house: FaultyHouse) -> None:
    """Insist that every difference was made by the liar, and that a break tells of each lie."""
    lies = house.decisions
    withheld = {lie["exec_id"] for lie in lies if lie["act"] in WITHHELD}
    touched = {lie["cl_ord_id"] for lie in lies if lie["exec_id"] in withheld}
    placements = {house.placement(each).id for each in touched}

    def explained(difference: str) -> bool:
        return any(each in difference for each in withheld | placements)

    house.until(
        "only what was withheld is missing",
        lambda: all(explained(each) for each in house.compare()),
        within_s=60,
    )
    house.until("a break for all that is missing", lambda: not _untold(house), within_s=30)
    strays = sum(lie["act"] == "stray" for lie in lies)
    house.until(
        "a break for every report on an order of nobody",
        lambda: sum(name.startswith("STRAY-") for _, name in house.breaks()) == strays,
        within_s=60,
    )
    allowed = {kind for lie in lies for kind in KINDS.get(lie["act"], set())}
    assert {kind for kind, _ in house.breaks()} <= allowed


def _untold(house: FaultyHouse) -> set[str]:
    """Placements of which units are missing and no break tells."""
    parts = (each.split(":")[0] for each in house.compare() if ": cum and notional" in each)
    return set(parts) - {each.placement_id for each in house.book().breaks.values()}


def replayed(record: Path) -> str:
    """Play a record again and return what the program says of it."""
    argv = [sys.executable, "-m", "simulators.faults", "--replay", str(record)]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def test_a_liar_for_a_quarter_of_a_minute_hides_nothing(tmp_path: Path) -> None:
    house = FaultyHouse(tmp_path, seed=SEED)
    try:
        campaign(house, seed=SEED, seconds=15)
        assert len({each["act"] for each in house.decisions} & set(LIES)) > len(LIES) // 3
    finally:
        house.stop()
    assert "every byte the same" in replayed(house.record)


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("seed", range(SEED, SEED + 6))
def test_a_liar_for_ten_minutes_hides_nothing(tmp_path: Path, seed: int) -> None:
    house = FaultyHouse(tmp_path, seed=seed)
    try:
        campaign(house, seed=seed, seconds=600)
    finally:
        house.stop()
    assert "every byte the same" in replayed(house.record)
