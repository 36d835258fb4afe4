"""The sockets of the proxy: one gateway connection at a time, one to the simulator for each.

Everything that comes is cut into whole messages and given to the machine; what it answers is done
in order. Steps that name a side go to that side's connection, so an injected message and a
forwarded one never mix.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from simulators.faults.acts import Cut, Hang, Stall, Step, Write
from simulators.faults.framing import Splitter
from simulators.faults.record import Recorder
from simulators.faults.script import Side

_CHUNK: Final = 65_536
_CONNECT_S: Final = 5.0
Answer = dict[str, Any]  # JSON


def utc_now() -> str:
    """Return the wall clock as a UTCTimestamp with milliseconds."""
    return datetime.now(UTC).strftime("%Y%m%d-%H:%M:%S.%f")[:-3]


class Proxy:
    """Listens for the gateway, connects to the simulator, does what the machine says."""

    def __init__(self, recorder: Recorder, *, host: str, port: int) -> None:
        """Keep where the simulator listens."""
        self._recorder = recorder
        self._host, self._port = host, port
        self._writers: dict[Side, asyncio.StreamWriter] = {}
        self._stalled_until = 0.0
        self._connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection of the gateway until either side ends."""
        self._close()
        try:
            connecting = asyncio.open_connection(self._host, self._port)
            up_reader, up_writer = await asyncio.wait_for(connecting, _CONNECT_S)
        except OSError:
            writer.close()
            return
        self._connections += 1
        self._writers = {Side.GATEWAY: writer, Side.SIMULATOR: up_writer}
        self._recorder.call({"call": "connected"})
        pumps = [
            asyncio.create_task(self._pump(reader, Side.SIMULATOR)),
            asyncio.create_task(self._pump(up_reader, Side.GATEWAY)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            for one in (writer, up_writer):
                one.close()
            with contextlib.suppress(ConnectionError):
                await asyncio.gather(*pumps, return_exceptions=True)

    async def _pump(self, reader: asyncio.StreamReader, to: Side) -> None:
        """Carry one direction; ends when the sender ends."""
        splitter = Splitter()
        loop = asyncio.get_running_loop()
        while data := await self._read(reader):
            if to is Side.SIMULATOR and (wait := self._stalled_until - loop.time()) > 0:
                await asyncio.sleep(wait)
            for raw in splitter.feed(data):
                line = {"call": "take", "to": to, "raw": raw.decode("latin-1"), "at": utc_now()}
                await self._do(self._recorder.call(line))

    @staticmethod
    async def _read(reader: asyncio.StreamReader) -> bytes:
        try:
            return await reader.read(_CHUNK)
        except ConnectionError:
            return b""

    async def _do(self, steps: list[Step]) -> None:
        for step in steps:
            match step:
                case Write():
                    await self._write(step)
                case Stall():
                    self._stalled_until = asyncio.get_running_loop().time() + step.seconds
                case Cut():
                    self._close()
                case Hang():
                    pass  # the machine lets nothing pass from now on

    async def _write(self, step: Write) -> None:
        writer = self._writers.get(step.to)
        if writer is None or writer.is_closing():
            return
        parts = [step.data]
        if step.bytewise:
            parts = [bytes([each]) for each in step.data]
        with contextlib.suppress(ConnectionError):
            for part in parts:
                writer.write(part)
                await writer.drain()

    def _close(self) -> None:
        for writer in self._writers.values():
            writer.close()
        self._writers = {}

    # ---- control

    async def control(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection of the control port: a line of JSON asked, one answered."""
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                writer.write(json.dumps(await self._answer(line)).encode() + b"\n")
                await writer.drain()
        writer.close()

    async def _answer(self, line: bytes) -> Answer:
        commands: dict[str, Callable[[Answer], Answer]] = {
            "add": lambda asked: {"call": "add", "entry": asked["entry"]},
            "clear": lambda _: {"call": "clear"},
            "now": lambda asked: {
                "call": "now", "act": asked["act"], "argument": asked.get("argument"),
                "at": utc_now(),
            },
        }  # fmt: skip
        try:
            asked = json.loads(line)
            if asked["cmd"] != "stats":
                await self._do(self._recorder.call(commands[asked["cmd"]](asked)))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return {"ok": False, "error": f"{type(error).__name__}: {error}"}
        return {"ok": True, "result": self._stats()}

    def _stats(self) -> Answer:
        machine = self._recorder.machine
        return {
            "connections": self._connections,
            "connected": bool(self._writers),
            "next_to_gateway": machine.numbers.next_seq,
            "decisions": [asdict(each) for each in machine.decisions],
        }
