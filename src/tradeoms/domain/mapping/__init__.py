"""How a house's own files of orders are read."""
