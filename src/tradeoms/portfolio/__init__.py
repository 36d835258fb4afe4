"""Sizes into quantities, models into proposals: arrays propose, exact arithmetic decides."""
