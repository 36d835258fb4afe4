"""Files to typed commands: every error of a file is told at once, and nothing is half loaded."""
