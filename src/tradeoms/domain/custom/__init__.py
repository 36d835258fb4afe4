"""Fields of orders that the firm defines for itself."""
