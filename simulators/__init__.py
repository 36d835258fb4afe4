"""Counterparties and market data for demos, tests and crash campaigns.

Nothing here imports the order management system: a counterparty that shared its codec could
not find the codec's mistakes.
"""
