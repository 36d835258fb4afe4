"""The acceptor must see everything: strange values, unknown tags, repeating groups."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import quickfix as fix

from simulators.counterparty.dictionary import write_lenient
from tests.simulators.conftest import VERSIONS, Desk

STRANGE = {20001: "own tag", 9999: "x", 15: "???", 21: "9", 47: "", 77: "@"}


def test_strange_values_and_unknown_tags_reach_the_broker(desk: Desk) -> None:
    x = desk.new_id()
    desk.client.send(
        "D", {11: x, 55: "IBM", 54: "1", 38: "500", 40: "1", 60: "yesterday", **STRANGE}
    )
    assert desk.client.story(x, 2)[0] == ("0", "0", "500", "0", "500")


@pytest.mark.parametrize("group", [(453, 448), (78, 79), (957, 958)])
def test_repeating_groups_reach_the_broker(desk: Desk, group: tuple[int, int]) -> None:
    x = desk.new_id()
    raw = f"8={desk.client.begin_string}|9=0|35=D|11={x}|55=IBM|54=1|38=500|40=1|10=0|"
    message = fix.Message(raw.replace("|", "\x01"), False)
    for value in ("A", "B"):
        entry = fix.Group(*group)
        entry.setField(group[1], value)
        message.addGroup(entry)
    assert fix.Session.sendToTarget(message, desk.client.session.getSessionID())
    assert desk.client.story(x, 2)[0] == ("0", "0", "500", "0", "500")


@pytest.mark.parametrize("version", VERSIONS)
def test_without_the_shipped_dictionaries_a_small_one_is_made(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    dictionary = fix.DataDictionary(str(write_lenient(version, tmp_path)))
    raw = f"8={version}|9=0|35=D|49=A|56=B|34=1|52=now|11=x|453=2|448=A|448=B|10=0|"
    message = fix.Message(raw.replace("|", "\x01"), dictionary, False)
    assert message.groupCount(453) == 2
