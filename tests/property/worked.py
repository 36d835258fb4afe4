"""A real engine that people and a broker work on at random: what every such machine has."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.engine.house import House, facts, furnish, opened, said
from tests.engine.test_restart import proven
from tradeoms import bootstrap
from tradeoms.domain.placement.commands import CancelPlacement
from tradeoms.domain.placement.state import Placement
from tradeoms.settings import Settings

PICK = st.integers(0, 30)


@cache
def furnished() -> Path:
    data = Path(tempfile.mkdtemp(prefix="tradeoms-property-")) / "data"
    bootstrap.initialise(Settings(data=data))
    with opened(data) as house:
        furnish(house)
    return data


class WorkedDesk(RuleBasedStateMachine):
    """A house of its own, which at the end must be the same after a restart and a replay."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="tradeoms-property-"))
        self.data = Path(shutil.copytree(furnished(), self.folder / "data"))
        self.stack = ExitStack()
        self.house: House = self.stack.enter_context(opened(self.data))
        self.told: list[Any] = []
        self.count = 0

    def teardown(self) -> None:
        before = facts(self.house.book)
        self.stack.close()
        with opened(self.data) as house:
            assert facts(house.book) == before
        proven(self.data)
        shutil.rmtree(self.folder)

    @property
    def placements(self) -> list[Placement]:
        """Those that the machine works on."""
        raise NotImplementedError

    def pick(self, number: int, **wanted: Any) -> Placement | None:
        found = [p for p in self.placements if all(getattr(p, k) == v for k, v in wanted.items())]
        return found[number % len(found)] if found else None

    def tell(self, report: Any) -> None:
        self.told.append(report)
        self.house.hear(report)

    @rule(number=PICK)
    def cancel(self, number: int) -> None:
        if placement := self.pick(number):
            self.house.ask(CancelPlacement(placement_id=placement.id), user="tom")

    @rule(number=PICK, kind=st.sampled_from(["new", "new", "rejected", "expired", "canceled"]))
    def answer(self, number: int, kind: str) -> None:
        if placement := self.pick(number, is_open=True):
            self.tell(said(placement.cl_ord_id, kind))

    @rule(number=PICK, agrees=st.booleans())
    def decide_request(self, number: int, agrees: bool) -> None:
        waiting = [p for p in self.placements if p.requests]
        if waiting:
            placement = waiting[number % len(waiting)]
            request = placement.requests[0]
            good, bad = {
                "cancel": ("canceled", "cancel_rejected"),
                "replace": ("replaced", "replace_rejected"),
            }[request.kind.value]
            more = {"order_qty": request.quantity} if request.kind.value == "replace" else {}
            kind, more = (good, more) if agrees else (bad, {})
            self.tell(said(request.cl_ord_id, kind, orig_cl_ord_id=placement.cl_ord_id, **more))
