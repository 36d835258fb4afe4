"""FIXatdl files for the tests: a strategy around whatever is to be tried."""

from __future__ import annotations

from pathlib import Path

from tradeoms.fix.atdl.model import Algorithms
from tradeoms.fix.atdl.reader import read_algorithms

NAMESPACES = (
    'xmlns="http://www.fixprotocol.org/FIXatdl-1-1/Core" '
    'xmlns:val="http://www.fixprotocol.org/FIXatdl-1-1/Validation" '
    'xmlns:lay="http://www.fixprotocol.org/FIXatdl-1-1/Layout" '
    'xmlns:flow="http://www.fixprotocol.org/FIXatdl-1-1/Flow" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
TAGS = 'strategyIdentifierTag="847"'


def document(inside: str, attributes: str = TAGS, head: str = "") -> str:
    """A file with one strategy S."""
    strategy = f'<Strategy name="S" uiRep="S" wireValue="1001" version="3">{inside}</Strategy>'
    return f"{head}<Strategies {NAMESPACES} {attributes}>{strategy}</Strategies>"


def read(folder: Path, inside: str, attributes: str = TAGS, head: str = "") -> Algorithms:
    """The file, written and read."""
    file = folder / "s.xml"
    file.write_text(document(inside, attributes, head))
    return read_algorithms(file)


def parameter(type_: str, more: str = "", *, name: str = "P", tag: int = 9001) -> str:
    """A Parameter without EnumPairs."""
    return f'<Parameter name="{name}" xsi:type="{type_}" fixTag="{tag}" {more}/>'


def edit(condition: str) -> str:
    """A StrategyEdit around a condition."""
    return f'<val:StrategyEdit errorMessage="does not fit">{condition}</val:StrategyEdit>'


def compare(field: str, operator: str, more: str = "") -> str:
    """An Edit."""
    return f'<val:Edit field="{field}" operator="{operator}" {more}/>'


def control(name: str, more: str = "", inside: str = "", type_: str = "TextField_t") -> str:
    """A Control in a layout."""
    return f'<lay:Control ID="{name}" xsi:type="lay:{type_}" {more}>{inside}</lay:Control>'


def layout(*controls: str) -> str:
    """A StrategyLayout."""
    inside = "".join(controls)
    return (
        f"<lay:StrategyLayout><lay:StrategyPanel>{inside}</lay:StrategyPanel></lay:StrategyLayout>"
    )


def state_rule(what: str, condition: str) -> str:
    """A StateRule."""
    return f"<flow:StateRule {what}>{condition}</flow:StateRule>"


def joined(logic: str, *conditions: str) -> str:
    """An Edit of others."""
    return f'<val:Edit logicOperator="{logic}">{"".join(conditions)}</val:Edit>'
