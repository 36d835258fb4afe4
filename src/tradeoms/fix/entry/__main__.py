"""Runs order entry: `python -m tradeoms.fix.entry`."""

import os
import sys

from tradeoms.fix.entry.process import main

if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # as `tradeoms.fix` does: quickfix's threads outlive an orderly end
