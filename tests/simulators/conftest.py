"""A running broker with a client on each FIX version, shared by the tests of a module."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.simulators.initiator import Initiator
from tests.simulators.simulator_process import Simulator

VERSIONS = ("FIX.4.2", "FIX.4.4")
COUNTER = itertools.count(1)


@dataclass(frozen=True)
class Desk:
    """A broker and a client of it; ``new_id`` gives ClOrdIDs nobody used."""

    broker: Simulator
    client: Initiator
    prefix: str = field(default_factory=lambda: f"T{next(COUNTER)}-")
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def new_id(self) -> str:
        """Return a fresh ClOrdID."""
        return f"{self.prefix}{next(self.numbers)}"

    def call(self, cmd: str, **arguments: Any) -> Any:  # JSON both ways
        """Send a control command."""
        return self.broker.control.call(cmd, **arguments)

    def set(self, **settings: Any) -> None:  # JSON
        """Change settings of the broker; they are put back after the test."""
        self.call("set", **settings)


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Desk]]:
    folder = tmp_path_factory.mktemp("broker")
    sessions = [f"--session={version}:BROKER_SIM:DESK" for version in VERSIONS]
    with Simulator("broker", folder / "broker", *sessions, "--magic-ms", "20") as broker:
        clients = {
            version: Initiator(
                folder / version, port=broker.fix_port, version=version, sender="DESK"
            ).start()
            for version in VERSIONS
        }
        yield {version: Desk(broker, client) for version, client in clients.items()}
        for client in clients.values():
            client.stop()


@pytest.fixture(params=VERSIONS)
def desk(request: pytest.FixtureRequest, desks: dict[str, Desk]) -> Iterator[Desk]:
    """Return the desk of each version in turn, with the settings put back afterwards."""
    yield from with_settings_back(desks[request.param])


@pytest.fixture
def desk44(desks: dict[str, Desk]) -> Iterator[Desk]:
    """Return the FIX 4.4 desk, with the settings put back afterwards."""
    yield from with_settings_back(desks["FIX.4.4"])


def with_settings_back(shared: Desk) -> Iterator[Desk]:
    before = shared.broker.control.stats()["settings"]
    yield Desk(shared.broker, shared.client)
    shared.call("set", reject_next="", **before)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a folder for a broker of the test's own."""
    return tmp_path / "broker"
