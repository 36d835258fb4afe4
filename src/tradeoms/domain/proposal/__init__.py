"""Rebalance proposals: computed trades of many funds, reviewed as a set, turned into orders."""
