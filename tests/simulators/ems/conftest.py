"""A running EMS with a client on each FIX version, shared by the tests of a run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulators.conftest import Desk, with_settings_back
from tests.simulators.initiator import Initiator
from tests.simulators.simulator_process import Simulator

EMS_VERSIONS = ("FIX.4.2", "FIX.4.4", "FIX.5.0SP2")


@pytest.fixture(scope="session")
def ems_desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Desk]]:
    folder = tmp_path_factory.mktemp("ems")
    sessions = [f"--session={version}:EMS_SIM:DESK" for version in EMS_VERSIONS]
    with Simulator("ems", folder / "ems", *sessions, "--magic-ms", "20") as ems:
        clients = {
            version: Initiator(
                folder / version,
                port=ems.fix_port,
                version=version,
                sender="DESK",
                target="EMS_SIM",
            ).start()
            for version in EMS_VERSIONS
        }
        yield {version: Desk(ems, client) for version, client in clients.items()}
        for client in clients.values():
            client.stop()


@pytest.fixture(params=EMS_VERSIONS)
def ems(request: pytest.FixtureRequest, ems_desks: dict[str, Desk]) -> Iterator[Desk]:
    """Return the desk of each version in turn, with the settings put back afterwards."""
    yield from with_settings_back(ems_desks[request.param])


@pytest.fixture
def ems44(ems_desks: dict[str, Desk]) -> Iterator[Desk]:
    """Return the FIX 4.4 desk, with the settings put back afterwards."""
    yield from with_settings_back(ems_desks["FIX.4.4"])
