"""What the gateway's own book makes of reports that name another link of the chain of replaces."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.fix.engine_stub import order
from tests.fix.own_book import cancel_of
from tests.fix.rig import Rig
from tradeoms.app.instruction import Instruction, InstructionKind

FIRST = order("C1", approved_quantity=Decimal(300))


def replacing(name: str, orig: str, quantity: int) -> Instruction:
    return replace(
        FIRST, kind=InstructionKind.REPLACE, cl_ord_id=name, orig_cl_ord_id=orig,
        quantity=Decimal(quantity), broker_order_id="O-C1",
    )  # fmt: skip


@pytest.fixture
def working(rig: Rig) -> Rig:
    """The peer has acknowledged C1, and answers nothing more by itself."""
    rig.peer.start()
    rig.start().ready()
    rig.engine.instruct(FIRST)
    rig.engine.wait("the ack", lambda: rig.engine.kinds("C1") == ["new"])
    rig.peer.silent = True
    return rig


def asked(rig: Rig, name: str, orig: str, quantity: int) -> None:
    rig.engine.instruct(replacing(name, orig, quantity))
    rig.engine.wait(name, lambda: rig.engine.outcomes(name) == ["sent"])


def told(rig: Rig, exec_type: str, name: str, orig: str, quantity: int) -> None:
    """The peer reports about ``name``; returns when the report is folded."""
    before = len(rig.engine.kinds(name))
    status = "8" if exec_type == "8" else "0"
    about = {11: name, 38: str(quantity)}
    rig.peer.report(about, exec_type, status, [(41, orig)])
    rig.engine.wait(exec_type, lambda: len(rig.engine.kinds(name)) == before + 1)


def test_a_rejected_replace_is_answered_and_the_order_stays_open(working: Rig) -> None:
    asked(working, "C2", "C1", 300)
    told(working, "8", "C2", "C1", 300)
    assert working.query("SELECT cl_ord_id FROM replaces") == []
    assert working.query("SELECT cl_ord_id, quantity, closed FROM placements") == [
        ("C1", "100", "")
    ]
    told(working, "8", "C1", "", 100)
    assert working.query("SELECT closed FROM placements") == [("rejected",)]


def test_a_reject_names_the_link_in_force_to_end_the_order(working: Rig) -> None:
    asked(working, "C2", "C1", 200)
    told(working, "5", "C2", "C1", 200)
    told(working, "8", "C1", "", 100)
    assert working.query("SELECT cl_ord_id, quantity, closed FROM placements") == [
        ("C2", "200", "")
    ]
    told(working, "8", "C2", "C1", 200)
    assert working.query("SELECT closed FROM placements") == [("rejected",)]


def test_the_acceptance_of_a_replace_settles_those_before_it(rig: Rig) -> None:
    rig.dialect = {"replace": {"outstanding": "chained"}}
    rig.peer.start()
    rig.start().ready()
    rig.engine.instruct(FIRST)
    rig.engine.wait("the ack", lambda: rig.engine.kinds("C1") == ["new"])
    rig.peer.silent = True
    asked(rig, "C2", "C1", 300)
    asked(rig, "C3", "C2", 150)
    told(rig, "5", "C3", "C2", 150)
    assert rig.query("SELECT cl_ord_id FROM replaces") == []
    sql = "SELECT state FROM instructions WHERE cl_ord_id = 'C2'"
    assert rig.query(sql) == [("DONE",)], "nobody asks about it or tells people of it"
    told(rig, "5", "C2", "C1", 300)
    assert rig.query("SELECT cl_ord_id, quantity FROM placements") == [("C3", "150")]
    rig.engine.instruct(cancel_of(FIRST, "C4"))
    rig.peer.wait("the cancel", lambda: rig.peer.of_type("F"))
    assert [tags[41] for tags in rig.peer.of_type("F")] == ["C3"]


def test_an_accepted_replace_that_another_followed_gives_no_terms_back(working: Rig) -> None:
    for name, orig, quantity in (("C2", "C1", 200), ("C3", "C2", 150)):
        asked(working, name, orig, quantity)
        told(working, "5", name, orig, quantity)
    told(working, "5", "C2", "C1", 200)
    assert working.query("SELECT cl_ord_id, quantity FROM placements") == [("C3", "150")]
    told(working, "5", "C3", "C2", 140)
    assert working.query("SELECT cl_ord_id, quantity FROM placements") == [("C3", "140")]
