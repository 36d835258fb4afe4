"""An engine stub, a counterparty, and gateways that a test starts and kills."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fix.counterparty import Counterparty
from tests.fix.engine_stub import EngineStub
from tests.fix.faulty_house import FaultyHouse
from tests.fix.rig import Rig


@pytest.fixture
def peer() -> Iterator[Counterparty]:
    counterparty = Counterparty()
    yield counterparty
    counterparty.stop()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EngineStub]:
    stub = EngineStub(tmp_path).start()
    yield stub
    stub.stop()


@pytest.fixture
def rig(tmp_path: Path, peer: Counterparty, engine: EngineStub) -> Iterator[Rig]:
    made = Rig(tmp_path, peer, engine)
    yield made
    made.end()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyHouse]:
    """A house for the tests of a module: to start it takes longer than most of them."""
    house = FaultyHouse(tmp_path_factory.mktemp("faults"))
    yield house
    house.stop()


@pytest.fixture
def house(running: FaultyHouse) -> FaultyHouse:
    """The module's house, undamaged, both sessions ready."""
    running.begin()
    return running
