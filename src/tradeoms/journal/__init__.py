"""The book: one append-only, hash-chained table of events, and the only code that writes a row."""
