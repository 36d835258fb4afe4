"""Runs the broker: ``python -m simulators.broker --data DIR``; see simulators/README.md."""

from __future__ import annotations

from simulators.broker.desk import BrokerDesk
from simulators.counterparty.config import common_parser, options_of
from simulators.counterparty.process import leave, run
from simulators.counterparty.scenario import PLAN_KEYS, load, plan_of


def main() -> int:
    """Read the command line and work until a signal comes."""
    given = common_parser("broker", sender="BROKER_SIM").parse_args()
    scenarios = load(given.scenario, keys=PLAN_KEYS, plan_of=plan_of)
    return run(options_of(given), BrokerDesk(scenarios))


if __name__ == "__main__":
    leave(main())
