"""The web blotter: static files that a browser runs as they are; no build, nothing from elsewhere."""
