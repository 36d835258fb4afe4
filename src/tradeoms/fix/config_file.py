"""YAML settings read strictly: a wrong key or value is named with its file, and nothing starts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import yaml

from tradeoms.kernel.errors import TradeomsError


class ConfigInvalid(TradeomsError):
    """A settings file is wrong."""

    def __init__(self, *, file: Path, key: str, value: object, allowed: str) -> None:
        """Keep the file, the key, what it holds and what it may hold."""
        self.file = file
        self.key = key
        self.value = value
        self.allowed = allowed
        super().__init__(f"{file}: {key} is {value!r}, allowed: {allowed}")


class Section:
    """One mapping of a settings file, read key by key; what nobody read is an unknown key."""

    def __init__(self, file: Path, values: Mapping[str, Any], prefix: str = "") -> None:
        """Wrap ``values``, found in ``file`` under ``prefix``."""
        self._file = file
        self._values = values
        self._prefix = prefix
        self._read: set[str] = set()

    def _take(self, key: str, default: object) -> Any:  # YAML values have any type until checked
        self._read.add(key)
        return self._values.get(key, default)

    def wrong(self, key: str, value: object, allowed: str) -> ConfigInvalid:
        """The error for ``key``."""
        return ConfigInvalid(file=self._file, key=self._prefix + key, value=value, allowed=allowed)

    def text(self, key: str, default: str | None = None) -> str:
        """A printable string; required if there is no default."""
        value = self._take(key, default)
        if not isinstance(value, str) or not value.isprintable() or not value.isascii():
            raise self.wrong(key, value, "printable ASCII text (quote numbers)")
        if default is None and not value:
            raise self.wrong(key, value, "text that is not empty")
        return value

    def number(self, key: str, default: int | None, *, low: int, high: int) -> int:
        """A whole number in ``low`` .. ``high``, both included."""
        value = self._take(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self.wrong(key, value, f"a whole number from {low} to {high}")
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """`true` or `false`."""
        value = self._take(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, value, "true or false")
        return value

    def choice(self, key: str, default: str, allowed: Collection[str]) -> str:
        """One of ``allowed``."""
        value = self._take(key, default)
        if value not in allowed:
            raise self.wrong(key, value, ", ".join(sorted(allowed)))
        assert isinstance(value, str)
        return value

    def choices(self, key: str, allowed: Collection[str]) -> tuple[str, ...]:
        """A list out of ``allowed``, empty by default."""
        value = self._take(key, [])
        if not isinstance(value, list) or any(item not in allowed for item in value):
            raise self.wrong(key, value, f"a list of {', '.join(sorted(allowed))}")
        return tuple(value)

    def tags(self, key: str) -> tuple[tuple[int, str], ...]:
        """A mapping of FIX tag to text, empty by default."""
        value = self._take(key, {})
        good = isinstance(value, dict) and all(
            isinstance(tag, int)
            and tag > 0
            and isinstance(text, str)
            and text
            and text.isprintable()
            and text.isascii()
            for tag, text in value.items()
        )
        if not good:
            raise self.wrong(key, value, "a mapping of tag number to quoted printable ASCII text")
        return tuple(value.items())

    def pairs(self, key: str, parse: Callable[[object], object]) -> dict[str, Any]:
        """A mapping of text to what ``parse`` makes of each value."""
        value = self._take(key, {})
        try:
            return {str(name): parse(item) for name, item in dict(value).items()}
        except (TypeError, ValueError, KeyError) as error:
            raise self.wrong(key, value, str(error)) from None

    def section(self, key: str) -> Section:
        """A nested mapping, empty by default."""
        value = self._take(key, {})
        if not isinstance(value, dict):
            raise self.wrong(key, value, "a mapping")
        return Section(self._file, value, f"{self._prefix}{key}.")

    def done(self) -> None:
        """Refuse keys that nobody asked for.

        Raises:
            ConfigInvalid: Naming the first of them.
        """
        for key in self._values:
            if key not in self._read:
                raise self.wrong(key, self._values[key], f"keys {', '.join(sorted(self._read))}")


def read(file: Path) -> Section:
    """The root section of ``file``.

    Raises:
        ConfigInvalid: If it cannot be read or is not a mapping.
    """
    try:
        values = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigInvalid(file=file, key="(file)", value=str(error), allowed="YAML") from None
    if not isinstance(values, dict):
        raise ConfigInvalid(file=file, key="(file)", value=values, allowed="a mapping")
    return Section(file, values)
