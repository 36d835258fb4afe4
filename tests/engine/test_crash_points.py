"""The engine dies by SIGKILL at a named point; the next one must know all that was acknowledged.

Scenarios C01 to C05, C13 and C14 of the crash matrix: before the decision, between decision and
commit, between commit and reply, with an order, a placement and an execution for several funds in
hand. Death inside the commit itself (C03) is also in tests/contract/journal, on both databases.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.engine.house import buy, fill, opened
from tradeoms import bootstrap
from tradeoms.app.faults import Point
from tradeoms.app.wire import (
    Attach,
    Command,
    Frame,
    Hello,
    Instruct,
    Message,
    Outcome,
    SessionAction,
    Splitter,
    Watermark,
    Welcome,
    pack,
    tag_report,
    unpack,
)
from tradeoms.settings import Settings

_encode = msgspec.json.Encoder(decimal_format="string").encode


class Engine:
    """The engine process and one connection to it."""

    def __init__(self, data: Path, fault: Point | None = None) -> None:
        settings = Settings(data=data)
        variables = {**os.environ, **settings.as_environment()}
        variables["TRADEOMS_FAULT"] = fault or ""
        self.process = subprocess.Popen(  # our own module
            [sys.executable, "-m", "tradeoms.bootstrap", "engine"],
            env=variables,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        ready = json.loads(self.process.stdout.readline())
        self.splitter = Splitter()
        self.bodies: list[bytes] = []
        self.link = socket.socket(socket.AF_UNIX)
        self.link.settimeout(30)
        self.link.connect(str(settings.socket))
        token = settings.token_file.read_text()
        self.send(Hello(role="gateway", name="test", token=token, build=ready["build"]))
        assert isinstance(self.receive(), Welcome)

    def send(self, message: Message) -> None:
        self.link.sendall(pack(message))

    def receive(self) -> Message | None:
        """The next message, or `None` where the engine died."""
        while not self.bodies:
            try:
                data = self.link.recv(1 << 16)
            except ConnectionResetError:
                data = b""
            if not data:
                return None
            self.bodies += self.splitter.feed(data)
        return unpack(self.bodies.pop(0))

    def died(self) -> bool:
        return self.process.wait(30) == -signal.SIGKILL

    def stop(self) -> None:
        self.link.close()
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(30)
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextlib.contextmanager
def engine(data: Path, fault: Point | None = None) -> Iterator[Engine]:
    found = Engine(data, fault)
    try:
        yield found
    finally:
        found.stop()


def entering() -> Command:
    body = msgspec.Raw(_encode(buy("crash")))
    return Command(id=1, type="CreateOrder", body=body, user="pm", key="K1", sha256="same")


def answer_of(outcome: Message | None) -> dict[str, Any]:
    assert isinstance(outcome, Outcome)
    assert outcome.status == "accepted", outcome.problems
    found: dict[str, Any] = json.loads(bytes(outcome.answer))
    return found


def order_ids(data: Path) -> list[str]:
    with opened(data) as house:
        return [o.id for o in house.book.orders.values() if o.client_order_id == "ccrash"]


@pytest.mark.parametrize(
    ("point", "made"),
    [
        (Point.TAKEN_BEFORE_DECISION, False),
        (Point.DECIDED_BEFORE_COMMIT, False),
        (Point.COMMITTED_BEFORE_REPLY, True),
    ],
    ids=["c01_c02_before_decision", "c03_before_commit", "c04_before_reply"],
)
def test_c01_to_c04_an_order_whose_answer_was_lost_is_made_once_by_the_same_key(
    data: Path, point: Point, *, made: bool
) -> None:
    with engine(data, point) as first:
        first.send(entering())
        assert first.receive() is None
        assert first.died()
    before = order_ids(data)
    assert len(before) == int(made)
    with engine(data) as second:
        second.send(entering())
        outcome = second.receive()
        order_id = answer_of(outcome)["id"]
        assert isinstance(outcome, Outcome)
        assert outcome.replayed is made
    assert order_ids(data) == [order_id]
    assert before in ([], [order_id])


def test_c05_a_placement_committed_before_the_engine_died_is_handed_over_once(data: Path) -> None:
    with opened(data) as house:
        order = house.order("crash")
    terms = {"order_id": order["id"], "destination": "BROKER", "quantity": "500"}
    body = msgspec.Raw(_encode(terms))
    placing = Command(id=1, type="CreatePlacement", body=body, user="tom", key="K2", sha256="s")
    with engine(data, Point.COMMITTED_BEFORE_REPLY) as first:
        first.send(placing)
        assert first.receive() is None
        assert first.died()
    with engine(data) as second:
        second.send(placing)
        placement = answer_of(second.receive())
        second.send(Attach(session="BROKER", journal_id="J", number=0))
        assert isinstance(second.receive(), SessionAction)  # whether the session is held
        handed = second.receive()
        assert isinstance(handed, Instruct)
        assert handed.instruction.cl_ord_id == placement["cl_ord_id"]
        assert handed.instruction.quantity == Decimal(500)
        second.send(Attach(session="BROKER", journal_id="J", number=handed.instruction.number))
        assert isinstance(second.receive(), SessionAction)
        second.send(placing)
        assert answer_of(second.receive())["id"] == placement["id"]


@pytest.mark.parametrize(
    ("point", "booked"),
    [(Point.DECIDED_BEFORE_COMMIT, False), (Point.COMMITTED_BEFORE_REPLY, True)],
    ids=["c14_before_the_commit_of_an_allocation", "c13_before_its_watermark"],
)
def test_c13_c14_an_execution_is_booked_to_all_its_funds_or_none_and_once(
    data: Path, point: Point, *, booked: bool
) -> None:
    with opened(data) as house:
        placement = house.placed("crash")
    report = fill(placement["cl_ord_id"], "E1", 333, "99.01")
    frame = Frame(session="BROKER", epoch=1, row=7, reports=(tag_report(report),))
    with engine(data, point) as first:
        first.send(frame)
        assert first.receive() is None
        assert first.died()
    assert shares(data) == ([200, 133] if booked else [0, 0])
    with engine(data) as second:
        second.send(frame)
        assert second.receive() == Watermark(session="BROKER", epoch=1, row=7)
    assert shares(data) == [200, 133]
    assert bootstrap.replay(Settings(data=data)).differing == ()


def shares(data: Path) -> list[int]:
    with opened(data) as house:
        (allocation,) = house.book.allocations.values()
        return [int(share.quantity) for share in allocation.shares]
