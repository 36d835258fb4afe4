"""`tradeoms demo`: the whole system at work, live at a screen or as a script that proves itself."""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import structlog
from rich.console import Console
from rich.table import Table

from tradeoms.demo import days
from tradeoms.demo.counterparties import (
    COUNTERPARTIES,
    Counterparty,
    start_counterparty,
    write_sessions,
)
from tradeoms.demo.node import prepare, start_node
from tradeoms.demo.people import PEOPLE
from tradeoms.demo.processes import Process, running
from tradeoms.demo.script import FirmDay, summary_of
from tradeoms.demo.universe import Universe, build
from tradeoms.kernel.errors import TradeomsError
from tradeoms.settings import Settings

DAYS: Final = 5
ORDERS_A_DAY: Final = 48
LIVE_FOLDER: Final = Path("var/demo")
LIVE_PORT: Final = 8000


def script(
    *,
    folder: Path | None = None,
    database_url: str = "",
    seed: int = 7,
    count: int = ORDERS_A_DAY,
    day_count: int = DAYS,
) -> int:
    """Play five real trading days on a throw-away database; 0 if everything agrees.

    Args:
        folder: Where to keep what was made; a temporary folder that is removed if not given.
        database_url: Another database than SQLite, empty; else what TRADEOMS_DATABASE_URL says.
        seed: Decides what is ordered.
        count: Orders a day.
        day_count: Trading days.
    """
    quiet_logs()
    home = folder or Path(tempfile.mkdtemp(prefix="tradeoms-demo-"))
    try:
        found = play_days(
            home,
            database_url=database_url or Settings().database_url,
            seed=seed,
            count=count,
            day_count=day_count,
        )
    except TradeomsError as error:
        sys.stderr.write(f"demo failed: {error}\nkept for a look: {home}\n")
        return 1
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
    if found["differences"] or not found["journal_verified"] or not found["replay_equal"]:
        sys.stderr.write(f"the records disagree; kept for a look: {home}\n")
        return 1
    if folder is None:
        shutil.rmtree(home)
    return 0


def play_days(
    home: Path, *, database_url: str, seed: int, count: int, day_count: int
) -> dict[str, Any]:  # Any: JSON
    """Run the five days in ``home`` and return the summary."""
    universe = build()
    with running([]) as processes:
        controls, settings = set_up(home, universe, processes, database_url=database_url)
        address = str(processes[-1].ready["address"])
        with FirmDay(settings, address, controls, universe.passwords) as firm:
            days_played = days.trading_days()
            first = days_played.index(universe.as_of) + 1
            for number, on in enumerate(days_played[first : first + day_count]):
                firm.play(on, count=count, seed=seed, special=number)
            firm.settle()
            ledger = firm.ledger()
            counts, register = firm.counts, firm.register()
    return summary_of(settings, ledger, counts, register)


def set_up(
    home: Path,
    universe: Universe,
    processes: list[Process],
    *,
    database_url: str = "",
    port: int = 0,
    market_options: tuple[str, ...] = (),
) -> tuple[dict[str, int], Settings]:
    """Create everything in ``home`` and start the counterparties and the node.

    All are put into ``processes``, the node last. Returns the control port of each counterparty.
    """
    assert universe.next_day is not None
    market = ("--prices", "dataset", "--start-date", str(universe.next_day), "--model", "resting")

    def begin(one: Counterparty) -> Process:
        process = start_counterparty(one, home, (*market, *market_options))
        processes.append(process)
        return process

    settings = Settings(
        data=home / "node", database_url=database_url, port=port, requests_per_second=0
    )
    with ThreadPoolExecutor(len(COUNTERPARTIES)) as beside:
        begun = [beside.submit(begin, one) for one in COUNTERPARTIES]
        prepare(settings, universe)
    ready = {one.name: it.result().ready for one, it in zip(COUNTERPARTIES, begun, strict=True)}
    ports = {name: int(said["fix_port"]) for name, said in ready.items()}
    settings = settings.model_copy(update={"fix_config": write_sessions(home, ports)})
    processes.append(start_node(settings))
    return {name: int(said["control_port"]) for name, said in ready.items()}, settings


def live(*, port: int = LIVE_PORT, folder: Path = LIVE_FOLDER) -> int:
    """Run everything until Ctrl-C: a fresh node, the market moving, a few people at work."""
    quiet_logs()
    console = Console()
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    console.print(
        "tradeoms demo: loading 524 real securities, five funds, their rules and people …"
    )
    universe = build()
    try:
        with running([]) as processes:
            controls, settings = set_up(
                folder.absolute(), universe, processes, port=_free(port),
                market_options=("--tick-ms", "1500"),
            )  # fmt: skip
            address = str(processes[-1].ready["address"])
            _print_welcome(console, address, universe.passwords)
            with FirmDay(settings, address, controls, universe.passwords) as firm:
                _work_until_stopped(firm, universe)
    except TradeomsError as error:
        console.print(f"[red]demo failed: {error}[/red]")
        return 1
    console.print("stopped")
    return 0


def _free(port: int) -> int:
    """``port`` if nobody has it, else 0, which picks a free one."""
    with contextlib.closing(socket.socket()) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return 0
    return port


def _print_welcome(console: Console, address: str, passwords: Mapping[str, str]) -> None:
    table = Table(title="demo log-ins")
    for column in ("log-in", "password", "who", "role"):
        table.add_column(column)
    for user, (name, roles) in PEOPLE.items():
        table.add_row(user, passwords[user], name, roles)
    console.print(table)
    console.print(f"\nblotter in the browser:  [bold]{address}[/bold]")
    console.print("blotter in a terminal:   .venv/bin/tradeoms --data var/demo/node blotter")
    console.print("Ctrl-C stops everything.\n")


def _work_until_stopped(firm: FirmDay, universe: Universe) -> None:
    """Let the demo's people work a few orders, then leave the desk to whoever is watching."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    assert universe.next_day is not None
    firm.show(universe.next_day, stopped=stopped)
    stopped.wait()


def quiet_logs() -> None:
    """Keep operator logs of this process off the screen; the children have files of their own."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
