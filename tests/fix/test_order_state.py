"""The order state scenarios of FIX 4.2, 4.4 and 5.0 SP2 over real sockets, through the whole node.

A scripted counterparty sends exactly the reports of the standard's tables; people ask over REST.
After each report the placement that REST shows must have the table's status, quantities, average
price and live ClOrdID, and its executions must add up. A row marked `alt_end` is another end of its
story and is played as a story of its own: the rows before it, then it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from typing import Any

import pytest

from tests.domain.scenarios import SCENARIOS, stories
from tests.fix.desk import NUMBERS, SESSIONS, Desk, Json, open_desk, until
from tradeoms.kernel.enums import OrdStatus, TimeInForce

pytestmark = pytest.mark.slow
#: Rows where the table's status or leaves are not ours; the reasons are in the domain's own test.
PRINTED_ELSE = {
    ("4.4", "B.1.d", 3): {"status": "pending_cancel"},
    ("4.4", "E.1.a", 1): {"leaves_qty": "10000"},
    ("4.2", "D18", 1): {"leaves_qty": "10000"},
}
#: Rows whose report is about no order of ours, or asks a person to act: the break it must open.
BREAKS = {("4.4", "G.1.a", 4): "unknown_order", ("4.2", "D28", 4): "corporate_action"}
#: An order by an amount of money reaches us as units: the amount is divided before it is entered.
UNITS_OF_AMOUNT = {("4.4", "L.1.b"): 500}
#: Price of an execution where the standard prints none: within the limits of the orders.
LAST_PX = 200
_INACTIVE = frozenset("34C8B")
_LIVES = {each.fix: each.value for each in TimeInForce}
_STATUS = {each.fix: each.value for each in OrdStatus if each.fix} | {"5": "new"}
_ASKED = {"cancel": "pending_cancel", "replace": "pending_replace"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with open_desk(tmp_path_factory.mktemp("desk")) as opened:
        yield opened


@dataclass
class Sum:
    """The executions as the counterparty knows them, to work out AvgPx and CumQty by itself."""

    live: dict[str, tuple[D, D]] = field(default_factory=dict)
    factor: D = D(1)

    @property
    def quantity(self) -> D:
        return sum((quantity for quantity, _ in self.live.values()), D(0))

    def average(self, cum_qty: D) -> D:
        paid = sum((quantity * price for quantity, price in self.live.values()), D(0))
        return paid / cum_qty if cum_qty else D(0)


@dataclass
class Play:
    """One story on stage: the table's names of requests, and what they are called by us."""

    desk: Desk
    version: str
    ref: str
    tag: str
    ours: dict[str, str] = field(default_factory=dict)
    placements: dict[str, str] = field(default_factory=dict)
    sums: dict[str, Sum] = field(default_factory=dict)
    heard: set[str] = field(default_factory=set)
    live: dict[str, str] = field(default_factory=dict)

    @property
    def peer(self) -> Any:  # Any: Counterparty
        return self.desk.peers[self.version]

    # ---- our side

    def ask(self, row: Json) -> None:
        if row["dir"] == "note":
            self._place(row, manual=True)
        elif row["msg"] == "D" and row["ClOrdID"] not in self.ours:
            self._place(row)
        elif row["msg"] == "G":
            self._replace(row)
        elif row["msg"] == "F":
            placement = self.placements[row["OrigClOrdID"]]
            self.desk.post("trader", f"/placements/{placement}/cancel", {}, 202)
            self._left("F", row["ClOrdID"], placement)

    def _place(self, row: Json, *, manual: bool = False) -> None:
        units = UNITS_OF_AMOUNT.get((self.version, self.ref)) or row.get("OrderQty") or 10000
        life = _LIVES[row.get("TimeInForce", "0")]
        order = self.desk.order("gtc" if life == "gtc" else "day")
        body: Json = {
            "order": order, "destination": SESSIONS[self.version][0], "quantity": str(units),
            "time_in_force": life,
        }  # fmt: skip
        name = row.get("ClOrdID", "PHONE")
        if manual:
            body |= {"manual": True, "broker_order_id": f"{self.tag}-{name}"}
        found = self.desk.post("trader", "/placements", body, 201)
        self.placements[name] = self.placements[found["cl_ord_id"]] = found["id"]
        self.ours[name] = self.live[found["id"]] = found["cl_ord_id"]
        self.sums[found["id"]] = Sum()
        if not manual:
            self.peer.wait("D", lambda: self._sent("D", found["cl_ord_id"]))
            until("it is sent", lambda: self.desk.placement(found["id"])["sent_at"])

    def _replace(self, row: Json) -> None:
        placement = self.placements[row["OrigClOrdID"]]
        body = {"quantity": str(row["OrderQty"]), "limit_price": str(249 - len(self.ours))}
        self.desk.patch(placement, body)
        self._left("G", row["ClOrdID"], placement)

    def _left(self, msg_type: str, name: str, placement: str) -> None:
        """Wait until the newest request is at the counterparty, with the original it must name."""
        asked = self.desk.placement(placement)["requests"][-1]["cl_ord_id"]
        self.peer.wait(msg_type, lambda: self._sent(msg_type, asked))
        self.placements[name] = self.placements[asked] = placement
        self.ours[name] = asked
        until("it is sent", lambda: self._is_told(placement, asked))

    def _is_told(self, placement: str, asked: str) -> bool:
        requests = self.desk.placement(placement)["requests"]
        return all(each["sent"] for each in requests if each["cl_ord_id"] == asked)

    def _sent(self, msg_type: str, cl_ord_id: str) -> bool:
        return any(tags[11] == cl_ord_id for tags in self.peer.of_type(msg_type))

    # ---- their side

    def hear(self, number: int, row: Json) -> None:
        name = row["ClOrdID"] or "PHONE"
        placement = self.placements.get(name, "")
        before = self.desk.placement(placement) if placement else {}
        self.heard.add(self.ours.get(name, ""))
        self._book(row, number, placement)
        self.peer.send(row["msg"], self._report(row, number, placement))
        kind = BREAKS.get((self.version, self.ref, number))
        if kind is not None:
            self._broke(kind, row)
        if placement:
            until("a change", lambda: self.desk.placement(placement)["version"] > before["version"])
            self._check(number, row, placement)

    def _book(self, row: Json, number: int, placement: str) -> None:
        """Keep the executions of the story, from its rows alone."""
        if not placement or row["msg"] != "8":
            return
        live = self.sums[placement].live
        kind, price = self._transaction(row), D(row.get("LastPx", LAST_PX))
        name = self._exec_id(row, number)
        units = D(row["LastQty"] if "LastQty" in row else row.get("LastShares", 0))
        if kind in ("bust", "correct"):
            live.pop(f"{self.tag}-{row['ExecRefID']}")
        if kind == "correct" or (kind == "trade" and units and not row.get("not_a_trade")):
            live[name] = (units, price)

    def _transaction(self, row: Json) -> str:
        if self.version == "4.2":
            kind = {"1": "bust", "2": "correct", "3": "status"}.get(row["ExecTransType"])
            return kind or ("trade" if row["ExecType"] in "12" else "")
        return {"F": "trade", "G": "correct", "H": "bust"}.get(row["ExecType"], "")

    def _exec_id(self, row: Json, number: int) -> str:
        return f"{self.tag}-{row.get('ExecID', number)}"

    def _report(self, row: Json, number: int, placement: str) -> list[tuple[int, str]]:
        def cl_ord_id(name: str | None) -> str:
            return self.ours.get(name, f"{self.tag}-{name}") if name else ""

        pairs = [
            (37, f"{self.tag}-{self._first(placement)}"), (11, cl_ord_id(row["ClOrdID"])),
            (41, cl_ord_id(row.get("OrigClOrdID"))), (39, row["OrdStatus"]),
        ]  # fmt: skip
        if row["msg"] == "9":
            pairs += [(434, row["CxlRejResponseTo"]), (102, "0")]
            return [pair for pair in pairs if pair[1]]
        names = {20: "ExecTransType", 150: "ExecType", 103: "OrdRejReason", 38: "OrderQty",
                 14: "CumQty", 151: "LeavesQty", 378: "ExecRestatementReason"}  # fmt: skip
        pairs += [(tag, str(row[name])) for tag, name in names.items() if row.get(name) is not None]
        pairs += [
            (17, self._exec_id(row, number)), (55, "AAPL"), (54, "1"),
            (32, str(row.get("LastQty", row.get("LastShares", 0)))),
            (31, str(row.get("LastPx", LAST_PX))),
        ]  # fmt: skip
        if row.get("ExecRefID"):
            pairs.append((19, f"{self.tag}-{row['ExecRefID']}"))
        if placement:
            average = self.sums[placement].average(D(row["CumQty"]))
            pairs.append((6, f"{average:f}"[:20]))
        return [pair for pair in pairs if pair[1]]

    def _first(self, placement: str) -> str:
        return next((n for n, p in self.placements.items() if p == placement), "NONE")

    # ---- looking

    def _broke(self, kind: str, row: Json) -> None:
        cl_ord_id = self.ours.get(row["ClOrdID"], f"{self.tag}-{row['ClOrdID']}")

        def found() -> bool:
            breaks = self.desk.items("/breaks", session=SESSIONS[self.version][0], kind=kind)
            return any(each["cl_ord_id"] == cl_ord_id for each in breaks)

        until(f"a break {kind}", found)

    def _check(self, number: int, row: Json, placement: str) -> None:
        found = self.desk.placement(placement)
        wanted = self._wanted(number, row, found)
        assert {name: found[name] for name in wanted} == wanted, (self.tag, number, row)
        executions = self.desk.items("/executions", placement=placement, status="live")
        booked = sum((D(each["last_qty"]) for each in executions), D(0))
        assert booked == self.sums[placement].quantity
        assert booked + D(found["carried_qty"]) == D(found["cum_qty"])

    def _wanted(self, number: int, row: Json, found: Json) -> Json:
        reported = _STATUS[row["OrdStatus"]]
        wanted: Json = {"status": reported, "reported_status": reported}
        unheard = [r for r in found["requests"] if r["cl_ord_id"] not in self.heard]
        if unheard:  # the table knows what brokers know; we show a request from when it is made
            kinds = {_ASKED[request["kind"]] for request in found["requests"]}
            wanted["status"] = min(kinds)  # a cancel outranks a replace
        if row["OrdStatus"] == "5" and D(found["cum_qty"]):
            wanted["status"] = "partially_filled"
        if "CumQty" in row:
            wanted["cum_qty"] = str(row["CumQty"])
            wanted["avg_px"] = plain(self.sums[found["id"]].average(D(row["CumQty"])))
            if row["OrdStatus"] not in _INACTIVE:
                wanted |= {"order_qty": str(row["OrderQty"]), "leaves_qty": str(row["LeavesQty"])}
        if row.get("ExecType") == "5":
            self.live[found["id"]] = self.ours[row["ClOrdID"]]
        wanted["cl_ord_id"] = self.live[found["id"]]
        return wanted | PRINTED_ELSE.get((self.version, self.ref, number), {})


def plain(average: D) -> str:
    """As REST writes an average: ten decimals at most."""
    text = f"{average.quantize(D('0.0000000001')):f}"
    return text.rstrip("0").rstrip(".")


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: f"{s['version']}-{s['ref']}")
def test_the_node_shows_what_the_standard_prints(desk: Desk, scenario: Json) -> None:
    for rows in stories(scenario["rows"]):
        play = Play(desk, scenario["version"], scenario["ref"], f"p{next(NUMBERS)}")
        for number, row in rows:
            if row["dir"] == "in":
                play.hear(number, row)
            else:
                play.ask(row)


def test_nothing_was_refused_or_left_to_a_person(desk: Desk) -> None:
    """The whole file ran on three sessions; only the two breaks that must be are open."""
    for peer in desk.peers.values():
        assert not peer.of_type("3")
        assert not peer.of_type("j")
    kinds = {each["kind"] for each in desk.items("/breaks", status="open")}
    assert kinds <= set(BREAKS.values())
