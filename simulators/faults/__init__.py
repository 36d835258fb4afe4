"""A proxy that damages FIX traffic on its way, from a script or from a seed."""
