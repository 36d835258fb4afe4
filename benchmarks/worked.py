"""A rebalance of 50 funds x 500 names worked to its end: seconds of each step, and what came of it.

The whole way: proposed and fitted to the rules, approved, merged in blocks, placed over FIX with
the broker simulator, executed in two parts each, booked, compared with the broker's ledger, with
the funds' books and with the journal. Seconds are those of the wall, for six processes are at work.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from tradeoms.demo.firm import Firm
from tradeoms.demo.play import quiet_logs
from tradeoms.demo.rebalance import work

FUNDS = 50
SECURITIES = 500
RULES = 200


def run() -> list[dict[str, object]]:
    """A row a figure; `differences` is empty where every record agrees."""
    quiet_logs()
    with tempfile.TemporaryDirectory(prefix="tradeoms-worked-") as folder:
        found = work(Path(folder), Firm(funds=FUNDS, securities=SECURITIES, rules=RULES))
    seconds = found.pop("seconds")
    rows = [{"what": name, "value": value} for name, value in found.items()]
    return rows + [{"what": f"seconds: {step}", "value": took} for step, took in seconds.items()]


if __name__ == "__main__":
    for row in run():
        print(row["what"], row["value"])
