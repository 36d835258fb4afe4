"""An algorithm and the order that carries it: rules that look at both, and no tag twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.fix.atdl_files import TAGS, compare, edit, parameter, read
from tests.fix.dialects import dialect
from tests.fix.engine_stub import order
from tradeoms.app.instruction import Instruction, InstructionKind
from tradeoms.domain.placement.algo import Algo, AlgoWish
from tradeoms.fix.algo_desk import AlgoDesk, DestinationBook, algo_desk
from tradeoms.fix.atdl.tree import AtdlInvalid
from tradeoms.fix.outbound import Encoder, NotEncodable
from tradeoms.kernel.decider import Rejected
from tradeoms.kernel.enums import TimeInForce

BASE = order("C1")
REPLACE = replace(BASE, kind=InstructionKind.REPLACE, cl_ord_id="C2", orig_cl_ord_id="C1")


def wish(**texts: str) -> AlgoWish:
    return AlgoWish(strategy="S", parameters=tuple(texts.items()))


def desk(folder: Path, inside: str, attributes: str = TAGS, how: str = "{}") -> AlgoDesk:
    """A counterparty with one strategy S."""
    encoder = Encoder(dialect(how, base="generic-44"), "FIX.4.4")
    book = DestinationBook(encoder=encoder, algorithms=read(folder, inside, attributes))
    return AlgoDesk({"peer": book})


def told(answer: Algo | Rejected) -> list[tuple[str, str, str]]:
    """Code, place and words of every refusal."""
    assert isinstance(answer, Rejected), answer
    return [(str(each.code), each.field, each.detail) for each in answer.refusals]


def test_fields_stand_behind_the_order_in_the_order_of_the_file(tmp_path: Path) -> None:
    inside = parameter("Int_t", tag=9001) + parameter("Percentage_t", name="Q", tag=9002)
    attributes = 'strategyIdentifierTag="6005" versionIdentifierTag="6006"'
    found = desk(tmp_path, inside, attributes).settle(BASE, wish(Q="0.2", P="7"), None)
    assert found == Algo(
        strategy="S", version="3", parameters=(("Q", "0.2"), ("P", "7")),
        fields=((6005, "1001"), (6006, "3"), (9001, "7"), (9002, "0.2")),
    )  # fmt: skip
    encoder = Encoder(dialect("{}", base="generic-44"), "FIX.4.4")
    sent = replace(BASE, algo=found.fields)
    assert encoder.encode(sent, 0) == encoder.encode(BASE, 0) + list(found.fields)


GTD = replace(BASE, time_in_force=TimeInForce.GTD, expire_on=date(2026, 2, 3))


@pytest.mark.parametrize(
    ("instruction", "how", "sendable"),
    [
        (BASE, "order: {expiry_tag: '126'}", True),
        (GTD, "order: {expiry_tag: '126'}", False),
        (GTD, "order: {expiry_tag: '432'}", True),
        (BASE, "order: {forbidden: [9002]}", True),
    ],
)
def test_a_parameter_in_a_tag_that_the_order_sends_is_refused(
    tmp_path: Path, instruction: Instruction, how: str, *, sendable: bool
) -> None:
    there = desk(tmp_path, parameter("UTCTimestamp_t", name="End", tag=126), how=how)
    found = there.settle(instruction, wish(End="20260105-16:00:00"), None)
    if sendable:
        assert isinstance(found, Algo)
        return
    assert told(found) == [
        ("algo_not_sendable", "algo/parameters/End", "tag 126: the order itself is sent in it")
    ]


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("order: {constants: {9001: X}}", "tag 9001: the order itself is sent in it"),
        ("order: {renamed: {58: 9001}}", "tag 9001: the order itself is sent in it"),
        ("order: {forbidden: [9001]}", "tag 9001: the counterparty takes no such tag"),
    ],
)
def test_what_the_dialect_does_to_tags_is_seen(tmp_path: Path, how: str, words: str) -> None:
    there = desk(tmp_path, parameter("Int_t"), how=how)
    answer = there.settle(replace(BASE, text="at best"), wish(P="7"), None)
    assert told(answer) == [("algo_not_sendable", "algo/parameters/P", words)]


def test_the_gateway_looks_again_before_anything_leaves() -> None:
    encoder = Encoder(dialect("{}", base="generic-44"), "FIX.4.4")
    for fields in (((38, "1000000"),), ((9001, "a\x0138=1"),)):
        with pytest.raises(NotEncodable):
            encoder.encode(replace(BASE, algo=fields), 0)


@pytest.mark.parametrize("tag", [34, 38, 57, 78, 96, 453, 10])
def test_a_file_that_takes_a_tag_of_the_order_or_the_header_is_refused(
    tmp_path: Path, tag: int
) -> None:
    with pytest.raises(AtdlInvalid, match=f"fixTag is {tag}, which is not for algorithms"):
        read(tmp_path, parameter("Int_t", tag=tag))


def test_rules_see_the_fields_of_the_order_as_they_are_sent(tmp_path: Path) -> None:
    rule = edit(compare("FIX_OrderQty", "GE", 'value="500"'))
    there = desk(tmp_path, parameter("Int_t") + rule)
    assert told(there.settle(BASE, wish(P="7"), None)) == [
        ("algo_rule", "algo/parameters", "does not fit")
    ]
    large = replace(BASE, quantity=Decimal(500))
    assert isinstance(there.settle(large, wish(P="7"), None), Algo)


def test_a_replace_changes_only_what_the_file_lets_change(tmp_path: Path) -> None:
    inside = parameter("Int_t", 'mutableOnCxlRpl="false"') + parameter("Int_t", name="Q", tag=9002)
    there = desk(tmp_path, inside)
    before = there.settle(BASE, wish(P="7", Q="1"), None)
    assert isinstance(before, Algo)
    assert isinstance(there.settle(REPLACE, wish(P="7", Q="2"), before), Algo)
    anew = "while the order lives: cancel and place anew"
    assert told(there.settle(REPLACE, wish(P="8", Q="1"), before)) == [
        ("algo_fixed", "algo/parameters/P", f"P stays 7 {anew}")
    ]
    assert told(there.settle(REPLACE, wish(Q="1"), before)) == [
        ("algo_fixed", "algo/parameters/P", f"P stays 7 {anew}")
    ]
    assert told(there.settle(REPLACE, wish(P="7"), None)) == [
        ("algo_fixed", "algo/strategy", f"stays without an algorithm {anew}")
    ]
    other = replace(before, strategy="T")
    assert told(there.settle(REPLACE, wish(P="7"), other)) == [
        ("algo_fixed", "algo/strategy", f"stays T {anew}")
    ]
    free = desk(tmp_path, inside, f'{TAGS} changeStrategyOnCxlRpl="true"')
    assert isinstance(free.settle(REPLACE, wish(P="7"), other), Algo)


def test_an_order_that_cannot_be_written_is_told_before_it_is_placed(tmp_path: Path) -> None:
    there = desk(tmp_path, parameter("Int_t"), how="instrument: {symbol: ric}")
    assert told(there.settle(BASE, wish(P="7"), None)) == [
        ("algo_not_sendable", "algo/strategy",
         "the order cannot go there: tag 55: the security has no ric")
    ]  # fmt: skip


def test_destinations_without_algorithms_say_why(tmp_path: Path) -> None:
    assert told(algo_desk(None).settle(BASE, wish(), None))[0][2] == "peer has no algorithms"
    for name in ("sessions", "dialects", "atdl"):
        (tmp_path / name).mkdir()
    (tmp_path / "dialects" / "d.yaml").write_text("name: d\n")
    common = "dialect: d\nsender_comp_id: A\ntarget_comp_id: B\nhost: h\nport: 1\n"
    sessions = {"bare": "", "wrong": "algos: wrong.xml\n", "broken": "prot: 1\n"}
    for name, more in sessions.items():
        (tmp_path / "sessions" / f"{name}.yaml").write_text(f"name: {name}\n{common}{more}")
    (tmp_path / "atdl" / "wrong.xml").write_text("<x/>")
    there = algo_desk(tmp_path)
    reasons = {
        name: told(there.settle(replace(BASE, session=name), wish(), None))[0][2]
        for name in (*sessions, "nowhere")
    }
    assert reasons.pop("wrong").startswith("wrong has no algorithms: ")
    assert reasons == {name: f"{name} has no algorithms" for name in ("bare", "broken", "nowhere")}
