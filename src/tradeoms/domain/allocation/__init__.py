"""Who gets what: the statement made before trading, and executions shared out by it."""
