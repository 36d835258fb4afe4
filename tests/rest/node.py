"""A real node for the tests: the engine process and one REST worker on a free port, with people,
funds and securities. The broker side is not here: no FIX session is configured."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from argon2 import PasswordHasher

from tradeoms.bootstrap import door, initialise
from tradeoms.domain.reference import commands as c
from tradeoms.domain.reference.state import (
    Destination,
    Fund,
    Grant,
    OpeningCash,
    OpeningPosition,
    Price,
    Security,
)
from tradeoms.domain.ruleset.commands import DefineRules
from tradeoms.kernel.enums import Role
from tradeoms.settings import Settings

PASSWORD = "correct horse battery staple"
DAY = date(2026, 1, 5)
#: Person to (role, funds). `pm-b` and `pm-a` share nothing but the order of both funds.
PEOPLE: dict[str, tuple[Role, tuple[str, ...]]] = {
    "pm": (Role.PORTFOLIO_MANAGER, ("*",)),
    "pm-a": (Role.PORTFOLIO_MANAGER, ("ALPHA",)),
    "pm-b": (Role.PORTFOLIO_MANAGER, ("BETA",)),
    "pm-ab": (Role.PORTFOLIO_MANAGER, ("ALPHA", "BETA")),
    "trader": (Role.TRADER, ("*",)),
    "trader-b": (Role.TRADER, ("BETA",)),
    "officer": (Role.COMPLIANCE_OFFICER, ("*",)),
    "officer-2": (Role.COMPLIANCE_OFFICER, ("*",)),
    "officer-b": (Role.COMPLIANCE_OFFICER, ("BETA",)),
    "operations": (Role.OPERATIONS, ("*",)),
    "risk": (Role.RISK, ("*",)),
    "admin": (Role.ADMIN, ("*",)),
    "auditor": (Role.AUDITOR, ("*",)),
    "auditor-b": (Role.AUDITOR, ("BETA",)),
}


def key_of(user: str) -> str:
    """The API key of a person."""
    return f"toms_{_key_id(user)}_{_secret(user)}"


def _key_id(user: str) -> str:
    return "k" + user.replace("-", "")


def _secret(user: str) -> str:
    return hashlib.sha256(user.encode()).hexdigest()


def order_body(client_order_id: str, **changes: Any) -> dict[str, Any]:
    """An order for ALPHA that passes compliance."""
    body = {
        "client_order_id": client_order_id,
        "security": {"scheme": "ticker_mic", "value": "AAPL.XNAS"},
        "side": "buy",
        "quantity": "100",
        "order_type": "limit",
        "limit_price": "250.10",
        "allocations": [{"fund": "ALPHA", "quantity": "100"}],
        "reason": "raise weight",
    }
    return {**body, **changes}


@dataclass
class Node:
    """The running processes and clients of their people."""

    data: Path
    settings: Settings
    base: str
    engine: subprocess.Popen[bytes]
    rest: subprocess.Popen[bytes]
    _clients: dict[str, httpx.Client] = field(default_factory=dict)

    def as_(self, user: str) -> httpx.Client:
        """A client with the person's API key."""
        if user not in self._clients:
            headers = {"Authorization": f"Bearer {key_of(user)}"}
            self._clients[user] = httpx.Client(base_url=self.base, headers=headers, timeout=30)
        return self._clients[user]

    def nobody(self) -> httpx.Client:
        """A client without credentials; the caller closes it."""
        return httpx.Client(base_url=self.base, timeout=30)

    def create(self, user: str, client_order_id: str, **changes: Any) -> dict[str, Any]:
        """Enter an order, and return it."""
        answer = post(
            self.as_(user), "/api/v1/orders", order_body(client_order_id, **changes),
            key=client_order_id,
        )  # fmt: skip
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def start_engine(self) -> None:
        """Start the engine process in place of the one before, which has ended."""
        stop(self.engine)
        environment = {**os.environ, **self.settings.as_environment()}
        log = self.data / "engine.log"
        self.engine = _start(["-m", "tradeoms.bootstrap", "engine"], environment, log)

    def start_rest(self, port: int) -> int:
        """Start the REST process in place of the one before; answer the port that it took."""
        stop(self.rest)
        arguments = ["-m", "tradeoms.rest", "--data", str(self.data), "--port", str(port)]
        environment = {**os.environ, **self.settings.as_environment()}
        self.rest = _start(arguments, environment, self.data / "rest.log")
        taken: int = json.loads(_first_line(self.rest, self.data / "rest.log"))["port"]
        return taken

    def close(self) -> None:
        """Close the clients."""
        for client in self._clients.values():
            client.close()


