"""The door's end of the socket against a scripted engine: silence, loss, return, bells."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from tradeoms.app.client import SOCKET_NAME, TOKEN_NAME, EngineClient, EngineUnavailable
from tradeoms.app.wire import Bell, Command, Hello, Message, Outcome, Welcome, pack, unpack

Play = Callable[["Peer", asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def read_message(reader: asyncio.StreamReader) -> Message:
    """One message of the protocol, as a process that reads frame by frame would."""
    size = int.from_bytes(await reader.readexactly(4), "big")
    return unpack(await reader.readexactly(size))


class Peer:
    """An engine that plays a script on each connection after the greeting."""

    def __init__(self, folder: Path, play: Play) -> None:
        self.folder = folder
        self.play = play
        self.connections = 0
        self.server: asyncio.Server | None = None

    async def start(self) -> None:
        (self.folder / TOKEN_NAME).write_text("secret\n")
        (self.folder / SOCKET_NAME).unlink(missing_ok=True)
        self.server = await asyncio.start_unix_server(self._serve, str(self.folder / SOCKET_NAME))

    async def stop(self) -> None:
        assert self.server is not None
        self.server.close()
        await self.server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        hello = await read_message(reader)
        assert isinstance(hello, Hello)
        assert hello.token == "secret"
        writer.write(pack(Welcome(epoch=3, build="b", seq=7)))
        try:
            await self.play(self, reader, writer)
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()


async def echo(_peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer each command with its own body, two at a time in the wrong order."""
    while True:
        two = [await read_message(reader) for _ in range(2)]
        for command in reversed(two):
            assert isinstance(command, Command)
            writer.write(pack(Outcome(id=command.id, status="accepted", answer=command.body)))


async def hang_up(_peer: Peer, reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Take a command and go away."""
    await read_message(reader)


async def silence(_peer: Peer, reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Take everything and answer nothing."""
    while True:
        await read_message(reader)


def play(folder: Path, script: Play, then: Callable[[Peer, EngineClient], Awaitable[None]]) -> None:
    """Run ``then`` with a client connected to an engine that plays ``script``."""

    async def run() -> None:
        peer = Peer(folder, script)
        await peer.start()
        client = EngineClient(folder, name="test", answer_within_s=0.2)
        await client.start(wait_s=5)
        try:
            await then(peer, client)
        finally:
            await client.close()
            await peer.stop()

    asyncio.run(run())


def test_answers_find_their_questions(tmp_path: Path) -> None:
    async def ask(peer: Peer, client: EngineClient) -> None:
        bodies = [msgspec.json.encode({"n": number}) for number in range(20)]
        asked = (client.submit("X", body, user="pm") for body in bodies)
        answers = await asyncio.gather(*asked)
        assert [bytes(answer.answer) for answer in answers] == bodies
        assert client.welcome is not None
        assert (client.welcome.epoch, client.seq, peer.connections) == (3, 7, 1)

    play(tmp_path, echo, ask)


def test_a_lost_connection_leaves_the_outcome_unknown_and_is_made_again(tmp_path: Path) -> None:
    async def ask(peer: Peer, client: EngineClient) -> None:
        again = asyncio.Event()
        client.on_bell(lambda _seq: again.set())
        with pytest.raises(EngineUnavailable) as caught:
            await client.submit("X", b"{}", user="pm")
        assert caught.value.sent
        await again.wait()
        assert (client.connected, peer.connections) == (True, 2)

    play(tmp_path, hang_up, ask)


def test_silence_ends_in_an_unknown_outcome(tmp_path: Path) -> None:
    async def ask(_peer: Peer, client: EngineClient) -> None:
        with pytest.raises(EngineUnavailable) as caught:
            await client.submit("X", b"{}", user="pm")
        assert caught.value.sent
        assert client.connected

    play(tmp_path, silence, ask)


def test_without_an_engine_nothing_is_sent(tmp_path: Path) -> None:
    async def ask() -> None:
        client = EngineClient(tmp_path, name="test")
        await client.start()
        with pytest.raises(EngineUnavailable) as caught:
            await client.submit("X", b"{}", user="pm")
        assert not caught.value.sent
        await client.close()

    asyncio.run(ask())


def test_bells_reach_those_who_listen(tmp_path: Path) -> None:
    heard: list[int] = []

    async def ring(_peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for seq in (8, 9):
            writer.write(pack(Bell(seq=seq)))
        await read_message(reader)

    async def listen(_peer: Peer, client: EngineClient) -> None:
        rung = asyncio.Event()
        client.on_bell(heard.append)
        client.on_bell(lambda seq: rung.set() if seq == 9 else None)
        if client.seq < 9:
            await rung.wait()
        assert client.seq == 9
        assert heard in ([8, 9], [9], [])

    play(tmp_path, ring, listen)


def test_nonsense_from_the_engine_ends_the_connection(tmp_path: Path) -> None:
    async def babble(
        _peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await read_message(reader)
        writer.write(b"\x00\x00\x00\x02{}")
        await read_message(reader)

    async def ask(_peer: Peer, client: EngineClient) -> None:
        with pytest.raises(EngineUnavailable):
            await client.submit("X", b"{}", user="pm")

    play(tmp_path, babble, ask)
