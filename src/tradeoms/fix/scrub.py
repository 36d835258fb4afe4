"""Takes the secrets of a Logon out of the session store, which keeps every message as it was sent.

quickfix reads stored messages back and checks their checksum, and Logons among them it never sends
again. So a secret is overwritten with other characters of the same number and the same sum.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

#: Password, new and encrypted password (554, 925, 1402, 1404), and the raw data of a Logon (96).
_SECRET: Final = re.compile(rb"(?<=\x01)(?:554|925|1402|1404|96)=([^\x01]+)")
#: A Logon is the last thing in the store when it leaves.
_TAIL: Final = 65_536


def scrub(body: Path, logon: bytes) -> None:
    """Overwrite the secrets of ``logon`` where it stands in the store's file ``body``.

    Raises:
        OSError: If the file cannot be written.
    """
    clean = cleaned(logon)
    if clean == logon:
        return
    with body.open("r+b") as file:
        start = max(0, file.seek(0, 2) - _TAIL)
        file.seek(start)
        found = file.read().rfind(logon)
        if found >= 0:
            file.seek(start + found)
            file.write(clean)


def cleaned(logon: bytes) -> bytes:
    """The message with filler of the same length and sum in place of its secrets."""
    return _SECRET.sub(lambda one: one[0][: -len(one[1])] + _filler(one[1]), logon)


def _filler(secret: bytes) -> bytes:
    each, rest = divmod(sum(secret), len(secret))
    return bytes([each + 1] * rest + [each] * (len(secret) - rest))
