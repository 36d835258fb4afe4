"""What a portfolio manager wants done: terms, funds, approval and the facts of its life."""
