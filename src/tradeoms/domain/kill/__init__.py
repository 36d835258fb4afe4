"""Kill switches: what stops new risk at once, for the firm or a part of it."""
