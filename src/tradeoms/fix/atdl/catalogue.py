"""The algorithms of every destination whose session names a FIXatdl file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tradeoms.app.algo_file import AlgoParameter, AlgoStrategy, DestinationAlgos
from tradeoms.fix.atdl.model import Algorithms, Parameter, Strategy
from tradeoms.fix.atdl.reader import read_algorithms
from tradeoms.fix.atdl.tree import AtdlInvalid
from tradeoms.fix.config_file import ConfigInvalid
from tradeoms.fix.session_config import load_session

FOLDER: Final = "atdl"


def algorithms_of(config: Path, destination: str) -> Algorithms | None:
    """The algorithms of a destination; None where its session names no file.

    Raises:
        ConfigInvalid: If there is no such session, or its settings are wrong.
        AtdlInvalid: If the file is wrong.
    """
    name = load_session(config, destination).algos
    return read_algorithms(config / FOLDER / name) if name else None


def all_algorithms(config: Path | None) -> Iterator[DestinationAlgos]:
    """The algorithms by destination; a file that is wrong gives its problem and no strategy."""
    if config is None:
        return
    for file in sorted((config / "sessions").glob("*.yaml")):
        try:
            found = algorithms_of(config, file.stem)
        except (AtdlInvalid, ConfigInvalid) as error:
            yield DestinationAlgos(
                destination=file.stem, file=error.file.name, problem=str(error), strategies=()
            )
            continue
        if found is not None:
            yield DestinationAlgos(
                destination=file.stem,
                file=found.file.name,
                problem="",
                strategies=tuple(_shown(each) for each in found.strategies.values()),
            )


def _shown(strategy: Strategy) -> AlgoStrategy:
    labels = {each.parameter: each.label for each in strategy.controls.values()}
    return AlgoStrategy(
        name=strategy.name,
        title=strategy.title,
        version=strategy.version,
        parameters=tuple(
            _parameter(each, labels.get(each.name, "")) for each in strategy.parameters.values()
        ),
        rules=tuple(each.message for each in strategy.edits),
    )


def _parameter(parameter: Parameter, label: str) -> AlgoParameter:
    return AlgoParameter(
        name=parameter.name,
        label=label or parameter.name,
        type=parameter.type.name,
        form=parameter.type.form,
        required=parameter.required,
        values=tuple(parameter.wire_of),
        minimum="" if parameter.minimum is None else str(parameter.minimum),
        maximum="" if parameter.maximum is None else str(parameter.maximum),
        precision=parameter.precision,
        constant=parameter.constant,
        fix_tag=parameter.fix_tag,
        changeable=parameter.mutable,
    )
