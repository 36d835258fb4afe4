"""A replace whose own answer is lost, and a status that tells its terms."""

from __future__ import annotations

from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from typing import Any

import pytest

from tests.domain.story import PLACEMENT, Story, report
from tests.domain.test_chains import ask, now, working
from tradeoms.domain.placement.commands import ReplacePlacement
from tradeoms.kernel.enums import OrdStatus

WORKS = {"ord_status": OrdStatus.NEW, "cum_qty": D(0)}


@pytest.mark.parametrize(
    ("said", "taken"),
    [
        ({**WORKS, "order_qty": D(400)}, True),
        ({**WORKS, "order_qty": D(400), "price": D(100)}, True),
        ({**WORKS, "order_qty": D(500)}, False),
        ({**WORKS, "order_qty": D(450)}, False),
        (WORKS, False),
        ({**WORKS, "order_qty": D(400), "price": D(99)}, False),
        ({**WORKS, "order_qty": D(400), "ord_status": OrdStatus.PENDING_REPLACE}, False),
        ({**WORKS, "order_qty": D(400), "ord_status": OrdStatus.REJECTED}, False),
        ({**WORKS, "order_qty": D(400), "ord_status": None}, False),
    ],
)
def test_a_status_with_the_terms_of_a_replace_is_its_answer(
    said: dict[str, Any], *, taken: bool
) -> None:
    story = working(limit_price=D(100))
    asked = ask(story, 400)
    story.told(report("status", cl_ord_id=asked, **said))
    placement = now(story)
    assert (placement.cl_ord_id, placement.quantity) == ((asked, D(400)) if taken else ("X", 500))
    assert bool(placement.requests) is not taken


def test_a_status_under_the_old_name_answers_no_replace() -> None:
    story = working()
    ask(story, 400)
    story.told(report("status", **WORKS, order_qty=D(400)))
    assert len(now(story).requests) == 1


def test_a_new_price_alone_shows_it_too() -> None:
    story = working(limit_price=D(100))
    asked = replaced_price(story, 99)
    story.told(report("status", cl_ord_id=asked, **WORKS, order_qty=D(500)))
    assert now(story).requests, "the quantity is the one from before"
    story.told(report("status", cl_ord_id=asked, **WORKS, order_qty=D(500), price=D(99)))
    assert (now(story).requests, now(story).limit_price) == ((), D(99))


def test_the_status_counts_beside_the_terms() -> None:
    story = working()
    asked = ask(story, 400)
    over = {"ord_status": OrdStatus.CANCELED, "cum_qty": D(0), "order_qty": D(400)}
    story.told(report("status", cl_ord_id=asked, **over))
    assert (now(story).ord_status, now(story).quantity) == (OrdStatus.CANCELED, D(400))


def replaced_price(story: Story, price: int) -> str:
    """Ask for another limit; returns the ClOrdID of the request."""
    command = ReplacePlacement(placement_id=PLACEMENT, limit_price=D(price))
    story.when(command, user="tom")
    return now(story).requests[-1].cl_ord_id
