"""The vocabulary every layer shares. Standard library only; nothing here does input or output."""
