"""Runs the proxy: `python -m simulators.faults --listen PORT --connect PORT`; see the README."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import TextIO

from simulators.faults.machine import Machine
from simulators.faults.proxy import Proxy
from simulators.faults.record import Recorder, replay


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    return (host if colon else "127.0.0.1"), int(port)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulators.faults")
    add = parser.add_argument
    add("--listen", type=_address, default=("127.0.0.1", 0), help="[HOST:]PORT for the gateway")
    add("--connect", type=_address, help="[HOST:]PORT of the simulator")
    add("--control-port", type=int, default=0, help="control port on 127.0.0.1 (0: choose)")
    add("--scenario", type=Path, help="YAML file; none: every message passes unchanged")
    add("--seed", type=int, default=1, help="decides what the liar does")
    add("--record", type=Path, help="write every call and its outcome there, JSON lines")
    add("--replay", type=Path, help="play a record again, compare every byte, and end")
    return parser


async def _run(given: argparse.Namespace, record: TextIO | None) -> None:
    scenario = given.scenario.read_text() if given.scenario else ""
    machine = Machine(scenario, given.seed)
    recorder = Recorder(machine, scenario=scenario, seed=given.seed, out=record)
    host, port = given.connect
    proxy = Proxy(recorder, host=host, port=port)
    listener = await asyncio.start_server(proxy.serve, *given.listen)
    control = await asyncio.start_server(proxy.control, "127.0.0.1", given.control_port)
    ports = [one.sockets[0].getsockname()[1] for one in (listener, control)]
    print(json.dumps({"ready": True, "fix_port": ports[0], "control_port": ports[1]}), flush=True)
    stopped = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, stopped.set)
    await stopped.wait()
    listener.close()
    control.close()


def main() -> int:
    """Read the command line and work until a signal comes, or replay a record."""
    parser = _parser()
    given = parser.parse_args()
    if given.replay:
        count, difference = replay(given.replay)
        print(difference or f"{count} calls, every byte the same")
        return 1 if difference else 0
    if not given.connect:
        parser.error("--connect is required")
    if given.record:
        with given.record.open("w", encoding="ascii") as record:
            asyncio.run(_run(given, record))
    else:
        asyncio.run(_run(given, None))
    return 0


if __name__ == "__main__":
    sys.exit(main())
