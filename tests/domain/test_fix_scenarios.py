"""The order state scenarios of FIX 4.2, 4.4 and 5.0 SP2, replayed report by report.

`data/fix_order_state.json` holds the facts of the standard's tables (FIX 4.4 Volume 4, FIX 4.2
appendix D, FIX 5.0 SP2 Volumes 4 and 7). A row marked `alt_end` is another end of the story: it is
tried on a copy and then forgotten.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pytest

from tests.domain.scenarios import (
    AT,
    LEFT_OUT,
    LIVES,
    SCENARIOS,
    STATUS,
    Row,
    phoned,
    report_of,
    request_of,
)
from tradeoms.domain.placement import events as e
from tradeoms.domain.placement.agreement import decide_agreement
from tradeoms.domain.placement.commands import SendOutcome
from tradeoms.domain.placement.report import Known, decide_report
from tradeoms.domain.placement.state import Placement, check_invariants
from tradeoms.kernel.decider import Stamp
from tradeoms.kernel.enums import OrderType, OrdStatus, Side
from tradeoms.projections.book import Book
from tradeoms.projections.fold import apply

ENOUGH = Decimal(1_000_000)

#: Rows where our facts say something else than the standard prints. The number is the row's place
#: among the scenario's rows, from 0.
DIFFERS: dict[tuple[str, str, int], str] = {
    # The table prints New although a cancel is pending, against its own order of precedence.
    ("4.4", "B.1.d", 3): "status pending_cancel for new",
    # A new order of 10,000 is printed with nothing left to execute.
    ("4.4", "E.1.a", 1): "leaves 10000 for 0",
    ("4.2", "D18", 1): "leaves 10000 for 0",
    # A status request for an order nobody sent; the answer is no order's, and is kept as a break.
    ("4.4", "G.1.a", 4): "unknown_order: status for a ClOrdID that is not ours: ",
    # A two for one split overnight: the sums follow the broker's, and a person is told, who has to
    # bring the order and the positions after it.
    ("4.2", "D28", 4): (
        "corporate_action: a corporate action: the broker has 20000, executed 4000, "
        "we had 10000 and 2000"
    ),
}
_INACTIVE = frozenset("34C8B")


@dataclass
class Broker:
    """The placements of one scenario, fed with its rows."""

    book: Book = field(default_factory=Book)
    seq: int = 0
    heard: set[str] = field(default_factory=set)
    breaks: list[str] = field(default_factory=list)

    def fold(self, event: object) -> None:
        self.seq += 1
        apply(self.book, event, self.seq)
        for placement in self.book.placements.values():
            check_invariants(placement)

    def ask(self, row: Row) -> None:
        """One of our own messages: a new order, a replace or a cancel."""
        own = row["ClOrdID"]
        if row["msg"] == "D" and own not in self.book.cl_ord_ids:
            self.fold(_created(row, number=len(self.book.placements)))
            self.fold(_sent(self.book.cl_ord_ids[own], own))
        elif row["msg"] in ("F", "G"):
            self.fold(request_of(row, self.book))

    def hear(self, row: Row, number: int) -> Placement | None:
        """One of the broker's messages; returns the placement, `None` if it is not ours."""
        report = report_of(row, number)
        self.heard.add(report.cl_ord_id)
        found = self.book.cl_ord_ids.get(report.cl_ord_id) or self.book.cl_ord_ids.get(
            report.orig_cl_ord_id
        )
        known = Known(
            placement=self.book.placements.get(found) if found else None,
            referred=self._execution(report.exec_ref_id),
            lacking=ENOUGH,
        )
        stamp = Stamp(at=AT, actor="session:BROKER", base=f"{number:04d}")
        events = decide_report(report, known, stamp)
        self._take(events)
        placement = self.book.placements.get(found) if found else None
        if placement is not None and events and not isinstance(events[0], e.BreakOpened):
            standing = self.book.standing_of(placement.id)
            self._take(decide_agreement(report, placement, standing, stamp))
        return placement

    def _take(self, events: Sequence[object]) -> None:
        for event in events:
            if isinstance(event, e.BreakOpened):
                self.breaks.append(f"{event.kind}: {event.detail}")
            self.fold(event)

    def as_heard(self, placement: Placement) -> Placement:
        """The placement without the requests that the broker has not mentioned yet.

        We show a cancel as pending from the moment we ask; the standard prints what brokers know.
        """
        known = tuple(r for r in placement.requests if r.cl_ord_id in self.heard)
        return replace(placement, requests=known)

    def _execution(self, exec_id: str) -> Any:  # Any: an Execution or None
        found = self.book.exec_ids.get(("BROKER", exec_id))
        return self.book.executions.get(found) if found else None


