"""The firm at work for days: everyone acts through the REST door, broker and EMS beside it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from types import TracebackType
from typing import Any, Final, Self

from tradeoms import bootstrap
from tradeoms.demo import days
from tradeoms.demo.control import Control
from tradeoms.demo.counterparties import NAMES
from tradeoms.demo.days_work import Book, Wish, plan_day
from tradeoms.demo.desk import JSON, Person, Refused, wait_for
from tradeoms.demo.listed import market_of
from tradeoms.demo.node import read_file, submit
from tradeoms.demo.processes import DemoFailed
from tradeoms.demo.reconcile import differences, session_of
from tradeoms.demo.register import RegisterDesk, register_lines
from tradeoms.domain.reference.commands import RollDay
from tradeoms.kernel.errors import TradeomsError
from tradeoms.settings import Settings

TICKS: Final = 40
_ENDED: Final = frozenset({"filled", "canceled", "expired"})
_AT_BROKER: Final = frozenset(
    {"unsent", "pending_new", "new", "partially_filled", "pending_cancel", "pending_replace"}
)


class FirmDay:
    """The people, the simulators' control ports, and what was counted so far."""

    def __init__(
        self,
        settings: Settings,
        address: str,
        control_ports: Mapping[str, int],
        passwords: Mapping[str, str],
    ) -> None:
        """Sign everybody in, and wait until every FIX session is up."""
        self.counts: Counter[str] = Counter()
        self._settings = settings
        self._people = {user: Person(address, user, passwords[user]) for user in passwords}
        self._controls = [Control(name, port) for name, port in control_ports.items()]
        self._orders: dict[str, tuple[Wish, str]] = {}
        try:
            wait_for("the FIX sessions", self._sessions_ready)
        except TradeomsError:
            self.close()
            raise

    def __enter__(self) -> Self:
        """Use it in a `with`."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the screens."""
        self.close()

    def close(self) -> None:
        """Sign nobody out, but close every connection."""
        for control in self._controls:
            control.close()
        for person in self._people.values():
            person.close()

    def _sessions_ready(self) -> bool:
        sessions = self._people["ops.oscar"].get("/fix/sessions")["data"]
        ready = {state["session"] for state in sessions if state["ready"]}
        return ready >= set(NAMES)

    def play(self, on: date, *, count: int, seed: int, special: int) -> None:
        """One trading day: marks of last evening, orders, ticks, changes of mind, the close."""
        self._open_day(on)
        if special == 0:
            self._test_funds()
        book = self._book(on)
        planned = plan_day(book, count=count, seed=seed)
        if special == 0:  # it waits out the crash: what it then lacks is the market's doing alone
            planned = [wish for wish in planned if not wish.touches("LONGSHORT")]
        placed = [self._enter(wish) for wish in planned]
        placed += self._specials(book, special)
        wishes = {order_id: wish for order_id, wish in placed if order_id}
        self._pass_time("tick", n=TICKS // 3)
        self._change_minds(wishes)
        self._pass_time("tick", n=TICKS // 3)
        self._pass_time("day")
        self.settle()
        self._close_day(on)

    def show(self, on: date, *, stopped: threading.Event) -> None:
        """Work a dozen orders at a human pace, for someone who watches."""
        self._open_day(on)
        book = self._book(on)
        for wish in plan_day(book, count=24, seed=1):
            if stopped.wait(1.0):
                return
            order_id, _ = self._enter(wish)
            if order_id and wish.then == "cancel" and not stopped.wait(1.0):
                self._try(wish.manager, f"/orders/{order_id}/cancel")

    def _pass_time(self, command: str, **arguments: object) -> None:
        """Move every simulated market on."""
        for control in self._controls:
            control.call(command, **arguments)

    def _open_day(self, on: date) -> None:
        """Roll the day and load the marks of the last close, by the door that files use."""
        with bootstrap.door(self._settings) as machine:
            submit(machine, RollDay(trade_on=on))
        self._load_marks(max(day for day in days.trading_days() if day < on))

    def _load_marks(self, of: date) -> None:
        """Load the closing prices of a day."""
        rows = [f"{name},{bar.close},{of}" for name, bar in _named(of)]
        text = "\n".join(["security,price,as_of", *rows]) + "\n"
        command = read_file(text, "prices", "csv", self._settings)
        with bootstrap.door(self._settings) as machine:
            submit(machine, command)

    def _close_day(self, on: date) -> None:
        """Load the closes, test every fund as it stands, and work on what was found."""
        self._load_marks(on)
        self._test_funds()
        desk = RegisterDesk(
            self._people["officer.olga"], self._people["officer.omar"], self._people
        )
        self.counts.update(desk.work())

    def _test_funds(self) -> None:
        """Ask for a post-trade run of every fund, and wait for its results."""
        officer = self._people["officer.olga"]
        path = f"/compliance/runs/{officer.post('/compliance/runs')['id']}"
        wait_for("the post-trade run", lambda: officer.get(path)["run"]["status"] == "finished")
        self.counts["runs"] += 1

    def register(self) -> list[JSON]:
        """The register of breaches, as the summary shows it."""
        return register_lines(self._people["officer.olga"].every("/breaches"))

    def _book(self, on: date) -> Book:
        previous = max(day for day in days.trading_days() if day < on)
        closes = {name: Decimal(str(bar.close)) for name, bar in _named(previous)}
        today = {name for name, _ in _named(on)}
        turnover = {name: bar.close * bar.volume for name, bar in _named(previous)}
        held: dict[str, dict[str, Decimal]] = {}
        auditor = self._people["auditor.aude"]
        for row in auditor.every("/positions"):
            name = row["security"]["value"]
            if Decimal(row["quantity"]) > 0 and name in today:
                held.setdefault(row["fund"], {})[name] = Decimal(row["quantity"])
        liquid = sorted((n for n in closes if n in today), key=lambda n: (-turnover[n], n))
        return Book(on=on, closes=closes, held=held, liquid=liquid)

    def _enter(self, wish: Wish) -> tuple[str, Wish]:
        """Create, release and place one order, as far as compliance lets it come."""
        manager = self._people[wish.manager]
        try:
            order = manager.post("/orders", wish.body)
        except Refused as refused:
            raise DemoFailed(reason=f"{wish.body}: {refused}") from refused
        self.counts[f"entered_{order['status']}"] += 1
        self.counts["orders"] += 1
        if order["status"] == "held":
            order = self._waive(order, wish)
        if order["status"] != "approved":
            return "", wish
        manager.post(f"/orders/{order['id']}/release", {"acknowledge": True})
        self._place(order, wish)
        return str(order["id"]), wish

    def _waive(self, order: JSON, wish: Wish) -> JSON:
        """Ask for a waiver of every rule that holds the order; an officer gives it."""
        manager = self._people[wish.manager]
        rules = order["waiting_for"]["why"].removeprefix("a waiver of ").split(", ")
        for rule in rules:
            asked = {"order": order["id"], "rule": rule, "reason": "demo: small and temporary"}
            try:
                waiver = manager.post("/waivers", asked)
            except Refused:
                self.counts["waivers_refused"] += 1
                return order
            self._people["officer.olga"].post(f"/waivers/{waiver['id']}/approve")
            self.counts["waivers"] += 1
        return manager.get(f"/orders/{order['id']}")

    def _place(self, order: JSON, wish: Wish) -> None:
        trader = self._people["trader.tom"]
        quantity = int(order["quantity"])
        parts = [quantity]
        if len(wish.destinations) > 1:
            parts = [quantity // 2, quantity - quantity // 2]
        for part, destination in zip(parts, wish.destinations, strict=True):
            body = {"order": order["id"], "destination": destination, "quantity": str(part)}
            trader.post("/placements", body)
            self.counts["placements"] += 1

    def _change_minds(self, wishes: Mapping[str, Wish]) -> None:
        """Amend and cancel while fills arrive; the counterparty may be quicker."""
        for order_id, wish in wishes.items():
            if wish.then == "cancel":
                self._try(wish.manager, f"/orders/{order_id}/cancel")
            elif wish.then == "amend":
                self._amend(order_id, wish)

    def _amend(self, order_id: str, wish: Wish) -> None:
        manager = self._people[wish.manager]
        order = manager.get(f"/orders/{order_id}")
        legs = order["allocations"]
        if order["status"] in _ENDED or len(legs) > 1:
            return
        quantity = int(order["quantity"]) - 50
        body = {
            "quantity": str(quantity),
            "allocations": [{"fund": legs[0]["fund"], "quantity": str(quantity)}],
        }
        try:
            manager.patch(f"/orders/{order_id}", body, version=order["version"])
            self.counts["amendments"] += 1
        except Refused as refused:
            self.counts[f"amend_{refused.body.get('code')}"] += 1

    def _try(self, user: str, path: str) -> None:
        """Ask for something that may come too late."""
        name = path.rsplit("/", 1)[1]
        try:
            self._people[user].post(path)
            self.counts[name] += 1
        except Refused as refused:
            self.counts[f"{name}_{refused.body.get('code')}"] += 1

    def _specials(self, book: Book, day: int) -> list[tuple[str, Wish]]:
        """What every demo must show: a hard block, and on the first day a soft breach waived."""
        tobacco = next(n for n in ("MO.XNYS", "PM.XNYS", "RAI.XNYS", "LO.XNYS") if n in book.closes)
        blocked = _special(book, tobacco, fund="ETHICAL", quantity=100, number=900 + day)
        order = self._people["pm.index"].post("/orders", blocked.body)
        self.counts["orders"] += 1
        if order["status"] != "blocked":
            raise DemoFailed(reason=f"ETHICAL may buy {tobacco}: {order['status']}")
        self.counts["hard_blocks"] += 1
        if day:
            return []
        apple = next(name for name in book.closes if name.startswith("AAPL."))
        large = _special(book, apple, fund="GROWTH", quantity=6_000, number=950)
        return [self._enter(large)]

    def settle(self) -> None:
        """Wait until every placement that should have ended has, here and at the counterparty."""
        wait_for("broker and EMS to answer everything", self._settled)

    def _settled(self) -> bool:
        trader = self._people["trader.tom"]
        working = {
            row["cl_ord_id"]: row
            for row in trader.every("/placements")
            if row["status"] in _AT_BROKER
        }
        if not working:
            return True
        ledger = {i: order for order in self.ledger() for i in order["chain"]}
        return all(_agrees(row, ledger.get(key)) for key, row in working.items())

    def ledger(self) -> list[JSON]:
        """The counterparties' own records, one after the other."""
        return [order for one in self._controls for order in one.call("ledger")["orders"]]


def _agrees(placement: JSON, order: JSON | None) -> bool:
    """True where the counterparty has it open, or is silent, with the same executed units."""
    if order is None:
        return False
    waiting = placement["status"] in ("unsent", "pending_cancel", "pending_replace")
    return not waiting and Decimal(order["cum_qty"]) == Decimal(placement["cum_qty"])


def _special(book: Book, name: str, *, fund: str, quantity: int, number: int) -> Wish:
    body = {
        "client_order_id": f"{book.on:%Y%m%d}-{number:04d}",
        "security": {"scheme": "ticker_mic", "value": name},
        "side": "buy",
        "quantity": str(quantity),
        "order_type": "market",
        "time_in_force": "day",
        "allocations": [{"fund": fund, "quantity": str(quantity)}],
        "reason": "demo day",
    }
    manager = "pm.index" if fund == "ETHICAL" else "pm.growth"
    return Wish(manager=manager, body=body, then="", destinations=("BROKER_SIM",))


def _named(on: date) -> list[tuple[str, Any]]:  # Any: days.Bar
    """ticker_mic and bar of everything that traded on a day."""
    return [(f"{ticker}.{market_of(ticker)}", bar) for ticker, bar in days.bars(on).items()]


def summary_of(
    settings: Settings, ledger: list[JSON], counts: Mapping[str, int], register: list[JSON]
) -> dict[str, Any]:  # Any: JSON
    """What the days came to, and whether every record agrees."""
    reading = bootstrap.reader(settings)
    found = differences(reading, ledger)
    reading.dispose()
    verdict = bootstrap.verify(settings)
    replayed = bootstrap.replay(settings)
    live = [e for order in ledger for e in order["executions"]]
    return {
        "orders": counts["orders"],
        "counts": dict(sorted(counts.items())),
        "orders_at": dict(sorted(Counter(session_of(order) for order in ledger).items())),
        "executions": len(live),
        "busted": sum(e["status"] == "busted" for e in live),
        "corrected": sum(e["status"] == "corrected" for e in live),
        "units_executed": str(sum((Decimal(o["cum_qty"]) for o in ledger), Decimal(0))),
        "notional_executed": str(sum((Decimal(o["notional"]) for o in ledger), Decimal(0))),
        "breaches": register,
        "differences": found,
        "journal_events": verdict.checked,
        "journal_verified": verdict.ok,
        "replay_equal": not replayed.differing,
        "state_hash": replayed.state_hash,
    }
