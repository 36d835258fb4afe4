"""Which orders are large enough to need another person's approval."""
