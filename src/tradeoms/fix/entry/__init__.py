"""Order entry over FIX: a portfolio system's orders in, their reports out."""
