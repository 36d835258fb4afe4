"""Facts that rules ask for and that nobody in the house makes."""
