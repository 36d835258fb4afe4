"""Crosses: funds of the house trade with each other, at a market price, by two people."""
