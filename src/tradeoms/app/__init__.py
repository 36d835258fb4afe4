"""The engine and what stands around it: one writer, its socket, its followers."""
