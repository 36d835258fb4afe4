"""A rebalance worked to its end: proposed, fitted to the rules, approved, merged, placed, booked.

Every step goes through the REST door of a running node, every placement over FIX to the broker
simulator. At the end three records are compared: ours with the broker's ledger, the funds' books
with what the proposals said, and the read models with the journal.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from tradeoms import bootstrap
from tradeoms.demo.control import Control
from tradeoms.demo.counterparties import COUNTERPARTIES, start_counterparty, write_sessions
from tradeoms.demo.desk import JSON, Person, wait_for
from tradeoms.demo.firm import BROKER, DAY, PASSWORD, Firm
from tradeoms.demo.node import start_node, submit
from tradeoms.demo.play import quiet_logs
from tradeoms.demo.processes import Process, running
from tradeoms.demo.reconcile import differences
from tradeoms.domain.model.commands import ApproveModel
from tradeoms.domain.proposal.state import ProposalStatus
from tradeoms.domain.ruleset.commands import ActivateRule
from tradeoms.kernel.numbers import ZERO, from_minor
from tradeoms.projections.book import Book
from tradeoms.projections.load import load_all, proposal_lines
from tradeoms.settings import Settings

#: How long the broker may take for all executions.
_FILLED_S: Final = 1_200.0
#: Managers who wait for their executions stay signed in for so long.
_SHIFT_S: Final = 8 * 3600
_OPEN: Final = "released,working,partially_filled"


@dataclass(slots=True)
class Watch:
    """Seconds of each step, on the clock of the wall."""

    seconds: dict[str, float] = field(default_factory=dict)
    _began: float = field(default_factory=time.perf_counter)

    def lap(self, step: str) -> None:
        """Count the time since the last one to ``step``."""
        now = time.perf_counter()
        self.seconds[step] = round(self.seconds.get(step, 0.0) + now - self._began, 2)
        self._began = now


def run(funds: int, securities: int) -> int:
    """Rebalance a firm in a temporary folder and print what came of it; 0 if all records agree."""
    quiet_logs()
    with tempfile.TemporaryDirectory(prefix="tradeoms-rebalance-") as folder:
        found = work(Path(folder), Firm(funds=funds, securities=securities))
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
    agree = not found["differences"] and found["journal_verified"] and found["replay_equal"]
    return 0 if agree else 1


def work(home: Path, firm: Firm) -> dict[str, Any]:  # Any: JSON
    """Rebalance ``firm`` in the folder ``home``; figures, seconds and every difference found."""
    with running([]) as processes:
        control_port, settings = _set_up(home, firm, processes)
        address = str(processes[-1].ready["address"])
        people = {
            name: Person(address, name, PASSWORD)
            for name in ("trader", "risk", "officer", *firm.managed)
        }
        control = Control(BROKER, control_port)
        try:
            wait_for("the FIX session", lambda: _is_ready(people["trader"]))
            found = _Desk(firm, people).work()
            ledger = control.call("ledger")["orders"]
        finally:
            control.close()
            for person in people.values():
                person.close()
    return {**found, **_compared(settings, firm, ledger)}


def _set_up(home: Path, firm: Firm, processes: list[Process]) -> tuple[int, Settings]:
    """Load the firm, and start the broker and the node; the broker's control port."""
    market = home / "market.csv"
    firm.write_market(market)
    one = next(one for one in COUNTERPARTIES if one.name == BROKER)
    options = ("--prices", f"csv:{market}", "--start-date", str(DAY), "--no-magic",
               "--model", "sliced", "--slices", "2", "--slice-ms", "10")  # fmt: skip
    broker = start_counterparty(one, home, options)
    processes.append(broker)
    config = write_sessions(home, {BROKER: int(broker.ready["fix_port"])})
    settings = Settings(
        data=home / "node", port=0, fix_config=config, requests_per_second=0,
        sign_in_idle_s=_SHIFT_S,
    )  # fmt: skip
    bootstrap.initialise(settings)
    with bootstrap.door(settings) as machine:
        for command in firm.commands():
            submit(machine, command)
    with bootstrap.door(settings, user="officer") as officer:
        for number in range(firm.rules):
            submit(officer, ActivateRule(rule_id=f"rule{number}", version=1))
    processes.append(start_node(settings))
    with bootstrap.door(settings, user="pm.0") as manager:
        submit(manager, firm.model())
    with bootstrap.door(settings, user="risk") as risk:
        submit(risk, ApproveModel(model="core", version=1))
    return int(broker.ready["control_port"]), settings


def _is_ready(person: Person) -> bool:
    return any(one["ready"] for one in person.get("/fix/sessions")["data"])


