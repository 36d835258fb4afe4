"""The fault proxy without sockets: numbers, resends, every act, scenarios and the replay."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulators.faults.acts import ACTS, Cut, Hang, Stall, Step, Write
from simulators.faults.framing import Message, Splitter, check_sum, decode
from simulators.faults.machine import Machine
from simulators.faults.record import Recorder, replay
from simulators.faults.script import LIES, Side

AT = "20260105-09:00:00.000"
FILL = ((17, "E1"), (11, "C1"), (150, "F"), (39, "1"), (32, "10"), (31, "5"))


def message(
    seq: int, msg_type: str = "8", *fields: tuple[int, str], poss_dup: bool = False
) -> bytes:
    header = ((35, msg_type), (34, str(seq)), (49, "B"), (56, "G"), (52, AT))
    dup = ((43, "Y"),) if poss_dup else ()
    body = fields or (FILL if msg_type == "8" else ())
    return Message("FIX.4.4", (*header, *dup, *body)).encode()


def sent(steps: list[Step], to: Side = Side.GATEWAY) -> list[Message]:
    data = b"".join(step.data for step in steps if isinstance(step, Write) and step.to is to)
    return [decode(raw) for raw in Splitter().feed(data)]


def told(steps: list[Step], to: Side = Side.GATEWAY) -> list[tuple[str, int, str]]:
    """Type, number and NewSeqNo or PossDupFlag of each message."""
    return [(m.msg_type, m.seq, m.get(36) or m.get(43)) for m in sent(steps, to)]


def machine(act: object = None, seed: int = 1, **entry: object) -> Machine:
    made = Machine("", seed)
    made.connected()
    if act is not None:
        made.add({"on": {"type": "8"}, "do": act} | entry)
    return made


def ask(made: Machine, first: int, last: int = 0) -> list[Step]:
    request = message(9, "2", (7, str(first)), (16, str(last)))
    return made.take(Side.SIMULATOR, request, AT)


def test_without_faults_every_byte_passes_both_ways() -> None:
    made = machine()
    for seq, raw in enumerate((message(1, "A"), message(2), message(3, "0")), 1):
        assert made.take(Side.GATEWAY, raw, AT) == [Write(Side.GATEWAY, raw)], seq
    raw = message(1, "D")
    assert made.take(Side.SIMULATOR, raw, AT) == [Write(Side.SIMULATOR, raw)]


def test_what_is_slipped_in_moves_the_numbers_and_is_sent_again() -> None:
    made = machine("stray")
    assert told(made.take(Side.GATEWAY, message(1), AT)) == [("8", 1, ""), ("8", 2, "")]
    assert told(made.take(Side.GATEWAY, message(2), AT)) == [("8", 3, "")]
    assert told(made.take(Side.GATEWAY, message(3, "0"), AT)) == [("0", 4, "")]
    steps = ask(made, 2)
    assert told(steps) == [("8", 2, "Y"), ("8", 3, "Y"), ("4", 4, "5")]
    assert told(steps, Side.SIMULATOR) == [("0", 9, "")], "the request keeps its number"


def test_what_was_sent_while_nobody_listened_is_asked_of_the_simulator() -> None:
    made = machine("stray")
    made.take(Side.GATEWAY, message(1), AT)  # 1 and 2 to the gateway
    made.connected()
    assert told(made.take(Side.GATEWAY, message(4, "A"), AT)) == [("A", 5, "")]
    steps = ask(made, 2)
    assert told(steps) == [("8", 2, "Y")]
    (request,) = sent(steps, Side.SIMULATOR)
    assert (request.msg_type, request.get(7), request.get(16)) == ("2", "2", "0")
    again = made.take(Side.GATEWAY, message(2, poss_dup=True), AT)
    again += made.take(Side.GATEWAY, message(3, "4", (123, "Y"), (36, "5"), poss_dup=True), AT)
    assert told(again) == [("8", 3, "Y"), ("4", 4, "6")]
    assert told(ask(made, 3)) == [("8", 3, "Y"), ("4", 4, "6")], "now it is known here"


#: act, what comes of a fill with number 1 and a heartbeat with number 2
OUTCOMES: list[tuple[object, list[tuple[str, int, str]]]] = [
    ("drop", [("0", 2, "")]),
    ("swap", [("0", 2, ""), ("8", 1, "")]),
    ("lose", [("4", 1, "2"), ("0", 2, "")]),
    ("bytewise", [("8", 1, ""), ("0", 2, "")]),
    ({"poss_dup": 2}, [("8", 1, ""), ("8", 1, "Y"), ("8", 1, "Y"), ("0", 2, "")]),
    ("poss_resend", [("8", 1, ""), ("8", 2, ""), ("0", 3, "")]),
    ("repeat", [("8", 1, ""), ("8", 2, ""), ("0", 3, "")]),
    ("too_low", [("8", 1, ""), ("0", 1, ""), ("0", 2, "")]),
    ({"sequence_reset": 3}, [("8", 1, ""), ("4", 2, "6"), ("0", 6, "")]),
    ({"resend_request": 2}, [("8", 1, ""), ("2", 2, ""), ("2", 3, ""), ("0", 4, "")]),
    ({"inject": {"type": "j"}}, [("8", 1, ""), ("j", 2, ""), ("0", 3, "")]),
    ("refuse", [("5", 1, ""), ("0", 2, "")]),
]  # fmt: skip


@pytest.mark.parametrize(("act", "outcome"), OUTCOMES)
def test_an_act_does_what_it_says(act: object, outcome: list[tuple[str, int, str]]) -> None:
    made = machine(act)
    steps = made.take(Side.GATEWAY, message(1), AT) + made.take(Side.GATEWAY, message(2, "0"), AT)
    assert told(steps) == outcome


def test_acts_on_the_content() -> None:
    def after(act: object) -> list[Message]:
        return sent(machine(act).take(Side.GATEWAY, message(1), AT))

    assert [m.get(32) for m in after("contradict")] == ["10", "1"]
    assert [m.get(17) for m in after("contradict")] == ["E1", "E1"]
    assert [m.get(11) for m in after("stray")] == ["C1", "STRAY-2"]
    assert [m.get(52) for m in after({"skew": 60})] == ["20260105-09:01:00.000"]
    assert [(m.get(39), m.get(31)) for m in after({"rewrite": {39: "Z", 31: None}})] == [("Z", "")]
    assert [len(m.get(58)) for m in after({"huge": 500})] == [500]
    assert len(after("odd_fields")[0].fields) > len(decode(message(1)).fields)


@pytest.mark.parametrize("act", ["bad_checksum", "bad_length", "garble"])
@pytest.mark.parametrize("seed", range(20))
def test_damaged_bytes_are_damaged(act: str, seed: int) -> None:
    (step,) = machine(act, seed).take(Side.GATEWAY, message(1), AT)
    assert isinstance(step, Write)
    head, _, _ = step.data.rpartition(b"10=")
    length = int(step.data.split(b"\x019=")[1].split(b"\x01")[0])
    true_length = len(head.split(b"\x01", 2)[2])
    assert check_sum(head) != step.data[len(head) :] or length != true_length


def test_acts_on_the_connection() -> None:
    raw = message(1)
    assert machine({"cut": 5}).take(Side.GATEWAY, raw, AT) == [Write(Side.GATEWAY, raw[:5]), Cut()]
    assert machine({"stall": 2}).take(Side.GATEWAY, raw, AT)[1:] == [Stall(2.0)]
    hung = machine("hang")
    assert hung.take(Side.GATEWAY, raw, AT)[1:] == [Hang()]
    assert hung.take(Side.SIMULATOR, raw, AT) == hung.take(Side.GATEWAY, message(2), AT) == []
    hung.connected()
    assert told(hung.take(Side.GATEWAY, message(3), AT)) == [("8", 3, "")]


def test_a_fault_waits_for_its_match_and_strikes_as_often_as_told() -> None:
    made = machine("drop", on={"type": "8", "tags": {150: "F", 11: ""}}, skip=1, times=2)
    passed = [
        bool(made.take(Side.GATEWAY, message(1, "8", (150, "0"), (11, "C1")), AT)),
        *(bool(made.take(Side.GATEWAY, message(seq), AT)) for seq in range(2, 6)),
    ]
    assert passed == [True, True, False, False, True]
    assert [each.seq for each in made.decisions] == [3, 4]


@pytest.mark.parametrize(
    "scenario",
    [
        "faults: [{do: nonsense}]",
        "faults: [{do: drop, wen: 1}]",
        "faults: [{on: {kind: 8}, do: drop}]",
        "faults: [{on: {to: simulator}, do: stray}]",
        "liar: {rate: 2}",
        "liar: {acts: [nonsense]}",
        "surprise: 1",
    ],
)
def test_a_scenario_that_is_not_understood_is_refused(scenario: str) -> None:
    with pytest.raises(ValueError, match=r"unknown|only for|rate"):
        Machine(scenario, 1)


def test_the_same_seed_tells_the_same_lies_and_another_does_not(tmp_path: Path) -> None:
    def run(seed: int, path: Path) -> list[str]:
        scenario = "liar: {rate: 0.5}"
        with path.open("w", encoding="ascii") as out:
            recorder = Recorder(Machine(scenario, seed), scenario=scenario, seed=seed, out=out)
            recorder.call({"call": "connected"})
            for seq in range(1, 200):
                raw = message(seq).decode("latin-1")
                recorder.call({"call": "take", "to": "gateway", "raw": raw, "at": AT})
        return [each.act for each in recorder.machine.decisions]

    first = run(7, tmp_path / "1.jsonl")
    assert set(first) <= set(LIES) <= ACTS
    assert run(7, tmp_path / "2.jsonl") == first
    assert (tmp_path / "1.jsonl").read_bytes() == (tmp_path / "2.jsonl").read_bytes()
    assert run(8, tmp_path / "3.jsonl") != first
    assert replay(tmp_path / "1.jsonl") == (200, "")
    lines = (tmp_path / "1.jsonl").read_text().splitlines()
    changed = json.loads(lines[100]) | {"out": []}
    (tmp_path / "1.jsonl").write_text("\n".join([*lines[:100], json.dumps(changed), *lines[101:]]))
    assert replay(tmp_path / "1.jsonl")[0] == 99
