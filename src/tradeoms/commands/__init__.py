"""The commands of `tradeoms`, a module for each family."""
