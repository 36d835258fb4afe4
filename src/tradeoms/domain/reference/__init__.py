"""What orders refer to: funds, securities, prices, positions, destinations, people."""
