"""Runs the gateway: `python -m tradeoms.fix`."""

import sys

from tradeoms.fix.process import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
