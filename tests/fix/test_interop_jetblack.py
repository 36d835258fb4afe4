"""Against jetblack-fixengine, which others wrote: logon, order, fill, replace, cancel, restart."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from tests.fix.engine_stub import order
from tests.fix.rig import Rig
from tradeoms.app.instruction import InstructionKind

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(
        importlib.util.find_spec("jetblack_fixengine") is None,
        reason="jetblack-fixengine is not installed: pip install 'tradeoms[interop]'",
    ),
]
ACCEPTOR = Path(__file__).with_name("jetblack_acceptor.py")
SHIPPED = Path(sys.prefix) / "share" / "quickfix" / "FIX44.xml"


def test_orders_fills_replaces_and_cancels_with_an_engine_of_others(
    rig: Rig, tmp_path: Path
) -> None:
    store = tmp_path / "acceptor"
    store.mkdir()
    argv = [sys.executable, str(ACCEPTOR), str(rig.peer.port), str(store), str(SHIPPED)]
    rig.dialect = {"session": {"timestamp_precision": "3"}}
    with (tmp_path / "acceptor.log").open("w") as log, subprocess.Popen(argv, stderr=log) as broker:
        try:
            rig.start()
            rig.engine.wait("the session", lambda: rig.engine.ready("peer"), timeout_s=60)
            rig.engine.instruct(order("C1"))
            rig.engine.wait("the fill", lambda: rig.engine.kinds("C1") == ["new", "fill"])
            base = order("C2", quantity=Decimal(777), approved_quantity=Decimal(1000))
            rig.engine.instruct(base)
            rig.engine.wait("the ack", lambda: rig.engine.kinds("C2") == ["new"])
            change = replace(
                base, kind=InstructionKind.REPLACE, cl_ord_id="C3", orig_cl_ord_id="C2",
                quantity=Decimal(778),
            )  # fmt: skip
            rig.engine.instruct(change)
            rig.engine.wait("replaced", lambda: rig.engine.kinds("C3") == ["replaced"])
            rig.engine.instruct(
                replace(change, kind=InstructionKind.CANCEL, cl_ord_id="C4", orig_cl_ord_id="C3")
            )
            rig.engine.wait("canceled", lambda: rig.engine.kinds("C4") == ["canceled"])
            assert rig.stop() == 0
            rig.start()
            rig.engine.wait("the session", lambda: rig.engine.ready("peer"), timeout_s=60)
            rig.engine.instruct(order("C5"))
            rig.engine.wait("the fill", lambda: rig.engine.kinds("C5") == ["new", "fill"])
            assert rig.stop() == 0
        finally:
            broker.kill()
