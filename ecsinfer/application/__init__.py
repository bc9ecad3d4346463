"""From a spec to what the reconciler understands: nodes, and the names that people look for."""

from ecsinfer.application.graph import compile_spec
from ecsinfer.application.outputs import outputs
from ecsinfer.application.policy import policy

__all__ = ["compile_spec", "outputs", "policy"]
