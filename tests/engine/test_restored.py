"""A restored database starts halted, whatever was interrupted, until another person releases it.

Scenario D11: the archive is older than what the brokers know.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path

import pytest

from tests.engine.house import House, buy, fill, opened
from tradeoms import bootstrap
from tradeoms.app.instruction import Instruction, InstructionKind
from tradeoms.app.kill_folder import KillFolder
from tradeoms.app.kill_watch import take_over
from tradeoms.app.wire import Attach
from tradeoms.domain.kill.commands import ReleaseKillSwitch
from tradeoms.domain.order.commands import ReleaseOrder
from tradeoms.domain.placement.commands import CreatePlacement
from tradeoms.fix.gate import Gate
from tradeoms.settings import Settings


@dataclass(frozen=True)
class Restored:
    """A database that lacks the last order which its broker has.

    Attributes:
        lost: The instruction of that order.
        order_id: An order at the desk.
    """

    data: Path
    switch: str
    lost: Instruction
    order_id: str


@pytest.fixture
def restored(data: Path, tmp_path: Path) -> Restored:
    archive = tmp_path / "book.tradeoms"
    with opened(data) as house:
        house.placed(1)
        waiting = house.order(2)["id"]
        bootstrap.backup(Settings(data=data), archive)
        house.placed(3)
        lost = list(house.engine.instructions_after("BROKER", 0))[-1]
    settings = Settings(data=tmp_path / "restored")
    switch = bootstrap.restore(settings, archive, "rita")
    return Restored(settings.data, switch, lost, waiting)


@pytest.fixture
def house(restored: Restored) -> Iterator[House]:
    """The node's engine as far as its first report."""
    with opened(restored.data) as house:
        take_over(house.engine, KillFolder(restored.data))
        yield house


def test_d11_a_restored_house_starts_halted(house: House, restored: Restored) -> None:
    """Nothing that adds risk is decided, and the gate holds what a gateway still has."""
    place = CreatePlacement(order_id=restored.order_id, destination="BROKER", quantity=D(1))
    assert house.refused(place, user="tom") == ["kill_switch_active"]
    assert house.refused(buy(9)) == ["kill_switch_active"]
    (switch,) = house.book.kill_switches.values()
    assert (switch.id, switch.thrown_by, switch.offline) == (restored.switch, "rita", True)
    assert "restored from book.tradeoms" in switch.words
    gate = Gate(restored.data)
    assert restored.lost.kind is InstructionKind.NEW
    assert restored.switch in gate.holds(restored.lost)


def test_d11_differences_show_while_it_is_halted_and_nothing_is_canceled(
    house: House, restored: Restored
) -> None:
    house.run(Attach(session="BROKER", journal_id="j1", number=restored.lost.number))
    assert [kind for kind, _ in house.instructions(restored.lost.number)] == ["status"]
    house.hear(fill(restored.lost.cl_ord_id, "E1", 1000))
    (broken,) = house.book.breaks.values()
    assert restored.lost.cl_ord_id in str(broken)
    assert not any(each.cancel_pending for each in house.book.placements.values())


def test_d11_another_person_releases_it_for_good(house: House, restored: Restored) -> None:
    release = ReleaseKillSwitch(switch_id=restored.switch, reason="compared with BROKER")
    assert house.refused(release, user="rita") == ["same_person"]
    assert house.refused(release, user="tom") == ["not_permitted"]
    house.get(release, user="cora")
    take_over(house.engine, KillFolder(restored.data))
    assert not Gate(restored.data).holds(restored.lost)
    house.place(restored.order_id, 1)


def test_d11_the_halt_is_thrown_once_and_stays_over_restarts(restored: Restored) -> None:
    for _ in range(3):
        with opened(restored.data) as house:
            assert list(house.book.active_kills) == [restored.switch]
    with opened(restored.data) as house:
        house.get(ReleaseKillSwitch(switch_id=restored.switch, reason="seen"), user="cora")
    with opened(restored.data) as house:
        assert not house.book.active_kills
        house.get(ReleaseOrder(order_id=house.get(buy(9))["id"]))
    assert not bootstrap.replay(Settings(data=restored.data)).differing
