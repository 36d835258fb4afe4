"""The OpenAPI document as a file: the web app is built from it.

A line for each operation and schema, so that a change of the contract is read in its difference.
"""

from __future__ import annotations

import json
from typing import Any, Final, cast

from tradeoms.rest.app import create_app
from tradeoms.rest.worker import Services

#: Objects so deep are written over several lines: paths and their methods, kinds of components.
_OPEN: Final = 3


def openapi_page() -> str:
    """The document of the application, which is built but not started."""
    document = create_app(cast("Services", None), web=None).openapi()
    return _written(document, 0) + "\n"


def _written(value: Any, depth: int) -> str:  # Any: JSON
    if depth == _OPEN or not isinstance(value, dict) or not value:
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    indent = " " * depth
    fields = [
        f"{indent} {json.dumps(key)}: {_written(value[key], depth + 1)}" for key in sorted(value)
    ]
    return "{\n" + ",\n".join(fields) + f"\n{indent}}}"
