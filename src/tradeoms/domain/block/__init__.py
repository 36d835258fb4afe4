"""Orders worked together. An order alone is a block of one."""
