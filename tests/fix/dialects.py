"""Dialects for tests: written as the YAML that a person would write."""

from __future__ import annotations

import tempfile
from pathlib import Path

import yaml

from tradeoms.fix.dialect import Dialect, load_dialect

SHIPPED = Path(__file__).resolve().parents[2] / "config" / "fix" / "dialects"


def dialect(text: str = "", base: str = "") -> Dialect:
    """The dialect of ``text``, its sections over those of the shipped one called ``base``."""
    values: dict[str, object] = {"name": "test"}
    if base:
        values = yaml.safe_load((SHIPPED / f"{base}.yaml").read_text())
    for key, value in (yaml.safe_load(text) or {}).items():
        before = values.get(key)
        values[key] = {**before, **value} if isinstance(before, dict) else value
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "test.yaml"
        file.write_text(yaml.safe_dump(values))
        return load_dialect(file)
