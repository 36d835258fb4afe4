"""The HTTP door: parse, authenticate, authorise, hand to the engine; read the read models."""
