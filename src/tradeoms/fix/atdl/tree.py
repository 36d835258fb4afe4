"""XML of a counterparty -> elements, with nothing that XML can do beside holding text.

A document type, entities, anything outside the file, more than a megabyte or a deep nesting is
refused before it can cost anything ("billion laughs", external entities: CWE-776, CWE-611).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NoReturn
from xml.parsers import expat

from tradeoms.kernel.errors import TradeomsError

SIZE_MAX: Final = 1_000_000
DEPTH_MAX: Final = 64
#: What the names of every FIXatdl 1.1 element start with; Core, Validation, Layout, Flow follow.
NAMESPACE: Final = "http://www.fixprotocol.org/FIXatdl-1-1/"
_INSTANCE: Final = "http://www.w3.org/2001/XMLSchema-instance "


class AtdlInvalid(TradeomsError):
    """A FIXatdl file is wrong."""

    def __init__(
        self, *, file: Path, reason: str, line: int = 0, strategy: str = "", parameter: str = ""
    ) -> None:
        """Keep the place and what is wrong there."""
        self.file = file
        self.reason = reason
        self.line = line
        self.strategy = strategy
        self.parameter = parameter
        place = f"{file}:{line}" if line else f"{file}"
        named = [("strategy", strategy), ("parameter", parameter)]
        inside = "".join(f" {word} {name}:" for word, name in named if name)
        super().__init__(f"{place}:{inside} {reason}")


@dataclass(frozen=True, slots=True)
class Element:
    """An element of FIXatdl.

    Attributes:
        name: Without its namespace.
        attributes: Those without a namespace.
        type: `xsi:type` without its prefix; empty where there is none.
        line: Where it starts, from 1.
        children: In the order of the file, others than of FIXatdl left out.
    """

    name: str
    attributes: Mapping[str, str]
    type: str
    line: int
    children: list[Element] = field(default_factory=list)

    def named(self, *names: str) -> list[Element]:
        """The children of these names."""
        return [child for child in self.children if child.name in names]

    def all_named(self, name: str) -> Iterator[Element]:
        """Every element of this name below, in the order of the file."""
        for child in self.children:
            if child.name == name:
                yield child
            yield from child.all_named(name)


def parse_file(file: Path) -> Element:
    """The root element of ``file``.

    Raises:
        AtdlInvalid: If the file cannot be read, is too large, no XML, or more than plain XML.
    """
    try:
        with file.open("rb") as opened:
            raw = opened.read(SIZE_MAX + 1)
    except OSError as error:
        raise AtdlInvalid(file=file, reason=error.strerror or str(error)) from None
    if len(raw) > SIZE_MAX:
        raise AtdlInvalid(file=file, reason=f"larger than {SIZE_MAX} bytes")
    return _Builder(file).build(raw)


class _Builder:
    """Puts the elements together while expat reads."""

    def __init__(self, file: Path) -> None:
        """Hook into a parser of our own."""
        self._file = file
        self._open: list[Element] = []
        self._foreign = 0
        self._root: Element | None = None
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._no_doctype
        self._parser.EntityDeclHandler = self._no_entity
        self._parser.ExternalEntityRefHandler = self._no_entity

    def build(self, raw: bytes) -> Element:
        try:
            self._parser.Parse(raw, True)  # noqa: FBT003 - expat's own signature
        except expat.ExpatError as error:
            told = expat.ErrorString(error.code)
            raise AtdlInvalid(file=self._file, reason=f"XML: {told}", line=error.lineno) from None
        if self._root is None:
            self._refuse("no FIXatdl 1.1: the root is Strategies of its Core namespace")
        return self._root

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        ours = namespace.startswith(NAMESPACE)
        if self._root is None and not (ours and local == "Strategies"):
            self._refuse("no FIXatdl 1.1: the root is Strategies of its Core namespace")
        if self._foreign or not ours:
            self._foreign += 1
            return
        element = Element(
            name=local,
            attributes={key: text for key, text in attributes.items() if " " not in key},
            type=attributes.get(_INSTANCE + "type", "").rpartition(":")[2],
            line=self._parser.CurrentLineNumber,
        )
        if self._open:
            self._open[-1].children.append(element)
        else:
            self._root = element
        self._open.append(element)
        if len(self._open) > DEPTH_MAX:
            self._refuse(f"nested deeper than {DEPTH_MAX}")

    def _end(self, _name: str) -> None:
        if self._foreign:
            self._foreign -= 1
        else:
            self._open.pop()

    def _no_doctype(self, *_: object) -> None:
        self._refuse("a document type (DOCTYPE) is not taken")

    def _no_entity(self, *_: object) -> int:
        self._refuse("entities are not taken")

    def _refuse(self, reason: str) -> NoReturn:
        raise AtdlInvalid(file=self._file, reason=reason, line=self._parser.CurrentLineNumber)
