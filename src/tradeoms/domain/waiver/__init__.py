"""Limits that an order would exceed (hits), and the permission of another person to go on."""
