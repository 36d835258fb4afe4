"""One file a kind of rule. `registry` maps the kinds to what they do."""
