"""Limits exceeded, and the permission of another person to go on."""
