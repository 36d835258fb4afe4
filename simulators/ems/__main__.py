"""Runs the EMS: ``python -m simulators.ems --data DIR``; see simulators/README.md."""

from __future__ import annotations

import argparse
from typing import Final

from simulators.counterparty.config import Model, common_parser, options_of
from simulators.counterparty.model import Leg
from simulators.counterparty.process import leave, run
from simulators.counterparty.scenario import load
from simulators.ems.desk import EmsDesk
from simulators.ems.plan import KEPT, STAGING_KEYS, Trading, staging_of

DEFAULT_LEGS: Final = [
    Leg(broker="ALFA", share=60),
    Leg(broker="BRAVO", share=40, last_mkt="XNAS", liquidity="1"),
]


def main() -> int:
    """Read the command line and work until a signal comes."""
    parser = common_parser("ems", sender="EMS_SIM")
    add = parser.add_argument
    add("--release-ms", type=int, default=KEPT, help="release staged orders by itself; -1: never")
    add("--route", type=leg, action="append", default=[], help="BROKER:SHARE[:MIC[:MODEL]]")
    given = parser.parse_args()
    trading = Trading(release_ms=given.release_ms, legs=given.route or DEFAULT_LEGS)
    scenarios = load(given.scenario, keys=STAGING_KEYS, plan_of=staging_of)
    return run(options_of(given), EmsDesk(trading, scenarios))


def leg(text: str) -> Leg:
    """Read one line of the route plan.

    Raises:
        ArgumentTypeError: If it is not understood.
    """
    broker, *rest = text.split(":")
    try:
        share, last_mkt, model = (*rest, *("1", "XNYS", "")[len(rest) :])
        model = Model(model).value if model else ""
        return Leg(broker=broker, share=int(share), last_mkt=last_mkt, model=model)
    except ValueError as wrong:
        raise argparse.ArgumentTypeError(f"not BROKER:SHARE[:MIC[:MODEL]]: {text!r}") from wrong


if __name__ == "__main__":
    leave(main())
