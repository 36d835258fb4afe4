"""Lists that rules name: loaded, acted on at the next check, kept, and unknown until then."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.engine.house import House, buy, facts, fits, opened
from tradeoms import bootstrap
from tradeoms.app.backtest import back_test
from tradeoms.app.identity import SystemClock
from tradeoms.app.posttrade import Runner
from tradeoms.app.replica import Replica
from tradeoms.app.wire import Outcome
from tradeoms.domain.case.commands import StartRun
from tradeoms.domain.outside.commands import LoadLists
from tradeoms.domain.outside.state import Listed, SecurityList
from tradeoms.domain.ruleset.commands import ActivateRule, DefineRules, RuleText
from tradeoms.kernel.enums import Side
from tradeoms.settings import Settings


def put_rule(house: House, **changes: Any) -> None:
    """A hard rule that forbids what is on the list `barred`."""
    rule = {"id": "r", "version": 1, "kind": "restrict", "severity": "hard", "list": "barred"}
    text = json.dumps({**rule, **changes})
    row = RuleText(rule_id="r", version=1, definition=text, cases=fits("UNKNOWN"))
    house.get(DefineRules(rules=(row,)), user="ada")
    house.get(ActivateRule(rule_id="r", version=1), user="cora")


def bar(house: House, *values: str, attribute: str = "symbol", name: str = "barred") -> None:
    members = tuple(Listed(value=value, reason="deal") for value in values)
    one = SecurityList(name=name, attribute=attribute, members=members)
    house.get(LoadLists(lists=(one,)), user="cora")


def order(house: House, number: str, **changes: Any) -> str:
    """Enter an order; the status that compliance leaves it in."""
    status: str = house.get(buy(number, 10, **changes))["status"]
    return status


def test_a_listed_security_is_blocked_and_a_changed_list_acts_at_the_next_check(
    house: House,
) -> None:
    put_rule(house)
    bar(house, "ABC")
    assert (order(house, "a1"), order(house, "x1", security="XYZ.XNYS")) == ("blocked", "approved")
    bar(house, "XYZ")
    assert (order(house, "a2"), order(house, "x2", security="XYZ.XNYS")) == ("approved", "blocked")
    bar(house)
    assert order(house, "x3", security="XYZ.XNYS") == "approved"


def test_a_list_that_was_never_loaded_is_unknown_and_blocks(house: House) -> None:
    put_rule(house)
    bar(house, "ABC", name="other")
    assert order(house, "a1") == "blocked"
    bar(house)
    assert order(house, "a2") == "approved"


def test_a_security_without_the_attribute_of_the_list_is_unknown_and_blocked(house: House) -> None:
    put_rule(house)
    bar(house, "US0378331005", attribute="isin")
    assert order(house, "a1") == "blocked"


def test_what_if_headroom_and_runs_see_the_list(house: House, data: Path) -> None:
    database = bootstrap.reader(Settings(data=data))
    replica = Replica(database, SystemClock())

    def submit(_name: str, command: object) -> Outcome:
        return house.ask(command, user="system")

    def breaches() -> int:
        """Breaches of a run that are new: whatever it found before is cured first."""
        started = house.get(StartRun(funds=("A",), executor="cli"), user="cora")
        counts = Runner(replica, database, submit, SystemClock()).run(started["id"]).counts
        return dict(counts)["new"]

    def room() -> object:
        (found,) = replica.headroom("A", [("ticker_mic", "ABC.XNYS")], [Side.BUY])
        return found.evaluation.max_quantity

    def outcomes() -> list[str]:
        replica.refresh()
        alone, together = replica.check_basket([buy("w1", 10)], mode="worst")
        singly = [*alone, *replica.check([buy("w2", 10)])]
        return [together.outcome.value, *(one.outcome.value for one in singly)]

    put_rule(house)
    bar(house)
    replica.refresh()
    assert (outcomes(), room(), breaches()) == (["pass"] * 3, None, 0)
    bar(house, "ABC")
    assert (outcomes(), room(), breaches()) == (["breach"] * 3, 0, 1)
    bar(house, "XYZ")
    assert (outcomes(), room(), breaches()) == (["pass"] * 3, None, 0)


def test_a_back_test_knows_the_list_as_it_was_at_each_check(data: Path) -> None:
    with opened(data) as house:
        house.get(buy("a1", 10))
        bar(house, "ABC")
        then = house.get(buy("a2", 10))["id"]
        bar(house)
        house.get(buy("a3", 10))
        rule = {"id": "r", "version": 1, "kind": "restrict", "severity": "hard", "list": "barred"}
        row = RuleText(rule_id="r", version=1, definition=json.dumps(rule))
        house.get(DefineRules(rules=(row,)), user="ada")
        first = next(one.id for one in house.book.orders.values() if one.client_order_id == "ca1")
    found = back_test(bootstrap.reader(Settings(data=data)), "r", 1, days=1)
    told = [(one.order_id, one.outcome) for one in found.changes]
    assert told == [(first, "unknown"), (then, "breach")]


def test_lists_outlive_a_restart_and_a_replay_ends_in_the_same_state(data: Path) -> None:
    with opened(data) as house:
        put_rule(house)
        bar(house, "XYZ")
        bar(house, "ABC")
        bar(house, "XYZ", name="other")
        before = facts(house.book)["outside"]
    with opened(data) as house:
        assert facts(house.book)["outside"] == before
        assert set(before) == {"list:barred", "list:other"}
        assert [one.value for one in before["list:barred"].members] == ["ABC"]
        assert (order(house, "a1"), order(house, "x1", security="XYZ.XNYS")) == (
            "blocked", "approved",
        )  # fmt: skip
    assert bootstrap.replay(Settings(data=data)).differing == ()


def test_a_list_says_what_is_forbidden_so_officers_alone_load_it(house: House) -> None:
    command = LoadLists(lists=(SecurityList(name="barred", attribute="symbol", members=()),))
    for user in ("pm", "tom", "olga", "rita", "ada", "max"):
        assert house.refused(command, user=user) == ["not_permitted"]
    assert house.book.outside == {}
    house.get(command, user="cora")
    assert set(house.book.outside) == {"list:barred"}
