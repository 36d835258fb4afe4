"""Operator log: one JSON object a line on standard error, with passwords masked.

The wire journal is the record; these lines only tell a person what happens.
"""

from __future__ import annotations

import json
import re
import sys
import threading
from typing import Final

from tradeoms.fix.clock import from_us, now_us

#: Password, new and encrypted password (554, 925, 1402, 1404), and the raw data of a Logon (96).
_SECRET: Final = re.compile(r"(^|[\x01|])(554|925|1402|1404|96)=[^\x01|]*")
_lock: Final = threading.Lock()


def mask(text: str) -> str:
    """Replace the values of secret tags, and show SOH as `|`."""
    return _SECRET.sub(r"\1\2=***", text).replace("\x01", "|")


def say(event: str, /, **facts: object) -> None:
    """Write one line: `at`, `event` (past tense), and the facts."""
    line: dict[str, object] = {"at": from_us(now_us()).isoformat(), "event": event}
    for name, value in facts.items():
        line[name] = mask(value) if isinstance(value, str) else value
    with _lock:
        sys.stderr.write(json.dumps(line, default=str) + "\n")
        sys.stderr.flush()
