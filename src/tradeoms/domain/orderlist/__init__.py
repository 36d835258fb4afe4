"""Lists of orders: a program that is worked as one."""
