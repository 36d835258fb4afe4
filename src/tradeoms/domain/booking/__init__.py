"""Bookings: what an order got on a trading day, given to its funds for good, with its charges."""
