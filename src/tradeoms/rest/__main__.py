"""`python -m tradeoms.rest`: one worker of the HTTP door."""

from tradeoms.rest.process import main

if __name__ == "__main__":
    main()
