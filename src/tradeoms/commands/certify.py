"""`fix certify`: a script of scenarios against a counterparty's test session."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from tradeoms.commands import shell
from tradeoms.commands.fix_pages import CONFIG
from tradeoms.fix.certify.plan import load_plan
from tradeoms.fix.certify.run import Result, certify, transcript
from tradeoms.fix.certify.scenarios import SCENARIOS, Scenario
from tradeoms.fix.config_file import ConfigInvalid
from tradeoms.fix.process import GatewayHeld, hold
from tradeoms.fix.session_config import load_session

DEFAULT_PLAN: Final = CONFIG / "plans" / "simulators.yaml"


def run(
    ctx: typer.Context,
    session: Annotated[str, typer.Argument(help="Name of the session: the destination.")],
    *,
    plan: Annotated[Path, typer.Option(help="What to trade.", show_default=False)] = DEFAULT_PLAN,
    only: Annotated[list[str] | None, typer.Option(help="Play only this one; repeatable.")] = None,
    out: Annotated[Path | None, typer.Option(help="File for the transcript.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Certify a counterparty: play every scenario on its session and write a transcript.

    The session starts its numbers anew (141=Y) and no gateway may use it at the same time: use the
    counterparty's test session. Exit code 1 if a scenario failed.

    Example: tradeoms fix certify broker-44 --plan broker.yaml --out broker.txt
    """
    settings = shell.settings(ctx)
    unknown = sorted(set(only or ()) - {scenario.name for scenario in SCENARIOS})
    if unknown:
        names = ", ".join(scenario.name for scenario in SCENARIOS)
        shell.fail(f"no scenario {unknown[0]}; there are {names}", code=shell.USAGE)
    (settings.data / "fix").mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        config = load_session(settings.fix_config or CONFIG, session)
        agreed = load_plan(plan)
        lock = hold(settings.data / "fix" / f"{config.name}.session.lock")
        password = Path(config.password_file).read_text().strip() if config.password_file else ""
    except (ConfigInvalid, GatewayHeld) as error:
        shell.fail(str(error))
    with lock:
        results = certify(
            config, agreed, password=password, only=only or (), told=None if json_ else _tell
        )
    if out is not None:
        out.write_text(transcript(config, results), encoding="utf-8")
    failed = [result for result in results if result.verdict == "fail"]
    if json_:
        shell.say_json(
            [{"name": r.name, "verdict": r.verdict, "reason": r.reason} for r in results]
        )
    if failed:
        shell.fail(f"{len(failed)} of {len(results)} scenarios failed")


def _tell(scenario: Scenario, result: Result) -> None:
    because = f": {result.reason}" if result.reason else ""
    typer.echo(f"{result.verdict.upper():<11} {scenario.name}{because}")
