"""The part of an order that one broker or EMS works: a FIX order on the wire."""
