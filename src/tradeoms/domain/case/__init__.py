"""Breach cases: limits that a portfolio exceeds, from the run that finds them to the sign-off."""
