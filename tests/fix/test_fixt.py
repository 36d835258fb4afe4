"""FIX 5.0 SP2 over FIXT.1.1: two dictionaries, both lenient, and the version told in the Logon."""

from __future__ import annotations

from decimal import Decimal

import pytest
import quickfix

from tests.fix.counterparty import Tags
from tests.fix.engine_stub import order
from tests.fix.rig import Rig
from tradeoms.fix.dictionary import FIXT, dictionary_xml


@pytest.fixture
def fixt(rig: Rig) -> Rig:
    rig.peer.begin_string = FIXT
    return rig


def strange(rig: Rig) -> None:
    """Acknowledge and fill with values and tags that no dictionary of 5.0 SP2 knows."""

    def answer(tags: Tags) -> None:
        rig.peer.report(tags, "0", "0", [(20001, "own"), (21, "?"), (453, "1"), (448, "DESK")])
        rig.peer.report(
            tags, "F", "2",
            [(32, tags[38]), (31, "10.5"), (29, "§"), (40, "%"), (1128, "9"), (1500, "x")],
        )  # fmt: skip

    rig.peer.on_order = answer


def test_the_logon_names_the_application_version(fixt: Rig) -> None:
    fixt.peer.start()
    fixt.start().ready()
    assert fixt.peer.of_type("A")[0][1137] == "9"
    assert fixt.stop() == 0


def test_strange_values_reach_the_engine_and_nothing_is_refused(fixt: Rig) -> None:
    strange(fixt)
    fixt.peer.start()
    fixt.start().ready()
    fixt.engine.instruct(order("C1"))
    fixt.engine.wait("the fill", lambda: fixt.engine.kinds("C1") == ["new", "fill"])
    assert fixt.engine.of("C1")[1].last_qty == Decimal(100)
    assert not fixt.peer.of_type("3")
    assert not fixt.peer.of_type("j")
    assert 21 not in fixt.peer.of_type("D")[0]


def test_a_restart_finds_what_the_store_has(fixt: Rig) -> None:
    fixt.peer.silent = True
    fixt.peer.start()
    fixt.start("sent_before_mark").ready()
    fixt.engine.instruct(order("C1"))
    fixt.died()
    fixt.peer.silent = False
    fixt.start().ready()
    fixt.engine.wait("the answer", lambda: fixt.engine.outcomes("C1") == ["sent"])
    fixt.peer.wait("the question", lambda: fixt.peer.of_type("H"))
    assert fixt.peer.executed == ["C1"]


@pytest.mark.parametrize("version", ["FIX.4.2", "FIX.4.4", FIXT, "FIX.5.0", "FIX.5.0SP2"])
def test_quickfix_reads_the_dictionary(version: str, tmp_path: object) -> None:
    path = f"{tmp_path}/one.xml"
    with open(path, "w", encoding="ascii") as file:  # noqa: PTH123 - quickfix takes a name
        file.write(dictionary_xml(version))
    assert quickfix.DataDictionary(path).getVersion() == version.partition("SP")[0]
