"""A broker: a FIX acceptor with a durable ledger, fill models and a control port."""
