"""Certification: a script of scenarios against a counterparty's test session, with a transcript."""