def _created(row: Row, *, number: int) -> e.PlacementCreated:
    return e.PlacementCreated(
        placement_id=f"plc_{number}", order_id=f"ord_{number}", block_id="blk",
        destination="BROKER", cl_ord_id=row["ClOrdID"], security_id="sec", side=Side.BUY,
        quantity=Decimal(row["OrderQty"]), order_type=OrderType.MARKET, limit_price=None,
        stop_price=None, time_in_force=LIVES[row.get("TimeInForce", "0")], expire_on=None, text="",
        trader="tom", at=AT,
    )  # fmt: skip


def _sent(placement_id: str, cl_ord_id: str) -> e.RequestSent:
    return e.RequestSent(
        placement_id=placement_id, cl_ord_id=cl_ord_id, outcome=SendOutcome.SENT, msg_seq_num=1,
        reason="", at=AT,
    )  # fmt: skip


def differences(scenario: Row) -> Iterator[tuple[int, str]]:
    """The rows of a scenario whose printed status or quantities are not what our facts give."""
    broker = Broker()
    for number, row in enumerate(scenario["rows"]):
        if row["dir"] == "note":
            broker.ask(phoned(row))
            continue
        if row["dir"] == "out":
            broker.ask(row)
            continue
        here = copy.deepcopy(broker) if row.get("branch") else broker
        here.breaks.clear()
        placement = here.hear(row, number)
        said = _difference(row, here.as_heard(placement)) if placement is not None else ""
        if said or here.breaks:
            yield number, ", ".join([*filter(None, [said]), *here.breaks])


def _difference(row: Row, placement: Placement) -> str:
    said = []
    printed = STATUS[row["OrdStatus"]]
    shown = placement.ord_status
    if row["OrdStatus"] == "5" and shown in (OrdStatus.NEW, OrdStatus.PARTIALLY_FILLED):
        shown = printed
    if shown is not printed:
        said.append(f"status {shown} for {printed}")
    if "CumQty" in row and placement.cum_qty != row["CumQty"]:
        said.append(f"cum {placement.cum_qty} for {row['CumQty']}")
    if "OrderQty" in row and row["OrdStatus"] not in _INACTIVE:
        if placement.quantity != row["OrderQty"]:
            said.append(f"order {placement.quantity} for {row['OrderQty']}")
        if "LeavesQty" in row and placement.leaves_qty != row["LeavesQty"]:
            said.append(f"leaves {placement.leaves_qty} for {row['LeavesQty']}")
    return ", ".join(said)


@pytest.mark.parametrize(
    "scenario",
    [s for s in SCENARIOS if (s["version"], s["ref"]) not in LEFT_OUT],
    ids=lambda s: f"{s['version']}-{s['ref']}",
)
def test_our_facts_give_what_the_standard_prints(scenario: Row) -> None:
    version, ref = scenario["version"], scenario["ref"]
    found = dict(differences(scenario))
    expected = {
        number: said for (v, r, number), said in DIFFERS.items() if (v, r) == (version, ref)
    }
    assert found == expected


def _played(rows: Sequence[tuple[int, Row]]) -> dict[str, tuple[object, ...]]:
    """What the placements come to."""
    broker = Broker()
    for number, row in rows:
        if row["dir"] == "in":
            broker.hear(row, number)
        else:
            broker.ask(phoned(row) if row["dir"] == "note" else row)
    return {
        key: (each.ord_status, each.cum_qty, each.quantity, each.cl_ord_id, each.requests)
        for key, each in broker.book.placements.items()
    }


def _late_acceptances() -> Iterator[tuple[Row, int, int]]:
    """Scenarios, the place of the acceptance of a replace in each, and of the one that followed."""
    for scenario in SCENARIOS:
        rows = scenario["rows"]
        accepted = [n for n, row in enumerate(rows) if row.get("ExecType") == "5"]
        chained = [n for n in accepted if not rows[n].get("branch")]
        for first, second in itertools.pairwise(chained):
            yield scenario, first, second


@pytest.mark.parametrize(
    ("scenario", "first", "second"),
    list(_late_acceptances()),
    ids=lambda each: f"{each['version']}-{each['ref']}" if isinstance(each, dict) else None,
)
def test_an_acceptance_that_comes_after_that_of_the_next_replace_changes_nothing(
    scenario: Row, first: int, second: int
) -> None:
    rows = [(n, row) for n, row in enumerate(scenario["rows"]) if not row.get("branch")]
    missed = [each for each in rows if each[0] != first]
    late = next(each for each in rows if each[0] == first)
    for place, (number, _) in enumerate(missed, 1):
        if number >= second:
            assert _played([*missed[:place], late, *missed[place:]]) == _played(rows), number
