"""FIX faults against the whole house: gateway, engine and broker simulator, a lying wire between.

F.. and O.. are the scenarios listed in docs/fix.md. Each test ends with the broker's ledger and ours compared.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fix.faulty_house import FaultyHouse

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyHouse]:
    house = FaultyHouse(tmp_path_factory.mktemp("faults"))
    yield house
    house.stop()


@pytest.fixture
def house(running: FaultyHouse) -> FaultyHouse:
    running.begin()
    return running


def test_without_a_fault_both_ledgers_agree(house: FaultyHouse) -> None:
    cl_ord_id = house.order()
    exec_ids = [house.fill(cl_ord_id, 40), house.fill(cl_ord_id)]
    house.until("both fills", lambda: house.exec_ids(cl_ord_id) == exec_ids)
    house.agreed()


def test_f02_a_gap(house: FaultyHouse) -> None:
    cl_ord_id = house.order()
    house.fault("drop", times=2)
    exec_ids = [house.fill(cl_ord_id, 10) for _ in range(4)]
    house.until("all fills", lambda: house.exec_ids(cl_ord_id) == exec_ids)
    house.agreed()
    assert [each["act"] for each in house.decisions] == ["drop", "drop"]
