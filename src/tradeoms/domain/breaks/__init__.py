"""Breaks: disagreements with the outside world, and what people do about them."""
