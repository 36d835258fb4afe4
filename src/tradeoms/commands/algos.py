"""`fix algos`: the algorithms of destinations, and what values of one would be on the wire."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from tradeoms.app.algo_file import AlgoParameter, DestinationAlgos
from tradeoms.commands import shell
from tradeoms.commands.fix_pages import CONFIG
from tradeoms.fix.atdl.catalogue import algorithms_of, all_algorithms
from tradeoms.fix.atdl.controls import states
from tradeoms.fix.atdl.model import ORDER_FIELD
from tradeoms.fix.atdl.ticket import to_tags, validate
from tradeoms.fix.atdl.tree import AtdlInvalid
from tradeoms.fix.config_file import ConfigInvalid

COLUMNS: Final = ("destination", "strategy", "parameter", "needed", "type", "allowed", "tag")


def run(
    ctx: typer.Context,
    destination: Annotated[str, typer.Argument(help="Only this one; its session's name.")] = "",
    *,
    strategy: Annotated[str, typer.Option(help="Try values on this strategy.")] = "",
    value: Annotated[
        list[str] | None, typer.Option(help="NAME=TEXT, of a parameter or FIX_Field; repeatable.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the algorithms that destinations take, or show the fields that values would become.

    Exit code 1 if a FIXatdl file or a value is wrong. Nothing is sent.

    Example: tradeoms fix algos broker-44 --strategy POV --value Participation=0.1
    """
    config = shell.settings(ctx).fix_config or CONFIG
    if strategy:
        _try(config, destination, strategy, pairs_of(value or ()), as_json=json_)
        return
    found = [one for one in all_algorithms(config) if destination in ("", one.destination)]
    if destination and not found:
        shell.fail(f"{destination} has no algorithms: its session names no file in `algos`")
    if json_:
        shell.say_json(msgspec.to_builtins(found))
    else:
        shell.say_table(COLUMNS, (row for one in found for row in _rows(one)))
    problems = [one.problem for one in found if one.problem]
    if problems:
        shell.fail("; ".join(problems))


def _rows(found: DestinationAlgos) -> Iterable[tuple[object, ...]]:
    for strategy in found.strategies:
        for each in strategy.parameters:
            needed = "always sent" if each.constant else "required" if each.required else ""
            tag = each.fix_tag or "group"
            shown = (each.name, needed, each.type, _allowed(each), tag)
            yield found.destination, strategy.name, *shown


def _allowed(parameter: AlgoParameter) -> str:
    if parameter.constant:
        return parameter.constant
    if parameter.values:
        return ", ".join(parameter.values)
    limits = (("from", parameter.minimum), ("to", parameter.maximum))
    return " ".join([parameter.form, *(f"{word} {limit}" for word, limit in limits if limit)])


def pairs_of(values: Iterable[str]) -> dict[str, str]:
    """Texts by name, of options as NAME=TEXT; ends with the usage error of one that is not so."""
    found = {}
    for each in values:
        name, sign, text = each.partition("=")
        if not sign or name in found:
            shell.fail(f"--value is {each!r}, allowed: NAME=TEXT, each once", code=shell.USAGE)
        found[name] = text
    return found


def _try(
    config: Path, destination: str, strategy: str, given: dict[str, str], *, as_json: bool
) -> None:
    try:
        algorithms = algorithms_of(config, destination)
    except (AtdlInvalid, ConfigInvalid) as error:
        shell.fail(str(error))
    if algorithms is None:
        shell.fail(f"{destination} has no algorithms: its session names no file in `algos`")
    values = {name: text for name, text in given.items() if not name.startswith(ORDER_FIELD)}
    order = {name: text for name, text in given.items() if name.startswith(ORDER_FIELD)}
    problems = validate(algorithms, strategy, values, order)
    if problems:
        for one in problems:
            place = f"{one.parameter}: " if one.parameter else ""
            typer.echo(f"{strategy} {place}{one.code}: {one.detail}", err=True)
        shell.fail("the values are refused")
    tags = to_tags(algorithms, strategy, values, order)
    if as_json:
        controls = states(algorithms.strategies[strategy], values)
        shell.say_json({"tags": tags, "controls": controls})
        return
    for tag, text in tags:
        typer.echo(f"{tag}={text}")
