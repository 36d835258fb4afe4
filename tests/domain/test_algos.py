"""An algorithm is kept with its placement, follows its replaces, and leaves with every request."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables

from tests.domain.algos import VWAP, VWAP_FIELDS, settled, with_algos
from tests.domain.story import ORDER, PLACEMENT, place, released, report, working
from tradeoms.domain.order.commands import AmendOrder
from tradeoms.domain.placement.algo import AlgoWish
from tradeoms.domain.placement.commands import CancelPlacement, ReplacePlacement
from tradeoms.domain.placement.events import PlacementCreated
from tradeoms.kernel.decider import Rejected

SLOW = replace(VWAP, parameters=(("MaxParticipation", "0.1"),))
SLOW_FIELDS = ((847, "1"), (957, "1"), (958, "MaxParticipation"), (959, "11"), (960, "0.1"))
CHANGE = ReplacePlacement(placement_id=PLACEMENT)


def test_the_new_order_carries_the_algorithm_as_its_file_says() -> None:
    story = with_algos(released()).when(place(algo=VWAP), user="tom")
    created = next(e for e in story.events if isinstance(e, PlacementCreated))
    assert created.algo == settled(VWAP)
    (order,) = story.sent
    assert (order.kind, order.algo) == ("new", VWAP_FIELDS)
    assert story.book.placements[created.placement_id].algo == settled(VWAP)


def test_a_replace_of_other_terms_keeps_the_algorithm() -> None:
    story = with_algos(working(algo=settled(VWAP)))
    story.when(replace(CHANGE, quantity=D(900)), user="tom")
    assert [(each.kind, each.algo) for each in story.sent] == [("replace", VWAP_FIELDS)]
    asked = story.book.placements[PLACEMENT].requests[-1]
    story.told(report("replaced", cl_ord_id=asked.cl_ord_id, orig_cl_ord_id="X"))
    assert story.book.placements[PLACEMENT].algo == settled(VWAP)


def test_new_values_count_once_the_broker_agrees() -> None:
    story = with_algos(working(algo=settled(VWAP)))
    story.when(replace(CHANGE, algo=SLOW), user="tom")
    assert story.sent[0].algo == SLOW_FIELDS
    placement = story.book.placements[PLACEMENT]
    assert (placement.algo, placement.requests[-1].algo) == (
        settled(VWAP), settled(SLOW, SLOW_FIELDS),
    )  # fmt: skip
    asked = placement.requests[-1].cl_ord_id
    story.told(report("replaced", cl_ord_id=asked, orig_cl_ord_id="X"))
    assert story.book.placements[PLACEMENT].algo == settled(SLOW, SLOW_FIELDS)


def test_values_that_the_broker_refuses_leave_the_old_ones() -> None:
    story = with_algos(working(algo=settled(VWAP)))
    story.when(replace(CHANGE, algo=SLOW), user="tom")
    asked = story.book.placements[PLACEMENT].requests[-1].cl_ord_id
    story.told(report("replace_rejected", cl_ord_id=asked, orig_cl_ord_id="X"))
    assert story.book.placements[PLACEMENT].algo == settled(VWAP)


def test_a_chain_of_replaces_keeps_the_newest_values() -> None:
    story = with_algos(working(algo=settled(VWAP)))
    story.when(replace(CHANGE, algo=SLOW), user="tom")
    story.when(replace(CHANGE, quantity=D(800)), user="tom")
    assert story.sent[0].algo == SLOW_FIELDS


def test_an_amended_order_takes_its_algorithm_along() -> None:
    story = with_algos(working(algo=settled(VWAP)))
    story.when(AmendOrder(order_id=ORDER, expected_version=3, limit_price=D(99)), user="pm")
    assert not isinstance(story.answer, Rejected), story.answer
    assert [(each.kind, each.algo) for each in story.sent] == [("replace", VWAP_FIELDS)]


def test_a_cancel_carries_none() -> None:
    story = with_algos(working(algo=settled(VWAP)))
    story.when(CancelPlacement(placement_id=PLACEMENT), user="tom")
    assert [(each.kind, each.algo) for each in story.sent] == [("cancel", ())]


def test_an_order_without_an_algorithm_stays_without_one() -> None:
    story = with_algos(working())
    story.when(replace(CHANGE, algo=SLOW), user="tom").refused("algo_fixed")


def test_every_wrong_value_is_told_with_its_place() -> None:
    wrong = AlgoWish(
        strategy="POV",
        parameters=(("Participation", "0.4"), ("Aggression", "some"), ("Colour", "red")),
    )
    story = with_algos(released()).when(place(algo=wrong), user="tom")
    assert isinstance(story.answer, Rejected)
    assert [(each.field, each.value, each.detail) for each in story.answer.refusals] == [
        ("algo/parameters/Participation", "0.4", "Participation: at most 0.35"),
        ("algo/parameters/Aggression", "some", "Aggression: allowed: low, medium, high"),
        ("algo/parameters/Colour", "red",
         "Colour: known are Participation, StartTime, EndTime, Aggression, CrossSpread"),
    ]  # fmt: skip
    assert not story.book.placements