def post(client: httpx.Client, path: str, body: Any, *, key: str = "") -> httpx.Response:
    """POST JSON, with an Idempotency-Key if given."""
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(path, json=body, headers=headers)


def load(settings: Settings, *, funds: Sequence[str] = ("ALPHA", "BETA")) -> None:
    """Put reference data and people into a fresh database."""
    hashed = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    rows = tuple(
        c.UserRow(
            id=user, name=user.title(), grants=(Grant(role=role, funds=seen),),
            password_hash=hashed,
        )
        for user, (role, seen) in PEOPLE.items()
    )  # fmt: skip
    later = datetime.now(UTC) + timedelta(days=30)
    securities = tuple(
        Security(id=f"sec_{symbol.lower()}", symbol=symbol, mic="XNAS", name=symbol.title(),
                 currency="USD", identifiers=(("isin", isin),), issuer=symbol, sector="tech")
        for symbol, isin in (("AAPL", "US0378331005"), ("MSFT", "US5949181045"))
    )  # fmt: skip
    commands: list[tuple[str, object]] = [
        ("LoadFunds", c.LoadFunds(
            funds=tuple(Fund(code=code, name=code.title(), currency="USD") for code in funds))),
        ("LoadSecurities", c.LoadSecurities(securities=securities)),
        ("LoadPrices", c.LoadPrices(prices=tuple(
            Price(security_id=s.id, price=Decimal(250), as_of=DAY) for s in securities))),
        ("LoadPositions", c.LoadPositions(as_of=DAY, books=tuple(
            c.FundBook(
                fund=code,
                positions=(OpeningPosition(security_id="sec_msft", quantity=Decimal(1000),
                                           cost_minor=20_000_000),),
                cash=(OpeningCash(currency="USD", minor=10_000_000_000),),
            ) for code in funds))),
        ("LoadDestinations", c.LoadDestinations(destinations=(Destination(name="BROKER_SIM"),))),
        ("LoadUsers", c.LoadUsers(users=rows)),
        ("DefineRules", DefineRules(rules=())),
    ]  # fmt: skip
    commands += [
        ("CreateApiKey", c.CreateApiKey(
            key_id=_key_id(user), user=user, label="test",
            secret_sha256=hashlib.sha256(_secret(user).encode()).hexdigest(), expires_at=later))
        for user in PEOPLE
    ]  # fmt: skip
    with door(settings) as to:
        for name, command in commands:
            outcome = to.submit(name, command)
            assert outcome.status == "accepted" or name == "DefineRules", (name, outcome.problems)


@contextlib.contextmanager
def running_node(data: Path, url: str = "", **limits: Any) -> Iterator[Node]:
    """Initialise, load and start a node; stop it at the end. ``limits`` are settings."""
    limits.setdefault("requests_per_second", 0)
    settings = Settings(data=data, database_url=url, port=0, _env_file=None, **limits)
    initialise(settings)
    load(settings)
    environment = {**os.environ, **settings.as_environment()}
    engine = _start(["-m", "tradeoms.bootstrap", "engine"], environment, data / "engine.log")
    rest = _start(
        ["-m", "tradeoms.rest", "--data", str(data), "--port", "0"], environment, data / "rest.log"
    )
    port = json.loads(_first_line(rest, data / "rest.log"))["port"]
    node = Node(
        data=data, settings=settings, base=f"http://127.0.0.1:{port}", engine=engine, rest=rest
    )
    try:
        yield node
    finally:
        node.close()
        for process in (node.rest, node.engine):
            stop(process)


def _start(arguments: list[str], environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as errors:
        process = subprocess.Popen(
            [sys.executable, *arguments], env=environment, stdout=subprocess.PIPE, stderr=errors
        )
    if "tradeoms.bootstrap" in arguments:
        _first_line(process, log)
    return process


def _first_line(process: subprocess.Popen[bytes], log: Path) -> str:
    """Wait for the line that says it is ready."""
    assert process.stdout is not None
    line = process.stdout.readline().decode()
    assert line.startswith("{"), f"it did not start: {log.read_text()}"
    return line


def stop(process: subprocess.Popen[bytes]) -> None:
    """End it in an orderly way."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
    if process.stdout is not None:
        process.stdout.close()
