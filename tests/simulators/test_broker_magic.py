"""Each row of the magic table in simulators/README.md, as the client sees it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from simulators.broker.scripts import MAGIC
from tests.simulators.conftest import Desk

#: code -> (150, 39, 38, 14, 151) of every report that comes by itself.
STORIES = {
    101: [("8", "8", "101", "0", "0")],
    102: [("0", "0", "102", "0", "102"), ("F", "1", "102", "51", "51")],
    103: [
        ("A", "A", "103", "0", "103"),
        ("0", "0", "103", "0", "103"),
        ("F", "2", "103", "103", "0"),
    ],
    104: [
        ("0", "0", "104", "0", "104"),
        ("F", "2", "104", "104", "0"),
        ("H", "0", "104", "0", "104"),
    ],
    105: [
        ("0", "0", "105", "0", "105"),
        ("F", "2", "105", "105", "0"),
        ("G", "2", "105", "105", "0"),
    ],
    106: [
        ("0", "0", "106", "0", "106"),
        ("F", "1", "106", "53", "53"),
        ("4", "4", "106", "53", "0"),
    ],
    107: [
        ("0", "0", "107", "0", "107"),
        ("F", "1", "107", "53", "54"),
        ("3", "3", "107", "53", "54"),
    ],
    108: [("0", "0", "108", "0", "108"), ("9", "9", "108", "0", "108")],
    1108: [
        ("0", "0", "1108", "0", "1108"),
        ("7", "7", "1108", "0", "1108"),
        ("F", "7", "1108", "554", "554"),
    ],
    109: [("0", "0", "109", "0", "109")],
    110: [("0", "0", "110", "0", "110")],
    111: [("0", "0", "111", "0", "111")] * 2 + [("F", "2", "111", "111", "0")] * 2,
    112: [],
    113: [
        ("F", "1", "113", "56", "57"),
        ("0", "1", "113", "56", "57"),
        ("F", "2", "113", "113", "0"),
    ],
    114: [("0", "0", "114", "0", "114"), ("F", "2", "114", "214", "0")],
    115: [("0", "0", "115", "0", "115")],
}


@pytest.mark.parametrize("qty", STORIES)
def test_a_magic_quantity_plays_its_story(desk44: Desk, qty: int) -> None:
    x, last = desk44.new_id(), desk44.new_id()
    desk44.client.order(x, str(qty))
    story = desk44.client.story(x, len(STORIES[qty])) if STORIES[qty] else []
    # An ordinary order behind it: what was to come by then has come.
    desk44.client.order(last, "103")
    desk44.client.reports(last, 3)
    came = [
        tuple(m[tag] for tag in (150, 39, 38, 14, 151))
        for m in desk44.client.received
        if m.get(11) == x
    ]
    assert came == STORIES[qty]
    assert story == came


def test_a_bust_and_a_correction_name_the_execution(desk44: Desk) -> None:
    x, y = desk44.new_id(), desk44.new_id()
    desk44.client.order(x, "104")
    desk44.client.order(y, "105")
    _, fill, bust = desk44.client.reports(x, 3)
    assert (bust[19], bust[32]) == (fill[17], "0")
    _, fill, correction = desk44.client.reports(y, 3)
    assert (correction[19], correction[31], correction[6]) == (fill[17], "99.95", "99.95")


def test_duplicates_repeat_the_exec_id_under_a_new_number(desk44: Desk) -> None:
    x = desk44.new_id()
    desk44.client.order(x, "111")
    reports = desk44.client.reports(x, 4)
    assert [m.get(97) for m in reports] == [None, "Y", None, "Y"]
    assert reports[0][17] == reports[1][17]
    assert len({m[34] for m in reports}) == 4


@pytest.mark.parametrize(("qty", "response_to", "reason"), [("109", "1", "0"), ("110", "2", "2")])
def test_requests_are_refused(desk44: Desk, qty: str, response_to: str, reason: str) -> None:
    x, y = desk44.new_id(), desk44.new_id()
    desk44.client.order(x, qty)
    if response_to == "1":
        desk44.client.cancel(y, x)
    else:
        desk44.client.replace(y, x, "500")
    (reject,) = desk44.client.wait(lambda m: m[35] == "9" and m[11] == y)
    assert (reject[434], reject[102], reject[39], reject[41]) == (response_to, reason, "0", x)


def test_a_fill_comes_after_the_cancel(desk44: Desk) -> None:
    x, y = desk44.new_id(), desk44.new_id()
    desk44.client.order(x, "115")
    desk44.client.cancel(y, x)
    assert desk44.client.story(y, 2) == [
        ("4", "4", "115", "0", "0"),
        ("F", "4", "115", "57", "0"),
    ]


def test_an_unanswered_order_can_be_asked_for_and_cancelled(desk44: Desk) -> None:
    x, y = desk44.new_id(), desk44.new_id()
    desk44.client.order(x, "112")
    desk44.client.send("H", {11: x, 55: "IBM", 54: "1"})
    assert desk44.client.story(x, 1) == [("I", "A", "112", "0", "112")]
    desk44.client.cancel(y, x)
    assert desk44.client.story(y, 1) == [("4", "4", "112", "0", "0")]


def test_magic_can_be_switched_off(desk44: Desk) -> None:
    desk44.set(magic=False)
    x = desk44.new_id()
    desk44.client.order(x, "101")
    assert [row[1] for row in desk44.client.story(x, 2)] == ["0", "2"]


def test_the_readme_has_a_row_for_each_magic_quantity() -> None:
    readme = Path(__file__).parents[2] / "simulators" / "README.md"
    rows = re.findall(r"^\| (\d{3}) \|", readme.read_text(encoding="utf-8"), re.MULTILINE)
    assert [int(row) for row in rows] == list(MAGIC)
    assert {qty % 1000 for qty in STORIES} == set(MAGIC)
