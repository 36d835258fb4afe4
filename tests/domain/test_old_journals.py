"""Events of old journals are read as if they were written today."""

from __future__ import annotations

import json

import pytest

from tradeoms.domain.catalog import EVENTS
from tradeoms.domain.evaluation import EVERYWHERE, CellExcess
from tradeoms.domain.order.events import OrderChecked
from tradeoms.domain.waiver.events import HitFound, WaiverRequested
from tradeoms.journal.codec import Codec
from tradeoms.projections.book import Book
from tradeoms.projections.fold import apply

ENVELOPE = {
    "v": 1, "at": "2026-01-05T09:30:00.000000Z", "actor": "pm", "on_behalf_of": None,
    "cause": "cmd_1", "build": "b", "epoch": 1,
}  # fmt: skip
OPENED = {
    "breach_id": "brc_1", "order_id": "ord_1", "check_id": "chk_1", "rule_id": "cap",
    "rule_version": 1, "severity": "soft", "fund": "A", "cell": "", "measured": "1/10",
    "limit": "1/20", "explanation": "", "kind": "active", "at": "2026-01-05T09:30:00.000000Z",
}  # fmt: skip


def read(name: str, data: dict[str, object]) -> object:
    return Codec(EVENTS).decode(json.dumps({"type": name, **ENVELOPE, "data": data})).event


def test_a_breach_of_an_order_is_a_hit() -> None:
    found = read("BreachOpened", OPENED)
    assert isinstance(found, HitFound)
    assert (found.hit_id, found.rule_id, found.fund) == ("brc_1", "cap", "A")


def test_what_was_said_of_a_hit_changes_nothing() -> None:
    book = Book()
    apply(book, read("BreachOpened", OPENED), 1)
    said = {"breach_id": "brc_1", "author": "cora", "text": "why?", "at": OPENED["at"]}
    apply(book, read("BreachCommented", said), 2)
    assert list(book.hits) == ["brc_1"]
    assert book.cases == {}


def anywhere(amount: str) -> tuple[CellExcess, ...]:
    return (CellExcess(fund=EVERYWHERE, cell="", bound="", amount=amount),)


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ({"excess": ["5", ""]}, (anywhere("5"), anywhere(""))),
        ({"excess": ["5"]}, (anywhere("5"), anywhere(""))),
        ({}, (anywhere(""), anywhere(""))),
    ],
)
def test_a_check_that_told_one_excess_a_rule_meant_any_of_its_cells(
    told: dict[str, object], wanted: object
) -> None:
    checked = {
        "order_id": "ord_1", "check_id": "chk_1", "stage": "submit", "action": "block_soft",
        "outcome": "breach", "blocking": ["a@1", "b@2"], "evidence": "", "needs_approval": False,
        "lapsed": [], "at": OPENED["at"],
    }  # fmt: skip
    found = read("OrderChecked", checked | told)
    assert isinstance(found, OrderChecked)
    assert found.excess == wanted
    assert (found.max_quantity, found.binding_rule) == (None, "")


@pytest.mark.parametrize("told", [{"excess": "7.5"}, {"excess": ""}, {}])
def test_a_waiver_with_one_excess_covers_every_cell_up_to_it(told: dict[str, str]) -> None:
    asked = {
        "waiver_id": "wvr_1", "order_id": "ord_1", "rule": "a@1", "reason": "x", "quantity": "10",
        "requested_by": "pm", "expires_at": OPENED["at"], "at": OPENED["at"],
    }  # fmt: skip
    found = read("WaiverRequested", asked | told)
    assert isinstance(found, WaiverRequested)
    assert found.excess == anywhere(told.get("excess", ""))
