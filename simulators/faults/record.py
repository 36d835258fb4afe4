"""The record of a run, JSON lines: what came, what was decided, what went out; and its replay.

Bytes are written as latin-1 text. A replay gives the same input to a fresh machine and compares
every byte that leaves.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, TextIO

from simulators.faults.acts import Step, Write
from simulators.faults.machine import Machine
from simulators.faults.script import Side

START: Final = "start"
Line = dict[str, Any]  # JSON


class Recorder:
    """Drives a machine and writes down each call and its outcome, before anything leaves."""

    def __init__(self, machine: Machine, *, scenario: str, seed: int, out: TextIO | None) -> None:
        self.machine = machine
        self._out = out
        self._write({"call": START, "scenario": scenario, "seed": seed})

    def call(self, line: Line) -> list[Step]:
        """Do what ``line`` says and return the steps.

        Raises:
            ValueError: If the machine does not understand it; it is not recorded then.
        """
        known = len(self.machine.decisions)
        steps = play(self.machine, line)
        acts = [asdict(each) for each in self.machine.decisions[known:]]
        self._write({**line, "acts": acts, "out": texts(steps)})
        return steps

    def _write(self, line: Line) -> None:
        if self._out is not None:
            self._out.write(json.dumps(line) + "\n")
            self._out.flush()


def play(machine: Machine, line: Line) -> list[Step]:
    """Do one recorded call."""
    match line["call"]:
        case "connected":
            machine.connected()
        case "take":
            return machine.take(Side(line["to"]), line["raw"].encode("latin-1"), line["at"])
        case "now":
            return machine.now(line["act"], line["argument"], line["at"])
        case "add":
            machine.add(line["entry"])
        case "clear":
            machine.clear()
        case other:
            raise ValueError(f"unknown call {other!r}")
    return []


def texts(steps: Iterable[Step]) -> list[Line]:
    """Return steps as JSON."""
    return [
        {"step": "Write", "to": step.to, "data": step.data.decode("latin-1"), "bytewise":
            step.bytewise}
        if isinstance(step, Write)
        else {"step": type(step).__name__, **asdict(step)}
        for step in steps
    ]  # fmt: skip


def replay(path: Path) -> tuple[int, str]:
    """Play a record again.

    Returns:
        How many calls agreed, and what differs at the next one, empty if all agree.
    """
    machine: Machine | None = None
    count = 0
    with path.open(encoding="ascii") as lines:
        for text in lines:
            line = json.loads(text)
            if line["call"] == START:
                machine = Machine(line["scenario"], line["seed"])
                continue
            assert machine is not None
            found = texts(play(machine, line))
            if found != line["out"]:
                return count, f"call {count + 1}: recorded {line['out']}, now {found}"
            count += 1
    return count, ""
