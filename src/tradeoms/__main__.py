"""`python -m tradeoms` is `tradeoms`."""

from tradeoms.cli import main

if __name__ == "__main__":
    main()
