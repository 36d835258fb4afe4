"""Against quickfix's own acceptor, in every version, with a restart in the middle."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fix.engine_stub import order
from tests.fix.rig import Rig

pytestmark = pytest.mark.slow
ACCEPTOR = Path(__file__).with_name("quickfix_acceptor.py")


@pytest.mark.parametrize("begin_string", ["FIX.4.2", "FIX.4.4", "FIXT.1.1"])
def test_orders_and_fills_with_a_quickfix_acceptor(
    rig: Rig, tmp_path: Path, begin_string: str
) -> None:
    store = tmp_path / "acceptor"
    store.mkdir()
    rig.peer.begin_string = begin_string
    argv = [sys.executable, str(ACCEPTOR), str(rig.peer.port), str(store), begin_string]
    with subprocess.Popen(argv) as broker:
        try:
            rig.start().ready()
            for name in ("C1", "C2", "C3"):
                rig.engine.instruct(order(name))
                if name == "C2":
                    rig.kill()
                    rig.start().ready()
            for name in ("C1", "C2", "C3"):
                rig.engine.wait(
                    name,
                    lambda name=name: "fill" in rig.engine.kinds(name),  # type: ignore[misc]
                )
            fills = [each for name in ("C1", "C2", "C3") for each in rig.engine.of(name)]
            assert len({each.exec_id for each in fills if each.kind.value == "fill"}) == 3
            assert rig.stop() == 0
        finally:
            broker.kill()
