"""Who is beside the demo's node: a broker over FIX 4.4 and an EMS over FIX 4.2, both simulated.

They are processes that share no code with us. Each is a destination with a FIX session of its name.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tradeoms.demo.processes import ROOT, DemoFailed, Process, start

CONFIG: Final = Path(__file__).parents[1] / "config" / "fix"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterparty:
    """A simulated counterparty.

    Attributes:
        name: Destination, FIX session and CompID.
        simulator: Package below `simulators`.
        version: FIX version of its session.
        dialect: File below `config/fix/dialects`.
        title: What it is, for people.
        kind: `broker` or `ems`.
        algos: File below `config/fix/atdl`; empty for none.
        options: What it is always started with.
    """

    name: str
    simulator: str
    version: str
    dialect: str
    title: str
    kind: str
    algos: str = ""
    options: tuple[str, ...] = ()


#: The EMS's trader releases what is staged after this many milliseconds.
RELEASE_MS: Final = 50
COUNTERPARTIES: Final = (
    Counterparty(
        name="BROKER_SIM",
        simulator="broker",
        version="FIX.4.4",
        dialect="generic-44",
        title="Broker simulator, FIX 4.4",
        kind="broker",
        algos="simulators.xml",
    ),
    Counterparty(
        name="EMS_SIM",
        simulator="ems",
        version="FIX.4.2",
        dialect="staging-42",
        title="EMS simulator, staged orders, FIX 4.2",
        kind="ems",
        algos="simulators.xml",
        options=("--release-ms", str(RELEASE_MS)),
    ),
)
NAMES: Final = tuple(one.name for one in COUNTERPARTIES)


def start_counterparty(
    one: Counterparty, home: Path, options: Sequence[str], *, port: int = 0, control_port: int = 0
) -> Process:
    """Start a simulator; its ledger is in a folder of its name in ``home``.

    Raises:
        DemoFailed: If there is no source tree, or it does not get ready.
    """
    if not (ROOT / "simulators").is_dir():
        raise DemoFailed(reason="the simulators come with the source tree; run from a clone")
    folder = home / one.simulator
    folder.mkdir(parents=True, exist_ok=True)
    argv = [
        *(sys.executable, "-m", f"simulators.{one.simulator}", "--data", str(folder)),
        *("--port", str(port), "--control-port", str(control_port)),
        *("--session", f"{one.version}:{one.name}:TRADEOMS"),
        *one.options,
        *options,
    ]
    return start(one.simulator, argv, log=home / f"{one.simulator}.log")


def write_sessions(folder: Path, ports: Mapping[str, int]) -> Path:
    """Write the FIX settings of the counterparties in ``ports``; return their folder."""
    config = folder / "fix"
    (config / "sessions").mkdir(parents=True, exist_ok=True)
    for part in ("dialects", "atdl"):
        shutil.copytree(CONFIG / part, config / part, dirs_exist_ok=True)
    for one in COUNTERPARTIES:
        if one.name not in ports:
            continue
        text = (
            f"name: {one.name}\n"
            f"dialect: {one.dialect}\n"
            f"begin_string: {one.version}\n"
            "sender_comp_id: TRADEOMS\n"
            f"target_comp_id: {one.name}\n"
            "host: 127.0.0.1\n"
            f"port: {ports[one.name]}\n"
            "heartbeat_s: 30\n"
            "reconnect_s: 1\n"
            f'algos: "{one.algos}"\n'
        )
        (config / "sessions" / f"{one.name}.yaml").write_text(text)
    return config
