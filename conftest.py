"""How hypothesis looks for counterexamples: the same ones each time, or many fresh ones.

A change must not fail by the luck of the draw; `make props` and a nightly run draw anew. A failure
prints the line that repeats it.
"""

from hypothesis import settings

# Deadlines measure the machine; pytest-timeout stops a test that hangs.
settings.register_profile("steady", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("fresh", max_examples=2_000, deadline=None, print_blob=True)
settings.load_profile("steady")
