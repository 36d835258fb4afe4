"""What changed between two versions of a rule, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs: its path, and its value before and after; None where absent."""

    field: str
    before: object
    after: object


def diff_rules(before: Mapping[str, object], after: Mapping[str, object]) -> list[FieldChange]:
    """Return every field that differs, by path; the version itself is left out."""
    return [change for change in _diff("", before, after) if change.field != "version"]


def _diff(path: str, before: object, after: object) -> Iterator[FieldChange]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in sorted({*before, *after}):
            yield from _diff(
                f"{path}.{name}" if path else str(name), before.get(name), after.get(name)
            )
    elif before != after:
        yield FieldChange(path, before, after)
