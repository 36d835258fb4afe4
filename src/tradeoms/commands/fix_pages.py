"""The pages of docs that are made from FIX settings: rules of engagement, and JSON schemas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from tradeoms.commands.pages import NOTE
from tradeoms.fix.dialect import Dialect, load_dialect
from tradeoms.fix.engagement import rules_of_engagement
from tradeoms.fix.session_config import SessionFile, load_session

CONFIG: Final = Path(__file__).parents[1] / "config" / "fix"


def fix_pages() -> dict[str, str]:
    """File name, seen from docs/generated, to text."""
    sessions = (load_session(CONFIG, file.stem) for file in (CONFIG / "sessions").glob("*.yaml"))
    versions = {session.dialect.name: session.version for session in sessions}
    schemas: dict[str, type[BaseModel]] = {"dialect": Dialect, "session": SessionFile}
    found = {
        f"fix-{name}.schema.json": json.dumps(model.model_json_schema(), indent=2) + "\n"
        for name, model in schemas.items()
    }
    for file in sorted((CONFIG / "dialects").glob("*.yaml")):
        dialect = load_dialect(file)
        version = versions.get(dialect.name, "FIX.4.4")
        found[f"../fix/{file.stem}.md"] = rules_of_engagement(dialect, version, NOTE)
    return found
