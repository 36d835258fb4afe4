"""What every simulated counterparty is: a FIX acceptor with a durable ledger and a control port.

A broker and an EMS each add a desk (``desk.Desk``): what becomes of an order.
"""
