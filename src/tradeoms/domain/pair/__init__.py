"""Pairs: two orders that are worked in step."""
