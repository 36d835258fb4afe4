"""Plays the scenarios and writes the transcript."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final, Literal

from tradeoms.app.identity import base36
from tradeoms.fix.certify.client import Client, Failed, Passed
from tradeoms.fix.certify.desk import Desk
from tradeoms.fix.certify.plan import Plan
from tradeoms.fix.certify.scenarios import SCENARIOS, Scenario
from tradeoms.fix.clock import from_us, now_us
from tradeoms.fix.oplog import mask
from tradeoms.fix.session_config import SessionConfig

#: Without these nothing else can be played.
ALWAYS: Final = frozenset({"logon", "logout"})


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a scenario; `reason` says why it failed or was not played."""

    name: str
    verdict: Literal["pass", "fail", "not played"]
    reason: str
    messages: tuple[Passed, ...] = ()


def certify(
    config: SessionConfig,
    plan: Plan,
    *,
    password: str = "",
    only: Collection[str] = (),
    told: Callable[[Scenario, Result], None] | None = None,
) -> list[Result]:
    """Play the scenarios against the counterparty of a session.

    Args:
        config: The session; its numbers start anew.
        plan: What to trade.
        password: For the Logon, empty for none.
        only: Names of scenarios; empty for all.
        told: Called after each.
    """
    client = Client(config, password, plan.wait_s)
    minute, rest_us = divmod(now_us(), 60_000_000)  # so that no two runs share a ClOrdID
    desk = Desk(client, plan, prefix=f"{base36(minute)}-", count=rest_us // 1_000 * 1_000)
    results: list[Result] = []
    try:
        for scenario in SCENARIOS:
            result = _play(desk, scenario, only, results)
            results.append(result)
            if told is not None:
                told(scenario, result)
    finally:
        client.close()
    return results


def _play(desk: Desk, scenario: Scenario, only: Collection[str], before: list[Result]) -> Result:
    why = _left_out(desk, scenario, only, before)
    if why:
        return Result(scenario.name, "not played", why)
    mark = len(desk.client.messages)
    try:
        scenario.play(desk)
    except Failed as error:
        verdict, reason = "fail", error.reason
    else:
        verdict, reason = "pass", ""
    passed = tuple(desk.client.messages[mark:])
    return Result(scenario.name, "pass" if verdict == "pass" else "fail", reason, passed)


def _left_out(desk: Desk, scenario: Scenario, only: Collection[str], before: list[Result]) -> str:
    """Why a scenario is not played; empty where it is."""
    if before and before[0].verdict == "fail":
        return "no logon"
    if only and scenario.name not in ALWAYS | set(only):
        return "not asked for"
    if not scenario.wanted(desk.client.config.dialect):
        return "the dialect has no such message"
    missing = [cue for cue in scenario.cues if cue not in desk.plan.quantities]
    return f"the plan has no quantity for {', '.join(missing)}" if missing else ""


def transcript(config: SessionConfig, results: list[Result]) -> str:
    """The results with every message, passwords masked, separators as `|`."""
    titles = {scenario.name: scenario.asks for scenario in SCENARIOS}
    lines = [
        f"certification of {config.name}: {config.version}, dialect {config.dialect.name}",
        f"{config.sender_comp_id} -> {config.target_comp_id}",
        "",
    ]
    for result in results:
        lines.append(f"{result.verdict.upper()}  {result.name}: {titles[result.name]}")
        lines += [f"    {result.reason}"] if result.reason else []
        for each in result.messages:
            at = from_us(each.at_us).isoformat(timespec="microseconds")
            lines.append(f"  {at} {each.way} {mask(each.raw.decode('latin-1'))}")
        lines.append("")
    return "\n".join(lines)
