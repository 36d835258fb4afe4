"""Drop copy: what a counterparty says a second time, held against what it said at first."""
