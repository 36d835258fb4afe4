"""The attributes of one element, read strictly: each wrong one is told with where it stands.

An attribute that nobody knows is refused where it could be a limit with a slip in its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NoReturn, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tradeoms.fix.atdl.tree import AtdlInvalid, Element
from tradeoms.kernel.text import is_printable

W = TypeVar("W", bound=StrEnum)
TAG_MAX = 99_999
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where we read, for errors."""

    file: Path
    strategy: str = ""
    parameter: str = ""

    def refuse(self, reason: str, element: Element) -> NoReturn:
        """Say what is wrong with ``element``."""
        raise AtdlInvalid(
            file=self.file, reason=reason, line=element.line,
            strategy=self.strategy, parameter=self.parameter,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attributes:
    """The attributes of ``element``."""

    element: Element
    place: Place

    def only(self, *names: str) -> None:
        """Refuse every attribute but these."""
        unknown = sorted(set(self.element.attributes) - set(names))
        if unknown:
            known = ", ".join(names)
            self._refuse(f"{self.element.name} has no attribute {unknown[0]}; it has {known}")

    def text(self, name: str, default: str | None = None) -> str:
        """Printable ASCII text, not empty; without ``default`` it must be there."""
        found = self.element.attributes.get(name, default)
        if found is None:
            self._refuse(f"{self.element.name} needs {name}")
        if name in self.element.attributes and not (found and is_printable(found, limit=500)):
            self._refuse(f"{name} is {found!r}, allowed: printable ASCII text")
        return found

    def truth(self, name: str) -> bool | None:
        """True, false, or None where the attribute is not there."""
        found = self.element.attributes.get(name)
        if found is None:
            return None
        if found not in _TRUTHS:
            self._refuse(f"{name} is {found!r}, allowed: true or false")
        return _TRUTHS[found]

    def number(self, name: str, *, default: int, least: int, most: int) -> int:
        """A whole number."""
        found = self.element.attributes.get(name)
        if found is None:
            return default
        digits = found.isascii() and found.isdigit() and len(found) < 10
        if not digits or not least <= int(found) <= most:
            self._refuse(f"{name} is {found!r}, allowed: {least} to {most}")
        return int(found)

    def word(self, name: str, words: type[W]) -> W:
        """One of ``words``."""
        found = self.text(name)
        if found not in set(words):
            self._refuse(f"{name} is {found!r}, allowed: {', '.join(words)}")
        return words(found)

    def zone(self, name: str) -> ZoneInfo | None:
        """A time zone of the tz database."""
        found = self.element.attributes.get(name)
        if found is None:
            return None
        try:
            return ZoneInfo(found)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self._refuse(f"{name} is {found!r}, allowed: a time zone as in America/Chicago")

    def _refuse(self, reason: str) -> NoReturn:
        self.place.refuse(reason, self.element)
