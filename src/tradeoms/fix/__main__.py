"""Runs the gateway: `python -m tradeoms.fix`."""

import os
import sys

from tradeoms.fix.process import main

if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # All is written and closed. quickfix's objects would be torn down by the collector in any
    # order, and its threads with them: now and then a segmentation fault after a clean stop.
    os._exit(code)
