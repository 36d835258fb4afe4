"""One room a family of commands: find what the command is about, decide, emit, answer."""
