"""Scenarios that end in the books or in the process, by their names: C20, O09, O18."""

from __future__ import annotations

import contextlib
import json
import signal
from datetime import date
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path

import msgspec

from tests.engine.house import House, buy, fill, fits, opened, said
from tests.engine.test_crash_points import engine
from tradeoms import bootstrap
from tradeoms.app.wire import Command, Outcome
from tradeoms.domain.placement.commands import CreatePlacement, ReplacePlacement
from tradeoms.domain.reference.commands import RollDay
from tradeoms.domain.ruleset.commands import ActivateRule, DefineRules, RuleText
from tradeoms.kernel.enums import ExecutionStatus
from tradeoms.settings import Settings

_encode = msgspec.json.Encoder(decimal_format="string").encode
ORDERS = 2_000


def test_c20_told_to_stop_under_load_it_drains_and_keeps_what_it_acknowledged(data: Path) -> None:
    with engine(data) as running:
        with contextlib.suppress(BrokenPipeError):
            for number in range(1, ORDERS):
                body = msgspec.Raw(_encode(buy(f"load{number}", 10)))
                key = f"K{number}"
                running.send(
                    Command(
                        id=number, type="CreateOrder", body=body, user="pm", key=key, sha256="s"
                    )
                )
                if number == 1:
                    first = running.receive()
                    running.process.send_signal(signal.SIGTERM)
        answers = [found for found in iter(running.receive, None) if isinstance(found, Outcome)]
        assert running.process.wait(30) == 0
    assert isinstance(first, Outcome)
    answers.append(first)
    accepted = {json.loads(bytes(a.answer))["id"] for a in answers if a.status == "accepted"}
    others = [a for a in answers if a.status != "accepted"]
    assert all(a.status == "busy" for a in others), others[:3]
    with opened(data) as house:
        kept = {o.id for o in house.book.orders.values() if o.client_order_id.startswith("cload")}
    assert accepted <= kept
    assert bootstrap.replay(Settings(data=data)).differing == ()


def held(house: House, fund: str) -> D:
    """Units of ABC that a fund has, as compliance counts them."""
    security_id = house.book.identifiers["ticker_mic", "ABC.XNYS"]
    return house.book.positions[fund, security_id].quantity


def test_o09_a_bust_after_the_shares_were_given_out_takes_them_back_from_every_fund(
    data: Path,
) -> None:
    with opened(data) as house:
        before = [held(house, fund) for fund in ("A", "B")]
        placement = house.placed(1)
        house.hear(said(placement["cl_ord_id"], "new", broker_order_id="B1"))
        house.hear(fill(placement["cl_ord_id"], "E1", 700), fill(placement["cl_ord_id"], "E2", 300))
        assert [held(house, fund) for fund in ("A", "B")] == [before[0] + 600, before[1] + 400]
        house.get(RollDay(trade_on=date(2010, 1, 5)), user="olga")
    with opened(data) as house:
        house.hear(said(placement["cl_ord_id"], "bust", exec_id="E3", exec_ref_id="E1"))
        order = house.book.orders[placement["order_id"]]
        key = house.book.exec_ids["BROKER", "E1"]
        assert house.book.executions[key].status is ExecutionStatus.BUSTED
        assert order.cum_qty == D(300)
        assert [held(house, fund) for fund in ("A", "B")] == [before[0] + 180, before[1] + 120]
        shares = house.book.allocations[order.id].shares
        assert [(s.fund, s.quantity) for s in shares] == [("A", D(180)), ("B", D(120))]
    assert bootstrap.replay(Settings(data=data)).differing == ()


def restrict(house: House) -> None:
    """Forbid to buy ABC from now on."""
    security_id = house.book.identifiers["ticker_mic", "ABC.XNYS"]
    rule = {"id": "grey", "version": 1, "kind": "restrict", "list": [security_id], "sides": ["buy"]}
    text = RuleText(rule_id="grey", version=1, definition=json.dumps(rule), cases=fits("BREACH"))
    house.get(DefineRules(rules=(text,)), user="ada")
    house.get(ActivateRule(rule_id="grey", version=1), user="cora")


def test_o18_a_security_restricted_after_the_approval_is_not_placed_and_not_raised(
    house: House,
) -> None:
    order, placement = house.order(1), house.placed(2)
    house.hear(said(placement["cl_ord_id"], "new", broker_order_id="B1"))
    restrict(house)
    place = CreatePlacement(order_id=order["id"], destination="BROKER", quantity=D(100))
    lower = ReplacePlacement(placement_id=placement["id"], limit_price=D(99))
    house.get(lower, user="tom")
    sent = house.engine.outbox_head
    assert house.refused(place, user="tom") == ["compliance_block"]
    higher = ReplacePlacement(placement_id=placement["id"], limit_price=D(100))
    assert house.refused(higher, user="tom") == ["compliance_block"]
    assert house.engine.outbox_head == sent, "nothing left the house"
