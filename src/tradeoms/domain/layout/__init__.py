"""How people arrange the grids of a page, kept for them and shared with roles."""
