"""Why it is not serving: evidence -> cause -> advice.

`gather` reads one sweep of facts, `explain` runs a table of pure patterns over them. What no
pattern explains is told as it is.
"""

from ecsinfer.diagnose.explain import explain
from ecsinfer.diagnose.gather import Subject, gather

__all__ = ["Subject", "explain", "gather"]
