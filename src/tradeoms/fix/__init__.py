"""The FIX gateway: a process of its own that stands between the engine and the counterparties."""
