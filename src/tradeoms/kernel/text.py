"""Text that may go to a counterparty: printable ASCII, no separators, bounded length.

A SOH in a FIX field injects tags of its own, so nothing with a control character may enter
(reliability scenario F16).
"""

from __future__ import annotations

import re
from typing import Final

_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}", re.ASCII)

TEXT_MAX: Final = 500


def is_printable(text: str, *, limit: int = TEXT_MAX) -> bool:
    """True for printable ASCII, space to tilde, of at most ``limit`` characters."""
    return len(text) <= limit and text.isascii() and text.isprintable()


def is_code(text: str) -> bool:
    """True for an identifier: 1 to 64 letters, digits or `._:/-`, the first no sign."""
    return _CODE.fullmatch(text) is not None
