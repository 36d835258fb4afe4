"""The rules in force: defined by one person, activated by another."""
