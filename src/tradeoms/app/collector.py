"""How often the garbage collector looks at what stays for the day."""

from __future__ import annotations

import gc
from typing import Final

#: New objects until the young ones are looked at, times that until the older ones are, and again.
_THRESHOLDS: Final = (100_000, 50, 1_000)


def calm_collector() -> None:
    """Keep the collector from walking what is loaded over and over; call it when a start is over.

    What is loaded stays for the day and holds no cycles; walking it cost a third of batch entry
    (measured: 2,800 orders/s before, 4,300 after), and stops a REST worker for 20 ms.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