class _Desk:
    """The firm's people at work on one rebalance."""

    def __init__(self, firm: Firm, people: Mapping[str, Person]) -> None:
        self._firm = firm
        self._people = people
        self._trader = people["trader"]
        self._watch = Watch()
        self._counts: Counter[str] = Counter()

    def work(self) -> dict[str, Any]:  # Any: JSON
        """All steps; figures and seconds."""
        proposals = {name: self._propose(name) for name in self._firm.managed}
        lines = self._lines(proposals)
        stopped = [one for one in proposals.values() if one["compliance"]["action"] != "allow"]
        self._watch.lap("propose, check, fit")
        for name, made in proposals.items():
            path = f"/proposals/{made['id']}/approve"
            done = self._people[name].post(path, {"reason": "monthly"})
            self._counts["orders"] += len(done["order_ids"])
        self._watch.lap("approve, enter, check")
        while self._work_round():
            self._counts["submitted_again"] += self._submit_again()
            self._watch.lap("submit again")
        again = self._lines({name: self._propose(name) for name in self._firm.managed})
        left = [one for one in again if one["side"] and one["left_out"] != "compliance"]
        self._watch.lap("propose again")
        return {
            "funds": self._firm.funds, "securities": self._firm.securities,
            "rules": self._firm.rules, "lines": len(lines),
            "lines_traded": sum(line["side"] is not None for line in lines),
            "proposals": len(proposals), "proposals_stopped": len(stopped),
            "lines_cut_by_compliance": sum(one["left_out"] == "compliance" for one in lines),
            **self._counts, "lines_left_afterwards": len(left), "seconds": self._watch.seconds,
            "seconds_in_all": round(sum(self._watch.seconds.values()), 2),
        }  # fmt: skip

    def _work_round(self) -> bool:
        """Work what compliance allows by now; False once there is nothing.

        Purchases that need the proceeds of sales are stopped until these are executed.
        """
        self._counts["second_approvals"] += self._second()
        self._watch.lap("second approvals")
        released = 0
        for name in self._firm.managed:
            for order in self._people[name].every("/orders", status="approved"):
                self._people[name].post(
                    f"/orders/{order['id']}/release", {"trader": "trader", "acknowledge": True}
                )
                released += 1
        self._watch.lap("release")
        self._counts["placements"] += self._merge_and_place()
        self._watch.lap("merge, place")
        wait_for("every execution", self._is_done, within_s=_FILLED_S)
        self._watch.lap("execute, book")
        return released > 0

    def _submit_again(self) -> int:
        """Have what was stopped checked once more."""
        count = 0
        for name in self._firm.managed:
            for order in self._people[name].every("/orders", status="blocked"):
                self._people[name].post(f"/orders/{order['id']}/submit")
                count += 1
        return count

    def _propose(self, name: str) -> JSON:
        body = {"funds": self._firm.managed[name], "model": "core", "cash_buffer": "1", "fit": True}
        return self._people[name].post("/proposals", body)

    def _lines(self, proposals: Mapping[str, JSON]) -> list[JSON]:
        return [
            line
            for name, made in proposals.items()
            for line in self._people[name].every(f"/proposals/{made['id']}/lines")
        ]

    def _second(self) -> int:
        """Another person approves the orders that are large enough to need one."""
        risk = self._people["risk"]
        held = risk.every("/orders", status="held")
        for order in held:
            risk.post(f"/orders/{order['id']}/approve")
        return len(held)

    def _merge_and_place(self) -> int:
        """Merge what goes together, and send each block whole."""
        trader = self._trader
        alone = {order["id"]: order["quantity"] for order in trader.every("/orders", status=_OPEN)}
        wishes: list[JSON] = []
        for group in trader.get("/blocks/suggestions")["data"]:
            block = trader.post("/blocks", {"orders": group["order_ids"]})
            wishes.append({"block": block["id"], "quantity": group["quantity"]})
            for order_id in group["order_ids"]:
                del alone[order_id]
        wishes += [{"order": order_id, "quantity": units} for order_id, units in alone.items()]
        for wish in wishes:
            trader.post("/placements", {**wish, "destination": BROKER})
        return len(wishes)

    def _is_done(self) -> bool:
        time.sleep(0.1)
        return not self._trader.get("/orders", status=_OPEN, limit="1")["data"]


def _compared(settings: Settings, firm: Firm, ledger: list[JSON]) -> dict[str, Any]:  # Any: JSON
    """What the comparisons found; empty and true where nothing is lost or doubled."""
    reading = bootstrap.reader(settings)
    found = differences(reading, ledger)
    with reading.connect() as link:
        book = load_all(link)
        found += _compare_funds(book, firm, _proposed(link, book))
    reading.dispose()
    return {
        "broker_orders": len(ledger),
        "executions": sum(len(order["executions"]) for order in ledger),
        "units_executed": str(sum((Decimal(one["cum_qty"]) for one in ledger), ZERO)),
        "notional_executed": str(sum((Decimal(one["notional"]) for one in ledger), ZERO)),
        "differences": found,
        "journal_verified": bootstrap.verify(settings).ok,
        "replay_equal": not bootstrap.replay(settings).differing,
    }


def _proposed(link: sa.Connection, book: Book) -> dict[tuple[str, str], Decimal]:
    """Signed units by fund and security of every approved line."""
    wanted: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for proposal in book.proposals.values():
        if proposal.status is ProposalStatus.APPROVED:
            for line in proposal_lines(link, proposal.id):
                if line.side is not None:
                    wanted[line.fund, line.security_id] += line.side.sign * line.quantity
    return wanted


def _compare_funds(book: Book, firm: Firm, wanted: Mapping[tuple[str, str], Decimal]) -> list[str]:
    """Every fund has what it had and its proposal said, at the fixed prices, to the cent."""
    found = []
    for fund, code in enumerate(firm.fund_codes):
        spent = ZERO
        for number, symbol in enumerate(firm.symbols):
            key = (code, f"sec_{symbol}")
            traded = wanted.get(key, ZERO)
            spent += traded * firm.price(number)
            held = book.positions[key].quantity if key in book.positions else ZERO
            if held != firm.held(fund, number) + traded:
                found.append(f"{code} {symbol}: holds {held}, proposed were {traded} units")
        cash = from_minor(book.cash[code, "USD"].minor, "USD")
        if cash != firm.cash(fund) - spent:
            found.append(f"{code}: cash {cash}, the proposal leaves {firm.cash(fund) - spent}")
    return found
