"""Events of old journals are read as if they were written today."""

from __future__ import annotations

import json

from tradeoms.domain.catalog import EVENTS
from tradeoms.domain.waiver.events import HitFound
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
