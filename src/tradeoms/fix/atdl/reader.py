"""A FIXatdl 1.1 file -> its strategies; a file that is wrong anywhere gives none of them.

Source: "FIXatdl", version 1.1, FIX Trading Community. What only says how a ticket looks, and the
filters by region, market and security type, are not read.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tradeoms.fix.atdl.attributes import TAG_MAX, Attributes, Place
from tradeoms.fix.atdl.model import Algorithms, Parameter, Strategy
from tradeoms.fix.atdl.read_parameter import check_tag, read_parameter
from tradeoms.fix.atdl.read_rules import Scope, read_control, read_edit
from tradeoms.fix.atdl.tree import Element, parse_file


def read_algorithms(file: Path) -> Algorithms:
    """The strategies that ``file`` describes.

    Raises:
        AtdlInvalid: Naming file, line, strategy, parameter and what is wrong.
    """
    root = parse_file(file)
    place = Place(file=file)
    of = Attributes(root, place)
    strategy_tag = of.number("strategyIdentifierTag", default=0, least=1, most=TAG_MAX)
    if not strategy_tag:
        place.refuse("Strategies needs strategyIdentifierTag", root)
    version_tag = of.number("versionIdentifierTag", default=0, least=1, most=TAG_MAX)
    strategies: dict[str, Strategy] = {}
    count = itertools.count(1)
    for element in root.named("Strategy"):
        found = _strategy(element, root, place, count)
        if found.name in strategies:
            place.refuse(f"strategy {found.name} stands twice", element)
        taken = {parameter.fix_tag for parameter in found.parameters.values()}
        if taken & ({strategy_tag, version_tag} - {0}):
            place.refuse(f"strategy {found.name} uses the tag of its own name", element)
        strategies[found.name] = found
    if not strategies:
        place.refuse("Strategies holds no Strategy", root)
    return Algorithms(
        file=file,
        strategy_tag=check_tag(of, "strategyIdentifierTag", strategy_tag),
        version_tag=check_tag(of, "versionIdentifierTag", version_tag),
        strategies=strategies,
        strategy_changeable=bool(of.truth("changeStrategyOnCxlRpl")),
    )


def _strategy(element: Element, root: Element, place: Place, count: Iterator[int]) -> Strategy:
    place = replace(place, strategy=element.attributes.get("name", ""))
    of = Attributes(element, place)
    group = bool(Attributes(root, place).truth("tag957Support"))
    parameters = _parameters(element, place, group=group)
    controls = list(element.all_named("Control"))
    owners = _owners(controls, parameters, place)
    shared = _shared(root, place) | _shared(element, place)
    scope = Scope(place=place, shared=shared, parameters=parameters, owners=owners, count=count)
    in_rules = replace(scope, in_state_rule=True)
    read = (read_control(each, in_rules) for each in controls)
    return Strategy(
        name=of.text("name"),
        title=element.attributes.get("uiRep") or of.text("name"),
        wire_value=of.text("wireValue"),
        version=of.text("version", ""),
        parameters=parameters,
        controls={each.id: each for each in read},
        edits=tuple(read_edit(each, scope) for each in element.named("StrategyEdit")),
    )


def _parameters(element: Element, place: Place, *, group: bool) -> dict[str, Parameter]:
    found: dict[str, Parameter] = {}
    tags: set[int] = set()
    for each in element.named("Parameter"):
        parameter = read_parameter(each, place, group=group)
        if parameter.name in found:
            place.refuse(f"parameter {parameter.name} stands twice", each)
        if parameter.fix_tag in tags:
            place.refuse(f"fixTag {parameter.fix_tag} stands twice", each)
        tags |= {parameter.fix_tag} - {0}
        found[parameter.name] = parameter
    return found


def _owners(
    controls: list[Element], parameters: dict[str, Parameter], place: Place
) -> dict[str, Parameter | None]:
    found: dict[str, Parameter | None] = {}
    for control in controls:
        of = Attributes(control, place)
        name, parameter = of.text("ID"), of.text("parameterRef", "")
        if name in found:
            place.refuse(f"control {name} stands twice", control)
        if parameter and parameter not in parameters:
            place.refuse(f"control {name} is of the parameter {parameter!r}, not there", control)
        found[name] = parameters[parameter] if parameter else None
    return found


def _shared(element: Element, place: Place) -> dict[str, Element]:
    """Edits that stand by themselves, by id."""
    return {Attributes(each, place).text("id"): each for each in element.named("Edit")}
