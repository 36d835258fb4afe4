"""FIXatdl 1.1: what a counterparty's algorithms are called, what they ask for, how it is sent."""
