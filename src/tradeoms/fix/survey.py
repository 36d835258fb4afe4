"""A round of status requests: what was asked, and what the counterparty has said so far.

One mass status request (AF) asks for all orders where the counterparty takes it; what it does not
tell of is asked for order by order (H), as where it takes none. The reports themselves go to the
engine like any other, which compares them; this only knows when the round is over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tradeoms.app.instruction import Instruction
from tradeoms.domain.placement.answers import denies_order
from tradeoms.domain.placement.commands import ReportPlacement


@dataclass(slots=True)
class Survey:
    """One round, of one session.

    Attributes:
        asked: Orders that may still execute, by the ClOrdID in force.
        action_ids: Actions of people that it answers; none where the gateway asks by itself.
        request_id: MassStatusReqID (584); empty where each order is asked for by itself.
        since_us: When the newest question left.
        mass_over: True once the answer to the AF is complete, or refused.
        one_by_one: How often single orders were asked for.
        told: ClOrdIDs that the counterparty told of.
        denied: ClOrdIDs that it does not know.
    """

    asked: dict[str, Instruction]
    action_ids: list[str] = field(default_factory=list)
    request_id: str = ""
    since_us: int = 0
    mass_over: bool = False
    one_by_one: int = 0
    told: set[str] = field(default_factory=set)
    denied: set[str] = field(default_factory=set)
    _answers: int = 0

    def hear(self, tags: Mapping[int, str], report: object) -> None:
        """Take a message that came while it runs."""
        if tags.get(35) in {"3", "j"} and tags.get(372) == "AF":
            self.mass_over = True
        if self.request_id and tags.get(584) == self.request_id:
            self._answers += 1
            last = tags.get(912) == "Y" or tags.get(911, "") in {"0", str(self._answers)}
            self.mass_over = self.mass_over or last
        if isinstance(report, ReportPlacement):  # a restatement tells of an order, too
            known = {report.cl_ord_id, report.orig_cl_ord_id} & self.asked.keys()
            (self.denied if is_denial(report) else self.told).update(known)

    def missing(self, still_open: Mapping[str, Instruction]) -> dict[str, Instruction]:
        """What was asked for, is open still, and has no answer."""
        answered = self.told | self.denied
        return {
            cl_ord_id: each
            for cl_ord_id, each in self.asked.items()
            if cl_ord_id in still_open and cl_ord_id not in answered
        }

    @property
    def words(self) -> str:
        """How it went."""
        return (
            f"{len(self.asked)} open orders asked for: {len(self.told)} told of, "
            f"{len(self.denied)} not known to the counterparty"
        )


def is_denial(report: ReportPlacement) -> bool:
    """True where the counterparty answers a status request with "unknown order"."""
    return denies_order(report.kind, report.ord_status, report.reason)


def says_nothing(tags: Mapping[int, str]) -> bool:
    """True for the answer to a mass status request that there is no order."""
    return bool(tags.get(584)) and not tags.get(11) and tags.get(39, "8") == "8"
