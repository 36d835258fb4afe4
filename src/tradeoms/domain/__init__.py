"""Pure decisions: commands in, events out. No clock, no ids, no float, no input or output."""
